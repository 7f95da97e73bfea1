"""Affiliations that ended, and the order in which their events are applied."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx
from contracts.company import AffiliationEnded
from marketplace.directory.domain import Affiliation


class EndedAffiliation(Base):
    """One that is over: an event of it that comes late brings it back no more."""

    __tablename__ = "ended_affiliations"

    affiliation_id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]


async def hold_affiliation(tx: Tx, affiliation_id: UUID) -> bool:
    """Wait for whoever applies another event of it; say whether it goes on."""
    key = {"key": f"affiliation|{affiliation_id}"}
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
    return await tx.get(EndedAffiliation, affiliation_id) is None


async def end_affiliation(tx: Tx, event: AffiliationEnded) -> None:
    """Drop it, whatever of it has arrived."""
    if await hold_affiliation(tx, event.affiliation_id):
        tx.add(EndedAffiliation(affiliation_id=event.affiliation_id, ended_at=event.ended_at))
        await tx.execute(delete(Affiliation).where(Affiliation.id == event.affiliation_id))
