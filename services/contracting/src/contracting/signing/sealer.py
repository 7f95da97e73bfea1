"""Ask the sealing process for a seal: its library is heavy, and each seal costs a fifth of a second of processor."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from typing import Any

from chassis.apart import FileTooHeavyError, ReadingProcess
from chassis.errors import TemporarilyUnavailable
from contracting.signing.keys import KeyPair, SealKeys, SealSettings, load

SEALED = b"%PDF-"
"""How an answer that is a sealed document begins; any other says why there is none."""


class Sealer:
    """Puts the platform's seal on PDFs, one at a time, in a process that is there while it is needed."""

    def __init__(self, settings: SealSettings | None = None):
        self.settings = settings or SealSettings()
        self._keys: SealKeys | None = None
        self._process = ReadingProcess("contracting.signing.process")

    async def seal_pdf(self, content: bytes, reason: str = "") -> bytes:
        """The document with the platform's PAdES seal and a time stamp over all of it; nothing may be added later.

        `reason` is what the seal is said to be for. Raises TemporarilyUnavailable.
        """
        if self._keys is None:
            self._keys = await asyncio.to_thread(load, self.settings)
        order = json.dumps({"reason": reason, **_wire(self._keys)}).encode() + b"\n" + content
        try:
            answer = await self._process.ask(order)
        except FileTooHeavyError as lost:
            raise TemporarilyUnavailable("documents cannot be sealed just now") from lost
        if not answer.startswith(SEALED):
            raise TemporarilyUnavailable(f"documents cannot be sealed just now: {answer.decode()}")
        return answer

    async def close(self) -> None:
        """End the process."""
        await self._process.close()


def _wire(keys: SealKeys) -> dict[str, Any]:
    """The keys as the process is told them: in its standard input, never in its arguments or environment."""
    return {
        "seal": _pair(keys.seal),
        "timestamp_url": keys.timestamp_url,
        "timestamper": _pair(keys.timestamper) if keys.timestamper else None,
    }


def _pair(pair: KeyPair) -> dict[str, str]:
    return {"pkcs12": b64encode(pair.pkcs12).decode(), "password": pair.password}
