"""Documents that the platform makes: typeset by Typst, their words data and never markup."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import quote

from fastapi.responses import Response

logger = logging.getLogger("chassis.documents")

PDF_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
"""OpenAPI `responses` of a route that answers with a PDF."""


async def typeset(template: str, sheet: dict[str, Any], *, archival: bool = False) -> bytes:
    """A PDF of this Typst template, which reads what it shows from `json(bytes(sys.inputs.sheet))`.

    An archival one is PDF/A-3b, unless a name needs a letter that no font at hand has: then it is a plain PDF.
    """
    return await asyncio.to_thread(_compile, template.encode(), json.dumps(sheet, ensure_ascii=False), archival)


def pdf_download(name: str, content: bytes) -> Response:
    """Send a PDF as a download that no browser will run."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="application/pdf", headers=headers)


def _compile(template: bytes, sheet: str, archival: bool) -> bytes:
    import typst  # noqa: PLC0415 - a process that makes no document does without it

    pdf = None
    if archival:
        try:
            pdf = typst.compile(template, format="pdf", pdf_standards="a-3b", sys_inputs={"sheet": sheet})
        except typst.TypstError as refused:
            logger.warning("document_not_archival", extra={"reason": refused.message[:200]})
    pdf = pdf or typst.compile(template, format="pdf", sys_inputs={"sheet": sheet})
    if not isinstance(pdf, bytes):
        raise TypeError("a document is one PDF")
    return pdf
