"""A company on the platform: who registered it, what staff found, what documents show of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, Computed, Index, String, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.company.identifiers import check_identifiers
from company.company.search import normalise
from company.company.signatory import Signatory
from company.words import words
from contracts.company import (
    CompanyDetailsChanged,
    CompanyRegistered,
    CompanyValidated,
    LegalIdentity,
    TaxStatus,
)
from contracts.roles import CompanyKind, ProfileType
from contracts.values import PostalAddress


class CompanyStatus(StrEnum):
    """What staff found out about a company (CO-15)."""

    TO_VERIFY = "to_verify"
    VALIDATED = "validated"
    REFUSED = "refused"


class CompanyActor(StrEnum):
    """Who may try to move a company's status."""

    STAFF = "staff"
    HEAD = "head"


ALLOWED = {
    CompanyStatus.TO_VERIFY: moves(set(), set()),
    CompanyStatus.VALIDATED: moves({CompanyStatus.TO_VERIFY}, {CompanyActor.STAFF}),
    CompanyStatus.REFUSED: moves({CompanyStatus.TO_VERIFY}, {CompanyActor.STAFF}),
}

KIND_OF = {
    ProfileType.FREELANCE: CompanyKind.PROVIDER,
    ProfileType.CONSULTANCY: CompanyKind.PROVIDER,
    ProfileType.CLIENT: CompanyKind.CLIENT,
}
"""The side of a company follows from its founder's profile type."""


class CompanyNotFound(NotFound):
    """Absent, or another's."""

    code, title = "company_not_found", "There is no such company"


class CompanyExists(Conflict):
    """The company is registered already; joining it is the way (CO-02)."""

    code, title = "company_exists", "This company is registered already"


class CheckedInTheFuture(Unprocessable):
    """A check cannot have taken place after today."""

    code, title = "checked_in_the_future", "The check cannot be dated after today"


@dataclass(frozen=True, slots=True)
class ExistenceCheck:
    """What staff looked at to know that a company exists, and on which day (CO-16)."""

    evidence: str
    checked_on: date

    @classmethod
    def made(cls, evidence: str, checked_on: date, today: date) -> ExistenceCheck:
        """Raises CheckedInTheFuture when dated after `today`."""
        require(checked_on <= today, CheckedInTheFuture(field="checked_on"))
        return cls(evidence, checked_on)


