"""Asking ClamAV's daemon about a file before it is kept (its INSTREAM command, in man clamd)."""

from __future__ import annotations

import asyncio
import logging
import struct

from chassis.errors import TemporarilyUnavailable, Unprocessable

logger = logging.getLogger("chassis.virus_scan")

SECONDS = 15.0
"""For the whole conversation; a request's transaction is open meanwhile."""
_CHUNK = 64 * 1024


class FileInfected(Unprocessable):
    """The scanner knows something bad in it. Nothing is kept."""

    code, title = "file_infected", "The file holds something harmful"


class VirusScanner:
    """A daemon at `host:port`, or at the path of a Unix socket."""

    def __init__(self, address: str):
        self._address = address

    async def check(self, content: bytes, sha256: str) -> None:
        """Raises FileInfected, or TemporarilyUnavailable when the daemon cannot say: unscanned is not kept."""
        try:
            async with asyncio.timeout(SECONDS):
                said = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as away:
            logger.warning("virus_scanner_away", extra={"reason": type(away).__name__})
            raise TemporarilyUnavailable("files cannot be checked for viruses just now") from away
        if said.endswith(" FOUND"):
            logger.warning("file_infected", extra={"sha256": sha256, "found": said})
            raise FileInfected(field="file")
        if said != "stream: OK":
            logger.error("virus_scanner_refuses", extra={"said": said})
            raise TemporarilyUnavailable("files cannot be checked for viruses just now")

    async def _ask(self, content: bytes) -> str:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(content), _CHUNK):
                part = content[start : start + _CHUNK]
                writer.write(struct.pack(">I", len(part)) + part)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            return (await reader.readuntil(b"\0")).rstrip(b"\0").decode(errors="replace").strip()
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host, int(port))
