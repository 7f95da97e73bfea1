"""What companies are called: a copy, for mails that name one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx


class CompanyName(Base):
    """The name that a company goes by."""

    __tablename__ = "company_names"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]


async def name_of(tx: Tx, company_id: UUID) -> str:
    """The company's name; a hyphen while its registration is still on the way."""
    found = await tx.get(CompanyName, company_id)
    return found.name if found else "-"
