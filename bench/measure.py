"""How figures are taken: in alternating pairs, as medians of ratios, with the machine's own speed beside."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

PAIRS = 5


@dataclass(frozen=True)
class Figure:
    """One line of the table; `ratio` is ours over the reference, both in `unit`."""

    id: str
    name: str
    ours: float
    reference: float
    ratio: float
    goal: float
    unit: str
    higher_is_better: bool

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal if self.higher_is_better else self.ratio <= self.goal

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def figure(
    code: str,
    name: str,
    pairs: list[tuple[float, float]],
    *,
    goal: float,
    unit: str,
    higher_is_better: bool = True,
) -> Figure:
    """Condense pairs of (ours, reference): the median of each, and the median of the ratios."""
    ours, reference = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    return Figure(code, name, round(ours, 2), round(reference, 2), round(ratio, 3), goal, unit, higher_is_better)


async def alternate(
    ours: Callable[[], Awaitable[float]], reference: Callable[[], Awaitable[float]], pairs: int = PAIRS
) -> list[tuple[float, float]]:
    """Measure A B A B …, after one unmeasured round of each."""
    await ours()
    await reference()
    return [(await ours(), await reference()) for _ in range(pairs)]


def cpu_loop() -> float:
    """Million additions a second of this interpreter: tells a busy machine from a slow program."""
    started, total = time.perf_counter(), 0
    for number in range(2_000_000):
        total += number
    return round(2 / (time.perf_counter() - started), 1)


async def until(probe: Callable[[], Awaitable[bool]], within: float = 120.0) -> None:
    """Poll every 10 ms. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while not await probe():
            await asyncio.sleep(0.01)
