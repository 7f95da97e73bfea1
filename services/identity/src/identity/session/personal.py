"""What identity keeps of log-ins."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records
from identity.session.attempts import LoginAttempts
from identity.session.domain import RefreshToken, Session


async def _gather(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(Session).where(Session.member_id == member_id).order_by(Session.id))
    shown = ("device", "place", "created_at", "last_used_at", "proven_at", "expires_at", "ended_at")
    return [{name: getattr(row, name) for name in shown} for row in rows]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(Session).where(Session.member_id == member_id))


async def _no_names(tx: Tx, member_id: UUID) -> Records:
    """Counters are kept under keyed digests: none can be told to be somebody's."""
    del tx, member_id
    return []


DATA = [
    DataClass(
        name="sessions",
        purpose="Keep a member logged in, and show them where",
        basis=Basis.CONTRACT,
        kept="30 days after their end",
        tables=(Session, RefreshToken),
        gather=_gather,
        erase=_erase,
    ),
    DataClass(
        name="log-in attempts",
        purpose="Stop the guessing of passwords",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="A few minutes, under digests that name nobody",
        tables=(LoginAttempts,),
        gather=_no_names,
    ),
]
