"""Who acts for which company in which role: a copy of company's affiliations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx
from contracts.company import AffiliationEnded
from contracts.roles import CompanyKind, Role


class Affiliation(Base):
    """One member in one role for one company."""

    __tablename__ = "affiliations"
    __table_args__ = (
        Index("ix_affiliations_member_id", "member_id", "granted_at"),
        Index("ix_affiliations_company_id", "company_id", "role"),
    )

    affiliation_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID]
    company_kind: Mapped[CompanyKind] = mapped_column(String(20))
    role: Mapped[Role] = mapped_column(String(30))
    granted_at: Mapped[datetime]
    version: Mapped[int]


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
        await tx.execute(delete(Affiliation).where(Affiliation.affiliation_id == event.affiliation_id))


async def affiliation_of(tx: Tx, member_id: UUID) -> Affiliation | None:
    """The affiliation that a member acts in: the latest granted."""
    query = select(Affiliation).where(Affiliation.member_id == member_id)
    latest = query.order_by(Affiliation.granted_at.desc(), Affiliation.affiliation_id.desc()).limit(1)
    return (await tx.scalars(latest)).one_or_none()
