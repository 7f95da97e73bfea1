"""P4 and P5: from a POST in one process to its effect in another, beside the hand-made chain."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
from load import pace, request, saturate
from machinery import AMQP_URL, HERE, database, free_port, plain, process, purge
from measure import Figure, alternate, figure, until

from chassis.auth import Caller
from chassis.testing import Keys

RATE = 50.0
PACED = 750
SUSTAINED = 3_000


@asynccontextmanager
async def chain(kind: str) -> AsyncIterator[tuple[str, int, dict[str, str]]]:
    """Both processes of one chain over a fresh database: (its url, the port, request headers)."""
    await (await purge()).connection.close()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.make(Path(folder))
        headers = {"authorization": f"Bearer {keys.token(Caller(uuid4(), uuid4()), lifetime=3600)}"}
        async with database() as url:
            if kind == "handmade":
                arguments = (plain(url), AMQP_URL)
                async with (
                    process("handmade.py", "consumer", *arguments),
                    process("handmade.py", "producer", *arguments, str(port), port=port),
                ):
                    yield url, port, headers
                return
            shared = {
                "MAILLON_DATABASE_URL": url,
                "MAILLON_AMQP_URL": AMQP_URL,
                "MAILLON_JWKS_FILE": str(keys.jwks_file),
                "MAILLON_MIGRATIONS": str(HERE),
            }
            other = free_port()
            async with (
                process(
                    "ours.py", "consumer", port=other, MAILLON_SERVICE="billing", MAILLON_PORT=str(other), **shared
                ),
                process(
                    "ours.py", "producer", port=port, MAILLON_SERVICE="timesheet", MAILLON_PORT=str(port), **shared
                ),
            ):
                yield url, port, headers


def posts(count: int, headers: dict[str, str]) -> tuple[list[str], list[bytes]]:
    ids = [str(uuid4()) for _ in range(count)]
    return ids, [request("POST", "/things", headers, json.dumps({"id": thing}).encode()) for thing in ids]


async def warm(url: str, port: int, headers: dict[str, str]) -> int:
    """Let every part have worked once; return how many effects that left."""
    await saturate(port, posts(100, headers)[1], 4)
    await effects(url, 100)
    return 100


async def effects(url: str, expected: int) -> None:
    connection = await asyncpg.connect(plain(url))
    try:

        async def arrived() -> bool:
            return bool(await connection.fetchval("SELECT count(*) FROM bench_effects") >= expected)

        await until(arrived)
        found = await connection.fetchval("SELECT count(*) FROM bench_effects")
        assert found == expected, f"{found} effects of {expected} events"
    finally:
        await connection.close()


async def paced(kind: str) -> list[float]:
    """Milliseconds from each sending to its effect, at a fixed rate."""
    async with chain(kind) as (url, port, headers):
        done = await warm(url, port, headers)
        ids, messages = posts(PACED, headers)
        sent = await pace(port, messages, RATE)
        await effects(url, done + PACED)
        connection = await asyncpg.connect(plain(url))
        rows = await connection.fetch("SELECT cra_id::text, extract(epoch FROM applied_at)::float8 FROM bench_effects")
        await connection.close()
    at = dict(rows)
    return sorted((at[thing] - sending) * 1000 for thing, sending in zip(ids, sent, strict=True))


async def latency() -> list[Figure]:
    """P4: half of the events, and 99 in 100, are applied within this time."""
    halves, tails = [], []
    for _ in range(3):
        ours, reference = await paced("ours"), await paced("handmade")
        halves.append((statistics.median(ours), statistics.median(reference)))
        tails.append((ours[int(PACED * 0.99)], reference[int(PACED * 0.99)]))
    what = f"POST to effect in another process, {RATE:.0f}/s"
    return [
        figure("P4", f"{what}, p50 / hand-made", halves, goal=2.0, unit="ms", higher_is_better=False),
        figure("P4", f"{what}, p99 / hand-made", tails, goal=3.0, unit="ms", higher_is_better=False),
    ]


async def sustained(kind: str) -> float:
    """Events a second from the first POST to the last effect, as fast as it goes."""
    async with chain(kind) as (url, port, headers):
        done = await warm(url, port, headers)
        _, messages = posts(SUSTAINED, headers)
        started = time.perf_counter()
        await saturate(port, messages, 16)
        await effects(url, done + SUSTAINED)
        return SUSTAINED / (time.perf_counter() - started)


async def throughput() -> list[Figure]:
    """P5."""
    pairs = await alternate(lambda: sustained("ours"), lambda: sustained("handmade"))
    return [figure("P5", "sustained POST to effect, all on / hand-made", pairs, goal=0.6, unit="events/s")]
