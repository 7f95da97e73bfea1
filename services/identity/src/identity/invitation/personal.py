"""What invitations keep about the people they name."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, select

from chassis.audit import audit
from chassis.db import Tx
from chassis.outbox import emit
from chassis.personal_data import Basis, DataClass, Records, record_of
from identity.invitation.domain import Invitation
from identity.member.domain import Member
from identity.standing.domain import Standing, StandingActor

KEPT = timedelta(days=90)
"""How long an invitation is kept once it was answered, withdrawn, or left to expire."""


async def _gather(tx: Tx, member_id: UUID) -> Records:
    query = select(Invitation).where(Invitation.member_id == member_id).order_by(Invitation.id)
    shown = ("company_id", "role", "first_name", "last_name", "email", "status", "invited_at", "closed_at")
    return [record_of(row, *shown) for row in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(Invitation).where(Invitation.member_id == member_id))


async def _forget(tx: Tx, as_of: datetime) -> None:
    """Drop old invitations, and the accounts that they opened for people who never came."""
    long_ago = as_of - KEPT
    await tx.execute(delete(Invitation).where(func.coalesce(Invitation.closed_at, Invitation.expires_at) < long_ago))
    nobodys = select(Member).where(
        Member.opened_by.is_not(None),
        Member.standing == Standing.ACTIVE,
        Member.signed_up_at < long_ago,
        ~exists().where(Invitation.member_id == Member.id),
    )
    for member in await tx.scalars(nobodys.with_for_update()):
        emit(tx, member.erase(StandingActor.SWEEP, tx.now))
        audit(tx, "member.erased", member.id, reason="invitation_unanswered")


DATA = [
    DataClass(
        name="invitations",
        purpose="Let a company's head bring somebody in, by name and address",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="90 days after they were answered, withdrawn or left to expire",
        tables=(Invitation,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    ),
]
