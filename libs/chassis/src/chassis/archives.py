"""Several files as one ZIP archive, made on the disk: together they may be larger than a process should grow."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any
from urllib.parse import quote

from fastapi.responses import StreamingResponse

ZIP_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}
"""OpenAPI `responses` of a route that answers with an archive."""
_CHUNK = 256 * 1024


async def zip_download(name: str, files: AsyncIterator[tuple[str, bytes]]) -> StreamingResponse:
    """Send these files, each with its name in the archive; they are taken one at a time."""
    archive: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as zipped:
        async for inside, content in files:
            zipped.writestr(inside, content)
    archive.seek(0)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_parts(archive), media_type="application/zip", headers=headers)


def _parts(archive: IO[bytes]) -> Iterator[bytes]:
    with archive:
        while part := archive.read(_CHUNK):
            yield part
