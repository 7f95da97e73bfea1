"""`python -m billing.month_end 2026-10 --by MEMBER`: end a month here and now, telling how far it is.

Stopped at any point, it goes on where it was when it is called again, or when a worker finds it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from uuid import UUID

from opentelemetry import trace
from sqlalchemy import select

from billing.main import service
from billing.month_end.domain import MonthEnd, MonthEndStatus
from billing.month_end.work import advance
from chassis import audit
from chassis.app import build_platform
from chassis.platform import Platform
from chassis.settings import get_settings
from chassis.telemetry import set_up_telemetry, traceparent_of
from contracts.values import Month

_PAUSE = 1.0
"""Seconds between two looks while somebody else has the next batch."""


async def end(platform: Platform, month: Month, by: UUID) -> MonthEnd:
    """Start the month's end unless it runs already, and do what is left of it."""
    async with platform.database.transaction() as tx:
        tx.actor = str(by)
        found = (await tx.scalars(select(MonthEnd).where(MonthEnd.month_text == str(month)).with_for_update())).first()
        traceparent = traceparent_of(trace.get_current_span())
        if found is None:
            found = MonthEnd.start(month, by=by, at=tx.now, traceparent=traceparent)
            tx.add(found)
            audit(tx, "month_end.start", found.id, month=month)
        elif found.status == MonthEndStatus.FINISHED:
            found.again(by=by, at=tx.now, traceparent=traceparent)
            audit(tx, "month_end.start", found.id, month=month)
    while True:
        did = await advance(platform)
        async with platform.database.transaction() as tx:
            now = (await tx.scalars(select(MonthEnd).where(MonthEnd.id == found.id))).one()
        _tell(now)
        if now.status == MonthEndStatus.FINISHED:
            return now
        if not did:
            await asyncio.sleep(_PAUSE)


def _tell(now: MonthEnd) -> None:
    counts = ", ".join(f"{step} {count}" for step, count in now.done.items())
    left = "".join(f"; {step}: {each['count']} left, {each['reason']}" for step, each in now.left.items())
    sys.stdout.write(f"{now.month_text} {now.status} at {now.step}: {counts}{left}\n")
    sys.stdout.flush()


async def _run(month: Month, by: UUID) -> None:
    settings = get_settings()
    set_up_telemetry(settings.service, settings.trace_sampling)
    platform = build_platform(service, settings)
    try:
        with trace.get_tracer("billing.month_end").start_as_current_span(f"month_end {month}"):
            await end(platform, month, by)
    finally:
        await platform.files.close()
        await platform.database.close()


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 once the month is ended."""
    parser = argparse.ArgumentParser(prog="billing.month_end", description=__doc__)
    parser.add_argument("month", type=Month.parse, help="such as 2026-10")
    parser.add_argument("--by", type=UUID, required=True, help="the member of staff in whose name it is done")
    asked = parser.parse_args(arguments)
    asyncio.run(_run(asked.month, asked.by))
    return 0


if __name__ == "__main__":
    sys.exit(main())
