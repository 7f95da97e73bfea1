"""The legal identity of companies, copied from the company service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict
from chassis.rows import Base
from contracts.company import LegalIdentity


class CompanyNotValidated(Conflict):
    """Nobody has checked yet who the company is, so no document can name it."""

    code, title = "company_not_validated", "Your company is not validated yet"


class Company(Base):
    """What invoices must show of a company, as last told."""

    __tablename__ = "companies"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    legal: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int]

    @property
    def identity(self) -> LegalIdentity:
        """Name, identifiers, tax status and address."""
        return LegalIdentity.model_validate(self.legal)
