"""Choices about messages as personal data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.preference.domain import NotificationRefusal


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(NotificationRefusal).where(NotificationRefusal.member_id == member_id)
    shown = ("category", "channel", "refused_at")
    return [{name: getattr(refusal, name) for name in shown} for refusal in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(NotificationRefusal).where(NotificationRefusal.member_id == member_id))


DATA = [
    DataClass(
        "notification preferences",
        purpose="telling members only what they want to be told",
        basis=Basis.CONTRACT,
        kept="as long as the account",
        tables=(NotificationRefusal,),
        gather=_gather,
        erase=_erase,
    )
]
