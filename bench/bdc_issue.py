"""P14: issue the platform's order with its five gates, its PDF and the platform's seal, against its limit."""

from __future__ import annotations

import statistics
import time

from machinery import scene_of
from measure import Figure, figure

from chassis.testing import harness
from contracting.main import service

ORDERS = 20
LIMIT_MS = 2_000.0


async def issue() -> list[Figure]:
    """One after the other, each in a mission of its own; the first starts the sealing process and is left out."""
    scene = scene_of("contracting")
    async with harness(service) as h:
        h.clock.set(scene.NOW)
        taken: list[float] = []
        for _ in range(ORDERS + 1):
            deal = scene.Deal(h)
            await deal.ready()
            started = time.perf_counter()
            answer = await deal.issue()
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 201, answer.text
    return [
        figure("P14", f"order, sealed PDF, {name}", [(value, LIMIT_MS)], goal=1, unit="ms", higher_is_better=False)
        for name, value in (("p50", statistics.median(taken[1:])), ("max", max(taken[1:])))
    ]
