"""Files in answers: what routes that take or give one have in common."""

from typing import Any

from fastapi.responses import Response

from chassis.files import (
    JPEG,
    PDF,
    PNG,
    FileMissing,
    FileNotAccepted,
    FileTooLarge,
    StoredFile,
    attachment,
)
from chassis.platform import Platform
from chassis.virus_scan import FileInfected
from company.files import HoldsFile

ACCEPTED = frozenset({PDF, PNG, JPEG})
FILE_REFUSALS = (FileNotAccepted, FileTooLarge, FileInfected)
"""What a file that is handed over may be refused for."""

FILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(ACCEPTED)}}
}


async def download(row: HoldsFile, platform: Platform) -> Response:
    """The row's file as a download. Raises FileMissing."""
    stored = StoredFile(row.file_key, row.file_name, row.media_type, row.sha256, row.size)
    return attachment(stored, await platform.files.read(stored.key))


__all__ = ["ACCEPTED", "FILE_ANSWER", "FILE_REFUSALS", "FileMissing", "download"]
