"""Reports of security incidents as personal data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.incident.domain import SecurityIncident

KEPT = timedelta(days=1095)
"""How long a report is kept: who was wronged may need it as proof."""
ANONYMOUS = "-"
_SHOWN = ("reference", "kind", "description", "contact", "status", "opened_at", "closed_at", "outcome")


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(SecurityIncident).where(SecurityIncident.member_id == member_id).order_by(SecurityIncident.id)
    return [{name: getattr(incident, name) for name in _SHOWN} for incident in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    """Keep that there was an incident, and of which kind; nothing that the person wrote."""
    mine = update(SecurityIncident).where(SecurityIncident.member_id == member_id)
    await tx.execute(mine.values(description=ANONYMOUS, contact=None, outcome=None))


async def _forget(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(SecurityIncident).where(SecurityIncident.opened_at < as_of - KEPT))


DATA = [
    DataClass(
        "security incidents",
        purpose="answering misuse of accounts",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="three years",
        tables=(SecurityIncident,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    )
]
