"""Where companies are paid, from when on: each invoice keeps the account that was in force when it came (CO-45)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base


class CompanyAccount(Base):
    """One account of a company; it is in force from `effective_at` until the next one is."""

    __tablename__ = "company_accounts"
    __table_args__ = (Index("ix_company_accounts_company_id_effective_at", "company_id", "effective_at"),)

    bank_details_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    holder: Mapped[str] = mapped_column(String(200))
    iban: Mapped[str | None] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    bank_code: Mapped[str | None] = mapped_column(String(40))
    account_number: Mapped[str | None] = mapped_column(String(40))
    effective_at: Mapped[datetime]
    version: Mapped[int]
