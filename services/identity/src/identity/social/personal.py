"""What is kept of accounts at identity providers."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records, record_of
from identity.social.domain import Authorization, LinkedIdentity

KEPT = timedelta(days=1)
"""How long a way to a provider is remembered: far longer than it is open."""


async def _gather(tx: Tx, member_id: UUID) -> Records:
    query = select(LinkedIdentity).where(LinkedIdentity.member_id == member_id).order_by(LinkedIdentity.id)
    return [record_of(row, "provider", "subject", "linked_at", "import_allowed_at") for row in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    for row in (LinkedIdentity, Authorization):
        await tx.execute(delete(row).where(row.member_id == member_id))


async def _forget(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(Authorization).where(Authorization.created_at < as_of - KEPT))


DATA = [
    DataClass(
        name="linked identities",
        purpose="Let a member log in by way of an identity provider",
        basis=Basis.CONSENT,
        kept="Until unlinked, or the account is erased; an unfinished way there for a day",
        tables=(LinkedIdentity, Authorization),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    ),
]
