"""Sweeps: time-driven work as a function of a date, claimed once a period across all replicas.

Run one by hand, for any date: `python -m chassis.sweeps <service> <name> [--as-of 2026-12-01]`.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy import Column, DateTime, String, Table, delete, func
from sqlalchemy.dialects.postgresql import insert

from chassis.db import Database, Tx, metadata

logger = logging.getLogger("chassis.sweeps")

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", String(80), primary_key=True),
    Column("period", DateTime(timezone=True), primary_key=True),
    Column("ran_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    keep_existing=True,  # run by hand, this module is loaded twice: as the command, and by the service
)


@dataclass(frozen=True)
class Sweep:
    """Work to do once every period: idempotent, a function of its instant.

    A sweep with much to do does a part and returns True: it is run again, in another transaction.
    """

    name: str
    every: timedelta
    run: Callable[[Tx, datetime], Awaitable[bool | None]]

    def period(self, instant: datetime) -> datetime:
        """The start of the period that the instant falls in."""
        seconds = int(self.every.total_seconds())
        return datetime.fromtimestamp(int(instant.timestamp()) // seconds * seconds, UTC)


async def run_if_due(database: Database, sweep: Sweep, as_of: datetime) -> bool:
    """Run the sweep unless a replica already did in this period; claim and effects commit together.

    While a part is left the period stays unclaimed, so that after a crash, or on another replica, it goes on.
    """
    period = sweep.period(as_of)
    claim = insert(job_runs).values(job=sweep.name, period=period).on_conflict_do_nothing()
    unclaim = delete(job_runs).where(job_runs.c.job == sweep.name, job_runs.c.period == period)
    more: bool | None = True
    while more:
        async with database.transaction() as tx:
            tx.actor = f"sweep.{sweep.name}"
            if (await tx.execute(claim.returning(job_runs.c.job))).first() is None:
                return False
            more = await sweep.run(tx, as_of)
            if more:
                await tx.execute(unclaim)
    return True


class SweepLoop:
    """Looks every few seconds whether a sweep is due; downtime is made up for at the next look."""

    def __init__(self, database: Database, sweeps: list[Sweep], *, look_every: float = 5.0):
        self._database = database
        self._sweeps = sweeps
        self._look_every = look_every
        self.last_turn = monotonic()

    async def run(self) -> None:
        """Run what is due until cancelled; one failing sweep does not stop the others."""
        done: dict[str, datetime] = {}
        while True:
            self.last_turn = monotonic()
            now = self._database.clock()
            for sweep in self._sweeps:
                if done.get(sweep.name) != sweep.period(now):
                    try:
                        await run_if_due(self._database, sweep, now)
                        done[sweep.name] = sweep.period(now)
                    except Exception:
                        logger.exception("sweep_failed", extra={"sweep": sweep.name})
            await asyncio.sleep(self._look_every)


def main(arguments: list[str] | None = None) -> int:
    """Run one sweep now, whatever ran before, as of a given instant."""
    parser = argparse.ArgumentParser(prog="chassis.sweeps", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("name")
    parser.add_argument("--as-of", type=datetime.fromisoformat, default=None, help="ISO date or instant, UTC")
    asked = parser.parse_args(arguments)
    from chassis.app import sweeps_of  # noqa: PLC0415 - which imports this module

    sweeps = sweeps_of(importlib.import_module(f"{asked.service}.main").service)
    chosen = next((sweep for sweep in sweeps if sweep.name == asked.name), None)
    if chosen is None:
        parser.error(f"known sweeps: {', '.join(sweep.name for sweep in sweeps) or 'none'}")
    asyncio.run(_run_once(chosen, asked.as_of))
    return 0


async def _run_once(sweep: Sweep, as_of: datetime | None) -> None:
    from chassis.settings import get_settings  # noqa: PLC0415

    database = Database(get_settings().database_url.get_secret_value())
    instant = as_of or database.clock()
    instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    more: bool | None = True
    while more:
        async with database.transaction() as tx:
            tx.actor = f"sweep.{sweep.name}"
            more = await sweep.run(tx, instant)
    await database.close()


if __name__ == "__main__":
    raise SystemExit(main())
