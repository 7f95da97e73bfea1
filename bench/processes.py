"""P9: how long the services take to be ready from cold, and how much memory an idle one holds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from machinery import AMQP_URL, free_port, process
from measure import Figure, figure, until

from chassis.testing import Keys, migrate, scratch_database
from contracts.topology import SERVICES

MEGABYTE = 1024 * 1024
START_LIMIT, ALL_LIMIT, MEMORY_LIMIT = 2.5, 12.0, 110.0


async def start(service: str, url: str, keys: Keys, stack: AsyncExitStack) -> tuple[float, float]:
    """Start one service; return the seconds until it is ready and, once it idles, its memory in MB."""
    port = free_port()
    settings = {
        "MAILLON_DATABASE_URL": url,
        "MAILLON_AMQP_URL": AMQP_URL,
        "MAILLON_JWKS_FILE": str(keys.jwks_file),
        "MAILLON_PORT": str(port),
        "MAILLON_SIGNING_KEY": json.dumps(keys.private.as_dict(private=True)),
        "MAILLON_LINK_SECRET": "measured-" * 8,
        "MAILLON_SMTP_URL": "smtp://127.0.0.1:1",
        "MAILLON_MAIL_FROM": "mail@maillon.example",
    }
    began = time.perf_counter()
    child = await stack.enter_async_context(process("-m", "chassis.serve", service, **settings))
    await until(lambda: ready(port))
    took = time.perf_counter() - began
    pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
    return took, pages * 4096 / MEGABYTE


async def ready(port: int) -> bool:
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer.startswith(b"HTTP/1.1 200")
    return False


async def start_and_memory() -> list[Figure]:
    """P9: each service alone, then all six at once; the worst of them counts."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.make(Path(folder))
        async with AsyncExitStack() as databases:
            urls = {}
            for service in SERVICES:
                urls[service] = await databases.enter_async_context(scratch_database())
                await asyncio.to_thread(migrate, service, urls[service])
            alone = {}
            for service in SERVICES:
                async with AsyncExitStack() as running:
                    alone[service] = await start(service, urls[service], keys, running)
            began = time.perf_counter()
            async with AsyncExitStack() as running:
                await asyncio.gather(*(start(service, urls[service], keys, running) for service in SERVICES))
                together = time.perf_counter() - began
    slowest = max(alone, key=lambda service: alone[service][0])
    largest = max(alone, key=lambda service: alone[service][1])
    return [
        _limit(f"ready from cold, slowest ({slowest})", alone[slowest][0], START_LIMIT, "s"),
        _limit("six services ready at once", together, ALL_LIMIT, "s"),
        _limit(f"idle memory, largest ({largest})", alone[largest][1], MEMORY_LIMIT, "MB"),
    ]


def _limit(name: str, value: float, limit: float, unit: str) -> Figure:
    return figure("P9", name, [(value, limit)], goal=1.0, unit=unit, higher_is_better=False)
