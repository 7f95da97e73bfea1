"""From a file's bytes to an invoice's terms and defects; runs only in the reading process, which is expendable.

Everything heavy or exposed to hostile input (pypdf, lxml, factur-x, Saxon) is imported from here and nowhere else.
"""

from __future__ import annotations

from typing import Any

from billing.reading.checks import findings_of, syntax_of
from billing.reading.elements import text_of
from billing.reading.extraction import invoice_xml, parse


def read(content: bytes) -> dict[str, Any]:
    """What the invoice in a PDF, or an XML invoice, says, valid or not, and all that is wrong with it.

    Raises Refused.
    """
    root, found = parse(invoice_xml(content))
    syntax = syntax_of(root)
    found += findings_of(root, syntax)
    return {
        "profile": text_of(root, syntax.guideline),
        "invoice": syntax.terms_of(root),
        "findings": [finding._asdict() for finding in found],
    }
