"""What identity keeps of sanctions and notices."""

from __future__ import annotations

from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update

from chassis.clock import PARIS, business_date, months_after
from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records
from identity.notice.domain import Notice
from identity.sanction.domain import KEPT_YEARS, Sanction, SanctionStatus
from identity.sanction.refusals import RefusedIdentity


async def _sanctions(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(Sanction).where(Sanction.member_id == member_id).order_by(Sanction.id))
    shown = ("type", "reason", "ground", "explanation", "status", "imposed_at", "ends_on", "ended_at")
    return [{name: getattr(row, name) for name in shown} for row in rows]


async def _notices(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(Notice).where(Notice.member_id == member_id).order_by(Notice.id))
    shown = ("breach", "demand", "sent_at", "answer", "answered_at")
    return [{name: getattr(row, name) for name in shown} for row in rows]


async def _blank_sanctions(tx: Tx, member_id: UUID) -> None:
    """What was decided stays, by what right and when; what it says of the person goes."""
    await tx.execute(update(Sanction).where(Sanction.member_id == member_id).values(explanation="", messages=[]))


async def _blank_notices(tx: Tx, member_id: UUID) -> None:
    said = {"breach": "", "demand": "", "answer": None}
    await tx.execute(update(Notice).where(Notice.member_id == member_id).values(said))


async def _forget_sanctions(tx: Tx, as_of: datetime) -> None:
    """Those that ended five years ago, or whose account was terminated then; with them the refusals go."""
    since = _long_ago(as_of)
    over = func.coalesce(Sanction.ended_at, Sanction.imposed_at) < since
    done = Sanction.status != SanctionStatus.IN_FORCE
    await tx.execute(delete(Sanction).where(over, done | Sanction.refuse_future_access))


async def _forget_notices(tx: Tx, as_of: datetime) -> None:
    used = exists().where(Sanction.notice_id == Notice.id)
    await tx.execute(delete(Notice).where(Notice.sent_at < _long_ago(as_of), ~used))


def _long_ago(as_of: datetime) -> datetime:
    """The midnight in Paris before which an end is five years old."""
    day = months_after(business_date(as_of), -12 * KEPT_YEARS)
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


async def _no_names(tx: Tx, member_id: UUID) -> Records:
    """Digests are matched against what a sign-up brings; none leads back to a member."""
    del tx, member_id
    return []


DATA = [
    DataClass(
        name="sanctions",
        purpose="Enforce the terms, and answer for it",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="5 years after their end; their texts until the account is erased",
        tables=(Sanction,),
        gather=_sanctions,
        erase=_blank_sanctions,
        forget=_forget_sanctions,
    ),
    DataClass(
        name="notices",
        purpose="Demand that a breach stops, and prove the demand",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="5 years; their texts until the account is erased",
        tables=(Notice,),
        gather=_notices,
        erase=_blank_notices,
        forget=_forget_notices,
    ),
    DataClass(
        name="refused identities",
        purpose="Keep out whom the platform refuses",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="5 years, as keyed digests that name nobody, or until the sanction is lifted",
        tables=(RefusedIdentity,),
        gather=_no_names,
    ),
]
