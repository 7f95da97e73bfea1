"""The disability status as personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.disability.domain import DisabilityConfirmation, DisabilityStatus


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(DisabilityStatus).where(DisabilityStatus.member_id == member_id)
    return [
        {
            "visibility": status.visibility,
            "text_version": status.text_version,
            "consented_at": status.consented_at,
            "network_address": str(status.ip) if status.ip else None,
        }
        for status in await tx.scalars(query)
    ]


async def _erase(tx: Tx, member_id: UUID) -> None:
    for row in (DisabilityStatus, DisabilityConfirmation):
        await tx.execute(delete(row).where(row.member_id == member_id))


async def _forget(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(DisabilityConfirmation).where(DisabilityConfirmation.expires_at <= as_of))


DATA = [
    DataClass(
        "disability status",
        purpose="showing near the member's name what the member wants shown (GDPR, article 9(2)(a))",
        basis=Basis.CONSENT,
        kept="until the member turns it off; a step that was not confirmed, a day at most",
        tables=(DisabilityStatus, DisabilityConfirmation),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    )
]