class Company(Base):
    """A legal person on one of the two sides. It has no login: every act is a member's (CO-18).

    `compliance_*` hold the outcome of the last assessment, absent before the validation.
    """

    __tablename__ = "companies"
    __table_args__ = (
        Index("uq_companies_siret", "siret", unique=True, postgresql_where=text("status <> 'refused'")),
        Index(
            "uq_companies_foreign_vat_number",
            "vat_number",
            unique=True,
            postgresql_where=text("siret IS NULL AND status <> 'refused'"),
        ),
        Index("ix_companies_search_words", "search_words", postgresql_using="gin"),
        Index("ix_companies_status_id", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[CompanyKind] = mapped_column(words(CompanyKind))
    profile_type: Mapped[ProfileType] = mapped_column(words(ProfileType))
    name: Mapped[str] = mapped_column(String(200))
    search_name: Mapped[str] = mapped_column(Text)
    search_words: Mapped[str] = deferred(
        mapped_column(TSVECTOR, Computed("array_to_tsvector(string_to_array(search_name, ' '))", persisted=True))
    )
    country: Mapped[str] = mapped_column(String(2))
    siret: Mapped[str | None] = mapped_column(String(14))
    vat_number: Mapped[str | None] = mapped_column(String(20))
    tax_status: Mapped[TaxStatus] = mapped_column(words(TaxStatus))
    line1: Mapped[str] = mapped_column(String(200))
    line2: Mapped[str | None] = mapped_column(String(200))
    postcode: Mapped[str] = mapped_column(String(16))
    city: Mapped[str] = mapped_column(String(200))
    address_country: Mapped[str] = mapped_column(String(2))
    status: Mapped[CompanyStatus] = mapped_column(words(CompanyStatus))
    registered_at: Mapped[datetime]
    evidence: Mapped[str | None] = mapped_column(String(1000))
    checked_on: Mapped[date | None]
    refusal_reason: Mapped[str | None] = mapped_column(String(1000))
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    compliant: Mapped[bool | None]
    compliance_missing: Mapped[list[str] | None] = mapped_column(ARRAY(String(40)))
    compliance_valid_until: Mapped[date | None]
    compliance_assessed_on: Mapped[date | None]

    @classmethod
    def register(cls, profile_type: ProfileType, legal: LegalIdentity, at: datetime) -> Company:
        """A company as its founder declares it, to be verified by staff.

        Raises the refusals of `check_identifiers` (CO-09, CO-11).
        """
        check_identifiers(legal.country, legal.siret, legal.vat_number, legal.tax_status)
        address = legal.address
        return cls(
            id=new_id(),
            version=1,
            kind=KIND_OF[profile_type],
            profile_type=profile_type,
            name=legal.name,
            search_name=normalise(legal.name),
            country=legal.country,
            siret=legal.siret,
            vat_number=legal.vat_number,
            tax_status=legal.tax_status,
            line1=address.line1,
            line2=address.line2,
            postcode=address.postcode,
            city=address.city,
            address_country=address.country,
            status=CompanyStatus.TO_VERIFY,
            registered_at=at,
        )

    def registered(self, signatories: Sequence[Signatory]) -> CompanyRegistered:
        """The event of the registration."""
        return CompanyRegistered(
            version=self.version,
            company_id=self.id,
            kind=self.kind,
            name=self.name,
            country=self.country,
            signatories=[signatory.as_fact() for signatory in signatories],
            registered_at=self.registered_at,
        )

    @property
    def address(self) -> PostalAddress:
        """Where the company is established."""
        return PostalAddress(
            line1=self.line1,
            line2=self.line2,
            postcode=self.postcode,
            city=self.city,
            country=self.address_country,
        )

    @property
    def legal(self) -> LegalIdentity:
        """What contracts and invoices must show."""
        return LegalIdentity.model_validate(
            {
                "name": self.name,
                "country": self.country,
                "siret": self.siret,
                "vat_number": self.vat_number,
                "tax_status": self.tax_status,
                "address": self.address,
            }
        )

    def validate(
        self, staff_id: UUID, check: ExistenceCheck, verified: Sequence[Signatory], at: datetime, *, payable: bool
    ) -> CompanyValidated:
        """Record that the company exists and which signatories may engage it (CO-15, CO-16, CO-48).

        `payable` says whether bank details are on file. Raises IllegalMove when it was decided already.
        """
        self._move_to(CompanyStatus.VALIDATED, CompanyActor.STAFF)
        self.evidence, self.checked_on = check.evidence, check.checked_on
        self.decided_by, self.decided_at = staff_id, at
        return CompanyValidated(
            version=self.grow(),
            company_id=self.id,
            kind=self.kind,
            legal=self.legal,
            verified_signatories=[signatory.as_fact() for signatory in verified],
            bank_details_on_file=payable,
            validated_at=at,
        )

    def refuse(self, staff_id: UUID, reason: str, at: datetime) -> None:
        """Record why the company is not admitted. Raises IllegalMove."""
        self._move_to(CompanyStatus.REFUSED, CompanyActor.STAFF)
        self.refusal_reason, self.decided_by, self.decided_at = reason, staff_id, at
        self.grow()

    def details_changed(self, at: datetime, *, payable: bool) -> CompanyDetailsChanged | None:
        """The event of a change to what documents show; none before the validation, which tells everything."""
        version = self.grow()
        if self.status is not CompanyStatus.VALIDATED:
            return None
        return CompanyDetailsChanged(
            version=version,
            company_id=self.id,
            legal=self.legal,
            bank_details_on_file=payable,
            changed_at=at,
        )

    def grow(self) -> int:
        """Count a change; every event of the company carries the count."""
        self.version += 1
        return self.version

    def _move_to(self, target: CompanyStatus, actor: CompanyActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
