"""What identity keeps of an account's end."""

from __future__ import annotations

from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy import delete, select, update

from chassis.clock import PARIS, business_date, months_after
from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records
from identity.closing.domain import Closure, ContentHandover

KEPT_YEARS = 5
"""How long it can be asked who closed an account and why (article 2224 C. civ.)."""


async def _closures(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(Closure).where(Closure.member_id == member_id).order_by(Closure.id))
    shown = ("kind", "status", "reason", "channel", "requested_at", "deactivated_at", "ended_at", "proof_name")
    return [{name: getattr(row, name) for name in shown} for row in rows]


async def _handovers(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(ContentHandover).where(ContentHandover.member_id == member_id))
    return [{"court_decision_reference": row.court_decision_reference, "decided_on": row.decided_on} for row in rows]


async def _blank(tx: Tx, member_id: UUID) -> None:
    """When and by whom stays; words about the person and the name of a file go."""
    said = {"reason": None, "reference": None, "proof_name": None}
    await tx.execute(update(Closure).where(Closure.member_id == member_id).values(said))


async def _forget_closures(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(Closure).where(Closure.ended_at < _long_ago(as_of)))


async def _forget_handovers(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(ContentHandover).where(ContentHandover.recorded_at < _long_ago(as_of)))


def _long_ago(as_of: datetime) -> datetime:
    """The midnight in Paris before which an end is five years old."""
    day = months_after(business_date(as_of), -12 * KEPT_YEARS)
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


DATA = [
    DataClass(
        name="closures",
        purpose="Carry out a deletion, and answer for it",
        basis=Basis.LEGAL_OBLIGATION,
        kept="5 years after the end; words about the person until the account is erased",
        tables=(Closure,),
        gather=_closures,
        erase=_blank,
        forget=_forget_closures,
    ),
    DataClass(
        name="content handovers",
        purpose="Prove by which court's decision heirs were given content",
        basis=Basis.LEGAL_OBLIGATION,
        kept="5 years",
        tables=(ContentHandover,),
        gather=_handovers,
        forget=_forget_handovers,
    ),
]
