"""Closing an account, bringing it back, and letting go of it for good; the member's row is always locked first."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text

from chassis.audit import audit
from chassis.db import Tx
from chassis.outbox import emit
from contracts.roles import HEADS
from identity.closing.domain import (
    OPEN,
    AlreadyDeactivated,
    Closure,
    ClosureKind,
    ClosureStatus,
    OrdersRunning,
    Periods,
    ReturnNotOpen,
    SoleHead,
)
from identity.directory.affiliations import Affiliation
from identity.directory.missions import has_orders, orders_carried_by
from identity.member.domain import Member
from identity.notification.domain import ACCOUNT_ERASED, Notification
from identity.notification.queries import take_out_name
from identity.sanction.queries import is_terminated, standing_by_sanctions
from identity.session.queries import revoke_all
from identity.standing.domain import Standing, StandingActor

TOLD_BY: dict[ClosureKind, str] = {
    ClosureKind.OWN_REQUEST: "account_deactivated",
    ClosureKind.WRITTEN_REQUEST: "account_deactivated",
    ClosureKind.SUPPORT: "account_deactivated",
    ClosureKind.INACTIVITY: "account_inactive",
}
"""The mail that each kind of closure brings; a termination has its sanction's, and nobody writes to the dead."""


async def open_closure(tx: Tx, member_id: UUID) -> Closure | None:
    """The closure that is under way for an account, locked."""
    query = select(Closure).where(Closure.member_id == member_id, Closure.status.in_(OPEN))
    return (await tx.scalars(query.with_for_update())).one_or_none()


async def require_free(tx: Tx, member_id: UUID, today: date) -> None:
    """Refuse to let somebody go whom an order or a company still needs (ID-42).

    Raises:
        OrdersRunning: names the orders.
        SoleHead: a company would have people or orders, and nobody to run it; whose account is closed or suspended
            runs nothing.

    """
    carried = await orders_carried_by(tx, member_id, today)
    if carried:
        raise OrdersRunning([order.reference for order in carried])
    headed = select(Affiliation.company_id).where(Affiliation.member_id == member_id, Affiliation.role.in_(HEADS))
    for company_id in (await tx.scalars(headed.order_by(Affiliation.company_id))).all():
        await _hold_heads(tx, company_id)
        stays = Member.standing == Standing.ACTIVE
        others = (
            select(func.count(), func.count().filter(Affiliation.role.in_(HEADS), stays))
            .outerjoin(Member, Member.id == Affiliation.member_id)
            .where(Affiliation.company_id == company_id, Affiliation.member_id != member_id)
        )
        people, heads = (await tx.execute(others)).one()
        if not heads and (people or await has_orders(tx, company_id, today)):
            raise SoleHead


async def _hold_heads(tx: Tx, company_id: UUID) -> None:
    """Let a company's heads go one by one: of two who go at once, the second is seen to be the last."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"heads|{company_id}"})


async def deactivate(tx: Tx, member: Member, closure: Closure, by: StandingActor, periods: Periods) -> None:
    """Close the account at once: every session ends, and the member is told how to return, where they may."""
    closure.deactivate(by, tx.now, periods)
    if member.standing != Standing.DEACTIVATED:
        member.stand(Standing.DEACTIVATED, by)
    await revoke_all(tx, member.id, "account_deactivated")
    audit(tx, "member.deactivated", member.id, kind=closure.kind, closure=closure.id)
    template = TOLD_BY.get(closure.kind)
    if template:
        tell(tx, member, template, closure.id, returns_until=str(closure.returns_until))


async def close(
    tx: Tx, member: Member, kind: ClosureKind, by: StandingActor, periods: Periods, *, who: UUID | None, **said: object
) -> Closure:
    """Close the account for a reason that overrides what is under way. Raises AlreadyDeactivated for the same kind."""
    present = await open_closure(tx, member.id)
    if present is not None:
        if present.status == ClosureStatus.DEACTIVATED and kind in {present.kind, ClosureKind.SUPPORT}:
            raise AlreadyDeactivated
        present.end(ClosureStatus.SUPERSEDED, by, tx.now)
        await tx.flush()
    closure = Closure.begin(member.id, kind, who, tx.now, **said)
    await deactivate(tx, member, closure, by, periods)
    tx.add(closure)
    await tx.flush()
    return closure


async def reopen(tx: Tx, member: Member, closure: Closure, by: StandingActor) -> None:
    """Bring the account back as its sanctions leave it (ID-35, ID-41). Raises ReturnNotOpen or ReturnPeriodOver."""
    closure.require_return(by, tx.today)
    if await is_terminated(tx, member.id):
        raise ReturnNotOpen
    closure.end(ClosureStatus.REVERSED, by, tx.now)
    member.stand(await standing_by_sanctions(tx, member.id), by)
    member.last_active_at = tx.now
    audit(tx, "member.reactivated", member.id, closure=closure.id)
    tell(tx, member, "account_reactivated", closure.id)


async def erase(tx: Tx, member: Member, closure: Closure, by: StandingActor) -> None:
    """Let go of the person for good: their address is free, and every service is told (ID-20, ID-41)."""
    closure.end(ClosureStatus.FINAL, by, tx.now)
    await take_out_name(tx, member.display_name)
    if closure.kind not in {ClosureKind.DEATH, ClosureKind.TERMINATION}:
        said = {"name": member.display_name, "language": member.language}
        tx.add(Notification.to_outsider(member.email, ACCOUNT_ERASED, subject_id=closure.id, at=tx.now, context=said))
    await revoke_all(tx, member.id, "account_erased")
    emit(tx, member.erase(by, tx.now))
    audit(tx, "member.erased", member.id, kind=closure.kind, closure=closure.id)


def tell(tx: Tx, member: Member, template: str, subject_id: UUID, **context: str) -> None:
    """Mail the member what happened to the account."""
    tx.add(Notification.to(member.id, template, subject_id=subject_id, at=tx.now, context=context))
