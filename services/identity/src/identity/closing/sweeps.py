"""What time does to accounts: inactivity, confirmed deletions that are due, and the end of the thirty days."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Date, Select, cast, func, select

from chassis.clock import business_date
from chassis.db import Tx, get_locked
from chassis.errors import Problem
from chassis.sweeps import Sweep
from identity.closing import acts
from identity.closing.domain import Closure, ClosureKind, ClosureStatus, Periods
from identity.directory.missions import orders_carried_by
from identity.member.domain import Member, MemberNotFound
from identity.settings import IdentitySettings
from identity.standing.domain import Standing, StandingActor

OVERRIDING = frozenset({ClosureKind.DEATH, ClosureKind.TERMINATION})
"""Closures that no order holds up."""

logger = logging.getLogger("identity.closing")


async def deactivate_inactive(tx: Tx, as_of: datetime) -> None:
    """Close accounts that nobody used for 36 months, to the day in Paris (ID-33, ID-34); orders hold them open."""
    settings = IdentitySettings()
    last_day = cast(func.timezone("Europe/Paris", Member.last_active_at), Date)
    over = last_day + func.make_interval(0, settings.inactivity_months)
    used_long_ago = Member.last_active_at < as_of - timedelta(days=28 * settings.inactivity_months)
    query = select(Member.id).where(
        used_long_ago,
        over <= business_date(as_of),
        Member.standing.in_((Standing.ACTIVE, Standing.SUSPENDED)),
        Member.staff_scopes == [],
    )
    async for member in _members(tx, query.order_by(Member.last_active_at)):
        if await _may_go(tx, member, as_of):
            closure = await acts.close(
                tx, member, ClosureKind.INACTIVITY, StandingActor.SWEEP, settings.periods, who=None
            )
            logger.info("account_inactive", extra={"closure": str(closure.id)})


async def execute_deletions(tx: Tx, as_of: datetime) -> None:
    """Carry out confirmed requests that are due (ID-40); an order issued meanwhile defers them (ID-42)."""
    due = select(Closure.member_id).where(Closure.status == ClosureStatus.CONFIRMED, Closure.due_at <= as_of)
    async for member in _members(tx, due.order_by(Closure.due_at)):
        closure = await acts.open_closure(tx, member.id)
        if closure is not None and closure.status == ClosureStatus.CONFIRMED and await _may_go(tx, member, as_of):
            await acts.deactivate(tx, member, closure, StandingActor.SWEEP, _periods())


async def erase_closed(tx: Tx, as_of: datetime) -> None:
    """Let go of accounts whose thirty days, or whose heirs' time, are over (ID-35, ID-36, ID-41).

    An order that was issued after the deactivation defers it to its end (ID-42), save for who cannot carry one.
    """
    today = business_date(as_of)
    query = select(Closure.member_id).where(Closure.status == ClosureStatus.DEACTIVATED, Closure.final_after < today)
    async for member in _members(tx, query.order_by(Closure.id)):
        closure = await acts.open_closure(tx, member.id)
        if closure is None or closure.final_after is None or closure.final_after >= today:
            continue
        if closure.kind in OVERRIDING or not await orders_carried_by(tx, member.id, today):
            await acts.erase(tx, member, closure, StandingActor.SWEEP)


async def _members(tx: Tx, query: Select[UUID]) -> AsyncIterator[Member]:
    """Each of these members, locked one by one."""
    for member_id in (await tx.scalars(query)).all():
        yield await get_locked(tx, Member, member_id, MemberNotFound())


async def _may_go(tx: Tx, member: Member, as_of: datetime) -> bool:
    try:
        await acts.require_free(tx, member.id, business_date(as_of))
    except Problem as held:
        logger.info("closure_deferred", extra={"member": str(member.id), "reason": held.code})
        return False
    return True


def _periods() -> Periods:
    return IdentitySettings().periods


SWEEPS = [
    Sweep("deactivate_inactive", timedelta(days=1), deactivate_inactive),
    Sweep("execute_deletions", timedelta(minutes=10), execute_deletions),
    Sweep("erase_closed", timedelta(hours=1), erase_closed),
]
