"""Who acts for which company in which role: a copy of company's affiliations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx
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


async def affiliation_of(tx: Tx, member_id: UUID) -> Affiliation | None:
    """The affiliation that a member acts in: the latest granted."""
    query = select(Affiliation).where(Affiliation.member_id == member_id)
    latest = query.order_by(Affiliation.granted_at.desc(), Affiliation.affiliation_id.desc()).limit(1)
    return (await tx.scalars(latest)).one_or_none()
