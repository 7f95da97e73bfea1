"""Changes of address as personal data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.account.domain import EmailChange
from identity.link.domain import Link

KEPT = timedelta(days=365)
"""How long it can be said which address an account was to move to: a stolen account is often noticed late."""


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(EmailChange, Link).join(Link, Link.id == EmailChange.link_id)
    found = await tx.execute(query.where(EmailChange.member_id == member_id).order_by(Link.issued_at))
    return [{"email": change.email, "asked_at": link.issued_at, "confirmed_at": link.used_at} for change, link in found]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(EmailChange).where(EmailChange.member_id == member_id))


async def _forget(tx: Tx, as_of: datetime) -> None:
    old = select(Link.id).where(Link.issued_at < as_of - KEPT)
    await tx.execute(delete(EmailChange).where(EmailChange.link_id.in_(old)))


DATA = [
    DataClass(
        "changes of address",
        purpose="moving an account to another address, and tracing how one was stolen",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="one year",
        tables=(EmailChange,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    )
]
