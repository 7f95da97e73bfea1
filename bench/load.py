"""A load generator that costs little: prepared HTTP/1.1 requests over a few kept connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Self


def request(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """A request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "host: bench", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append("content-type: application/json")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection:
    """One kept connection; answers are read to their end and checked."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def send(self, message: bytes) -> None:
        """Send one request and wait for its answer. Raises AssertionError for anything but a 2xx."""
        self._writer.write(message)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        length = 0
        if b"content-length:" in lowered:
            length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        assert head[9:10] == b"2", head[:60] + body


async def saturate(port: int, requests: Sequence[bytes], connections: int = 8) -> float:
    """Send all as fast as the server answers; return the seconds it took."""
    left = iter(requests)

    async def work() -> None:
        async with Connection(port) as connection:
            for message in left:
                await connection.send(message)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return time.perf_counter() - started


async def pace(port: int, requests: Sequence[bytes], rate: float, connections: int = 8) -> list[float]:
    """Send at a fixed rate whatever the answers take; return the wall-clock time of each sending."""
    start, sent = time.time() + 0.1, [0.0] * len(requests)
    left = iter(enumerate(requests))

    async def work() -> None:
        async with Connection(port) as connection:
            for number, message in left:
                due = start + number / rate
                await asyncio.sleep(max(0.0, due - time.time()))
                sent[number] = due
                await connection.send(message)

    await asyncio.gather(*(work() for _ in range(connections)))
    return sent
