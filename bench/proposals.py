"""P13: hand in a proposal, beside the same number of inserts by prepared statements, each with its own commit."""

from __future__ import annotations

import statistics
import time
from typing import Any
from uuid import uuid4

import asyncpg
from machinery import plain, scene_of
from measure import Figure, figure

from chassis.testing import harness
from marketplace.main import service

PROPOSALS = 200
LIMIT_MS = 50.0


async def _inserts(url: str, count: int) -> list[float]:
    """What storing a row and an event costs by itself, in milliseconds each."""
    connection = await asyncpg.connect(plain(url))
    await connection.execute("CREATE TABLE bare_proposals (id uuid PRIMARY KEY, body text)")
    await connection.execute("CREATE TABLE bare_events (id uuid PRIMARY KEY, body text)")
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        async with connection.transaction():
            await connection.execute("INSERT INTO bare_proposals VALUES ($1, $2)", uuid4(), "x" * 500)
            await connection.execute("INSERT INTO bare_events VALUES ($1, $2)", uuid4(), "x" * 500)
        taken.append((time.perf_counter() - started) * 1000)
    await connection.close()
    return taken


async def _proposals(h: Any, scene: Any, count: int) -> list[float]:
    market = scene.Market(h)
    buyer, seller = await market.buyer(), await market.seller()
    rfp = await market.published(buyer)
    taken = []
    for _ in range(count):
        consultant = await market.consultant(seller)
        body = scene.offer(consultant.member_id) | {"accepted_clauses": rfp["clause_ids"]}
        started = time.perf_counter()
        answer = await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=body)
        taken.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 201, answer.text
    return taken


async def submission() -> list[Figure]:
    """One after the other, each of another consultant for the same request; the first twenty are left out."""
    scene = scene_of("marketplace")
    async with harness(service) as h:
        h.clock.set(scene.NOW)
        taken = (await _proposals(h, scene, PROPOSALS + 20))[20:]
        bare = statistics.median(await _inserts(h.database_url, PROPOSALS))
    print(f"P13 two inserts and a commit alone: {bare:.1f} ms")
    hundredths = statistics.quantiles(taken, n=100)
    return [
        figure("P13", f"proposal handed in, {name}", [(value, LIMIT_MS)], goal=1, unit="ms", higher_is_better=False)
        for name, value in (("p50", hundredths[49]), ("p99", hundredths[98]))
    ]
