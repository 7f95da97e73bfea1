"""Who acts for which company: whom a provider may name as the next consultant."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis import Tx
from chassis.errors import Unprocessable
from chassis.rows import Base


class UnknownConsultant(Unprocessable):
    """Only somebody who acts for the provider works on its missions."""

    code, title = "unknown_consultant", "Nobody of your company has this id"


class Colleague(Base):
    """One affiliation, as the company service last told it."""

    __tablename__ = "colleagues"
    __table_args__ = (Index("ix_colleagues_company_id_member_id", "company_id", "member_id"),)

    affiliation_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID]
    display_name: Mapped[str] = mapped_column(String(200))
    """Empty once it is over."""
    active: Mapped[bool]
    version: Mapped[int]


async def name_if_known(tx: Tx, company_id: UUID, member_id: UUID) -> str | None:
    """The name of somebody who acts for the company; unknown until the event about it has arrived."""
    query = select(Colleague.display_name).where(
        Colleague.company_id == company_id, Colleague.member_id == member_id, Colleague.active
    )
    return (await tx.scalars(query.limit(1))).one_or_none()


async def name_of(tx: Tx, company_id: UUID, member_id: UUID) -> str:
    """The name by which a colleague appears in documents. Raises UnknownConsultant."""
    name = await name_if_known(tx, company_id, member_id)
    if name is None:
        raise UnknownConsultant(field="consultant_id")
    return name
