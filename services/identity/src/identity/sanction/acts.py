"""What imposing and lifting a sanction does to the account; the member's row is always locked first."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from chassis.audit import audit
from chassis.clock import business_date
from chassis.db import Tx, get_locked
from chassis.sweeps import Sweep
from identity.closing import acts as closing
from identity.closing.domain import ClosureKind, ClosureStatus
from identity.member.domain import Member, MemberNotFound
from identity.notice.acts import give_notice
from identity.notice.domain import Notice, NoticeNotFound
from identity.own import Own
from identity.sanction.domain import (
    SHUTS_OUT,
    EndNotPossible,
    Measure,
    NoticeNeeded,
    Sanction,
    SanctionNotFound,
    SanctionReason,
    SanctionStatus,
    SanctionType,
)
from identity.sanction.queries import standing_by_sanctions
from identity.sanction.refusals import forgive, refuse
from identity.session.queries import revoke_all, void_tokens
from identity.standing.domain import Standing, StandingActor


async def impose(tx: Tx, own: Own, member: Member, measure: Measure, *, notice_id: UUID | None, by: UUID) -> Sanction:
    """Put a measure into force at once, and tell the member why (ID-44 to ID-49).

    Raises:
        SanctionIncomplete, GroundDoesNotFit, EndNotPossible: the measure does not hold together.
        NoticeNeeded, NoticeNotFound, NoticeAnswered, NoticeStillRuns: a termination for breach comes too early.
        AlreadyDeactivated: the account was terminated before.

    """
    measure.check(tx.today)
    if measure.type == SanctionType.TERMINATE and measure.reason == SanctionReason.BREACH:
        await _require_unheeded(tx, member.id, notice_id)
    if measure.type == SanctionType.SUSPEND and measure.demand:
        notice = await give_notice(tx, member, breach=measure.explanation, demand=measure.demand, by=by, mail=False)
        notice_id = notice.id
    sanction = Sanction.impose(member.id, measure, notice_id, by, tx.now)
    tx.add(sanction)
    await tx.flush()
    audit(tx, "sanction.imposed", sanction.id, member=member.id, type=sanction.type, ground=sanction.ground)
    await _take_effect(tx, own, member, sanction)
    _tell(tx, member, sanction, measure)
    if measure.refuse_future_access:
        await refuse(tx, own.links, member, sanction.id)
    return sanction


async def _require_unheeded(tx: Tx, member_id: UUID, notice_id: UUID | None) -> None:
    if notice_id is None:
        raise NoticeNeeded(field="notice_id")
    notice = await get_locked(tx, Notice, notice_id, NoticeNotFound(), Notice.member_id == member_id)
    notice.require_unheeded(tx.now)


async def _take_effect(tx: Tx, own: Own, member: Member, sanction: Sanction) -> None:
    if sanction.type in SHUTS_OUT:
        if member.standing == Standing.ACTIVE:
            member.stand(Standing.SUSPENDED, StandingActor.LEGAL)
        await revoke_all(tx, member.id, "account_suspended")
    elif sanction.type == SanctionType.BLOCK_SERVICE:
        await void_tokens(tx, member.id)  # the next refresh brings `blocked`
    elif sanction.type == SanctionType.TERMINATE:
        closure = await closing.close(
            tx,
            member,
            ClosureKind.TERMINATION,
            StandingActor.LEGAL,
            own.settings.periods,
            who=sanction.imposed_by,
        )
        if sanction.ends_on and closure.returns_until and sanction.ends_on >= closure.returns_until:
            raise EndNotPossible(f"the account is erased after {closure.returns_until}", field="ends_on")


def _tell(tx: Tx, member: Member, sanction: Sanction, measure: Measure) -> None:
    context = {"explanation": sanction.explanation, "ends_on": str(sanction.ends_on or "")}
    if sanction.type == SanctionType.SUSPEND:
        closing.tell(tx, member, "account_suspended", sanction.id, **context, demand=measure.demand or "")
    elif sanction.type == SanctionType.TERMINATE:
        closing.tell(tx, member, "account_terminated", sanction.id, **context)
    else:
        closing.tell(tx, member, "sanction_imposed", sanction.id, **context, measure=sanction.type)


async def lift(tx: Tx, member: Member, sanction: Sanction, target: SanctionStatus, by: StandingActor) -> None:
    """Let a sanction hold no more, and give back what it took, as far as no other takes it.

    Raises:
        IllegalMove: it was lifted or ended before.
        ReturnPeriodOver: the account that it terminated cannot come back.

    """
    sanction.end(target, by, tx.now)
    await tx.flush()
    await forgive(tx, sanction.id)
    audit(tx, f"sanction.{target}", sanction.id, member=member.id, type=sanction.type)
    if sanction.type == SanctionType.TERMINATE:
        closure = await closing.open_closure(tx, member.id)
        if closure is not None and closure.status == ClosureStatus.DEACTIVATED:
            await closing.reopen(tx, member, closure, by)
    elif sanction.type in SHUTS_OUT and member.standing == Standing.SUSPENDED:
        standing = await standing_by_sanctions(tx, member.id)
        if standing != member.standing:
            member.stand(standing, by)
    if member.standing != Standing.ERASED:
        closing.tell(tx, member, "sanction_lifted", sanction.id, measure=sanction.type)


async def end_sanctions(tx: Tx, as_of: datetime) -> None:
    """End those whose last day is over, at midnight in Paris (ID-49)."""
    over = select(Sanction.id, Sanction.member_id).where(
        Sanction.status == SanctionStatus.IN_FORCE, Sanction.ends_on < business_date(as_of)
    )
    for sanction_id, member_id in (await tx.execute(over.order_by(Sanction.id))).all():
        member = await get_locked(tx, Member, member_id, MemberNotFound())
        sanction = await get_locked(tx, Sanction, sanction_id, SanctionNotFound())
        if sanction.status == SanctionStatus.IN_FORCE:
            await lift(tx, member, sanction, SanctionStatus.ENDED, StandingActor.SWEEP)


SWEEPS = [Sweep("end_sanctions", timedelta(minutes=5), end_sanctions)]
