"""Files that people hand over: checked for what they are, hashed, stored outside the database."""

from __future__ import annotations

import hashlib
import logging
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from fastapi import UploadFile
from fastapi.responses import Response

from chassis.apart import FileTooHeavyError, ReadingProcess
from chassis.db import new_id
from chassis.errors import NotFound, Problem, TemporarilyUnavailable, Unprocessable
from chassis.virus_scan import VirusScanner

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PDF, PNG, JPEG, XML = "application/pdf", "image/png", "image/jpeg", "application/xml"
_EXTENSIONS = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg"), XML: (".xml",)}
_HEADS = {
    PDF: (b"%PDF-",),
    PNG: (b"\x89PNG",),
    JPEG: (b"\xff\xd8\xff",),
    XML: (b"<", b"\xef\xbb\xbf<", b"\xfe\xff", b"\xff\xfe"),
}
"""An XML file is taken by its start alone; who reads it judges the rest."""
MAX_BYTES = 10 * 1024 * 1024
_MARKUP = re.compile(rb"<\s*(html|script|svg|iframe|body|\?php|!doctype)", re.IGNORECASE)

logger = logging.getLogger("chassis.files")


class FileTooLarge(Problem):
    """More bytes than are taken."""

    status, code, title = 413, "file_too_large", "The file is too large"


class FileNotAccepted(Unprocessable):
    """Not one of the accepted kinds, or not what its name says."""

    code, title = "file_not_accepted", "The file is not of an accepted kind"


class FileMissing(NotFound):
    """The stored file is gone."""

    code, title = "file_missing", "The file is not there"


class ScanState(StrEnum):
    """Whether a virus scanner saw the file before it was kept."""

    CLEAN = "clean"
    NOT_SCANNED = "not_scanned"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file is and what it is; `sha256` in hexadecimal, `size` in bytes."""

    key: str
    name: str
    media_type: str
    sha256: str
    size: int
    scan: ScanState = ScanState.NOT_SCANNED


class FileStore:
    """One service's files, on a disk (`file://`) or in an S3 bucket (`s3://`), under random keys.

    `clamav` is where a virus scanner listens; without one, files are kept unscanned and say so.
    """

    def __init__(self, url: str, clamav: str | None = None):
        self._url = url
        self._scanner = VirusScanner(clamav) if clamav else None
        self._inspector = ReadingProcess("chassis.pdf", seconds_per_file=12.0)
        self._opened: ObjectStore | None = None

    @property
    def _store(self) -> ObjectStore:
        if self._opened is None:
            from obstore.store import LocalStore, from_url  # noqa: PLC0415 - services without files do without it

            parts = urlsplit(self._url)
            local = parts.scheme == "file"
            self._opened = LocalStore(parts.path, mkdir=True) if local else from_url(self._url)
        return self._opened

    async def keep(self, upload: UploadFile, *, accept: frozenset[str], limit: int = MAX_BYTES) -> StoredFile:
        """Read, check and store an upload that nobody will look into but people: nothing in it may act.

        Raises FileTooLarge, FileNotAccepted, FileInfected or TemporarilyUnavailable; then nothing is stored.
        """
        content = await upload.read(limit + 1)
        if len(content) > limit:
            raise FileTooLarge(f"at most {limit} bytes are taken", field="file")
        name = upload.filename or ""
        if sniff(content, name, accept) == PDF:
            await self._inspect(content)
        return await self.put(content, name, accept=accept)

    async def put(self, content: bytes, name: str, *, accept: frozenset[str]) -> StoredFile:
        """Check and store bytes that are at hand already; what is in a PDF is the caller's to judge.

        Raises FileNotAccepted, FileInfected or TemporarilyUnavailable; then nothing is stored.
        """
        media_type = sniff(content, name, accept)
        sha256 = hashlib.sha256(content).hexdigest()
        if self._scanner is not None:
            await self._scanner.check(content, sha256)
        key = new_id().hex
        with _store_may_be_away():
            await self._store.put_async(key, content, mode="create")
        scan = ScanState.CLEAN if self._scanner else ScanState.NOT_SCANNED
        return StoredFile(key, clean_name(name), media_type, sha256, len(content), scan)

    async def remove(self, key: str) -> None:
        """Let a file go; one that is gone already is no matter. Raises TemporarilyUnavailable."""
        with _store_may_be_away():
            try:
                await self._store.delete_async(key)
            except FileNotFoundError:
                logger.info("file_gone_already", extra={"key": key})

    async def close(self) -> None:
        """End the process that looks into PDFs."""
        await self._inspector.close()

    async def _inspect(self, content: bytes) -> None:
        try:
            wrong = (await self._inspector.ask(content)).decode()
        except FileTooHeavyError:
            wrong = "reading the PDF takes too long"
        if wrong:
            raise FileNotAccepted(wrong, field="file")

    async def put_made(self, content: bytes) -> str:
        """Store bytes that we made ourselves; return their key. Raises TemporarilyUnavailable."""
        key = new_id().hex
        with _store_may_be_away():
            await self._store.put_async(key, content, mode="create")
        return key

    async def read(self, key: str) -> bytes:
        """The stored bytes. Raises FileMissing or TemporarilyUnavailable."""
        with _store_may_be_away():
            try:
                return bytes(await (await self._store.get_async(key)).bytes_async())
            except FileNotFoundError as gone:
                raise FileMissing from gone


@contextmanager
def _store_may_be_away() -> Iterator[None]:
    """A disk that is full or a bucket that does not answer is to be tried again, and no defect of the request."""
    from obstore.exceptions import BaseError  # noqa: PLC0415 - services without files do without it

    try:
        yield
    except BaseError as away:
        raise TemporarilyUnavailable("the files are out of reach") from away


def sniff(content: bytes, name: str, accept: frozenset[str]) -> str:
    """The media type by the file's first bytes, which its name must agree with. Raises FileNotAccepted."""
    found = _kind(content)
    if found not in accept:
        raise FileNotAccepted(f"accepted: {', '.join(sorted(accept))}", field="file")
    if not name.lower().endswith(_EXTENSIONS[found]):
        raise FileNotAccepted(f"the name does not end as {found} does", field="file")
    if (found != XML and _MARKUP.search(content[:1024])) or zipfile.is_zipfile(BytesIO(content)):
        raise FileNotAccepted("the file is of two kinds at once", field="file")
    return found


def _kind(content: bytes) -> str | None:
    if content.startswith(_HEADS[XML]):
        return XML
    import puremagic  # noqa: PLC0415 - services without files do without it

    try:
        found = str(puremagic.from_string(content[:8192], mime=True)) if content else ""
    except (puremagic.PureError, ValueError):
        return None
    return found if found in _HEADS and content.startswith(_HEADS[found]) else None


def clean_name(name: str) -> str:
    """A file name that is safe to show and to send back: no path, no control or direction character."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in last if c.isprintable() and c not in '"<>|:*?')[-120:] or "file"


def attachment(file: StoredFile, content: bytes) -> Response:
    """Send a stored file as a download that no browser will run."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return Response(content, media_type=file.media_type, headers=headers)
