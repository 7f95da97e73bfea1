"""Texts that members download."""

from typing import Any
from urllib.parse import quote

from fastapi.responses import Response


def attached(name: str, text: str) -> Response:
    """Send a text as a download in UTF-8."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


def text_file(what: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of a route that answers with a text file."""
    return {200: {"description": what, "content": {"text/plain": {"schema": {"type": "string"}}}}}
