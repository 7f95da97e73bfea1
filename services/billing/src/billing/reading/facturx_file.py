"""From a PDF's bytes to an invoice's terms and defects; runs only in the reading process, which is expendable.

Everything heavy or exposed to hostile input (pypdf, lxml, factur-x, Saxon) is imported from here and nowhere else.
"""

from __future__ import annotations

from typing import Any

from billing.reading.checks import check_format, findings_of
from billing.reading.cii import terms_of
from billing.reading.extraction import embedded_xml, parse


def read(content: bytes) -> dict[str, Any]:
    """What the invoice embedded in a PDF says, valid or not, and all that is wrong with it. Raises Refused."""
    root, found = parse(embedded_xml(content))
    check_format(root)
    return {"invoice": terms_of(root), "findings": [finding._asdict() for finding in found + findings_of(root)]}
