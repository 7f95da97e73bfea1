"""What is kept of responsible persons, who are no members."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records, record_of
from identity.responsible.domain import ResponsiblePerson
from identity.responsible.queries import forget_persons

KEPT = timedelta(days=90)
"""How long somebody who does not sign up is remembered."""


async def _gather(tx: Tx, member_id: UUID) -> Records:
    """What the member asked for; who the person is, is that person's."""
    query = select(ResponsiblePerson).where(ResponsiblePerson.named_by == member_id).order_by(ResponsiblePerson.id)
    return [record_of(row, "company_name", "position", "named_at") for row in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await forget_persons(tx, ResponsiblePerson.named_by == member_id)


async def _forget(tx: Tx, as_of: datetime) -> None:
    await forget_persons(tx, ResponsiblePerson.named_at < as_of - KEPT)


DATA = [
    DataClass(
        name="responsible persons",
        purpose="Ask the person who can engage a company to sign up",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="Until they sign up, 90 days at most",
        tables=(ResponsiblePerson,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    ),
]
