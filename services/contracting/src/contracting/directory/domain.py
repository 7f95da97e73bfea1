"""What this service remembers of companies, to decide without asking anyone."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracting.columns import word
from contracts.roles import CompanyKind, SignatoryCapacity


class CompanyDetails(Base):
    """What the last of CompanyValidated and CompanyDetailsChanged said.

    Apart from `CompanyValidation` because both events count on the company's one version, and a change of
    details that overtakes the validation must neither be lost nor hide who may sign.
    """

    __tablename__ = "company_details"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    bank_details_on_file: Mapped[bool]
    version: Mapped[int]


class CompanyValidation(Base):
    """That staff checked a company, and whom they found empowered to sign for it."""

    __tablename__ = "company_validations"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[CompanyKind] = mapped_column(word(CompanyKind))
    verified_signatories: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    version: Mapped[int]

    @property
    def capacities(self) -> dict[UUID, SignatoryCapacity]:
        """Who may sign, and by what right."""
        return capacities_of(self.verified_signatories)


class CompanyCompliance(Base):
    """The outcome of the last review of a company's documents."""

    __tablename__ = "company_compliance"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    compliant: Mapped[bool]
    missing: Mapped[list[str]] = mapped_column(JSONB)
    shortcomings: Mapped[dict[str, str]] = mapped_column(JSONB)
    """Why each missing document does not count, where it is known."""
    valid_until: Mapped[date | None]
    version: Mapped[int]


def capacities_of(signatories: list[dict[str, Any]]) -> dict[UUID, SignatoryCapacity]:
    """Read a stored list of signatories."""
    return {UUID(one["member_id"]): SignatoryCapacity(one["capacity"]) for one in signatories}
