"""Companies whose last head's account was erased, while others still act for them: staff name another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from chassis import Tx
from chassis.errors import Conflict
from chassis.rows import Base, new_id
from company.affiliation.queries import heads_of, people_of


class CompanyHasAHead(Conflict):
    """Its own heads say who is one."""

    code, title = "company_has_a_head", "The company's own heads give its roles"


class HeadlessCompany(Base):
    """A company with people and nobody to run it; `id` sorts by age."""

    __tablename__ = "headless_companies"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    since: Mapped[datetime]


async def note_headless(tx: Tx, company_id: UUID) -> None:
    """Put the company, which is locked, among what waits for staff when nobody runs it any more."""
    if await people_of(tx, company_id) and not await heads_of(tx, company_id):
        row = {"company_id": company_id, "id": new_id(), "since": tx.now}
        await tx.execute(insert(HeadlessCompany).values(row).on_conflict_do_nothing())
