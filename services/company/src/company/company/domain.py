"""A company on the platform: who registered it, what staff found, what documents show of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Computed, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column

from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.company.existence import ExistenceCheck, Register
from company.company.identifiers import checked
from company.company.search import normalise
from company.company.signatory import Signatory
from company.words import words
from contracts.company import (
    CompanyDetailsChanged,
    CompanyRegistered,
    CompanyValidated,
    LegalIdentity,
    SpecialTaxStatus,
    TaxStatus,
)
from contracts.company import Signatory as SignatoryFact
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
    CompanyStatus.TO_VERIFY: moves({CompanyStatus.REFUSED}, {CompanyActor.HEAD}),
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


class IdentityVerified(Conflict):
    """After the validation, name and registration change only through staff."""

    code, title = "identity_verified", "Name and registration were verified; ask staff for a change"


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
        Index(
            "uq_companies_registration_number",
            "country",
            "registration_number",
            unique=True,
            postgresql_where=text("registration_number IS NOT NULL AND status <> 'refused'"),
        ),
        Index("ix_companies_search_name_id", "search_name", "id"),
        Index("ix_companies_search_words", "search_words", postgresql_using="gin"),
        Index("ix_companies_status_id", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[CompanyKind] = mapped_column(words(CompanyKind))
    profile_type: Mapped[ProfileType] = mapped_column(words(ProfileType))
    name: Mapped[str] = mapped_column(String(200))
    search_name: Mapped[str] = mapped_column(Text(collation="C"))
    search_words: Mapped[str] = deferred(
        mapped_column(TSVECTOR, Computed("array_to_tsvector(string_to_array(search_name, ' '))", persisted=True))
    )
    country: Mapped[str] = mapped_column(String(2))
    siret: Mapped[str | None] = mapped_column(String(14))
    vat_number: Mapped[str | None] = mapped_column(String(20))
    registration_number: Mapped[str | None] = mapped_column(String(60))
    tax_number: Mapped[str | None] = mapped_column(String(40))
    tax_status: Mapped[TaxStatus] = mapped_column(words(TaxStatus))
    special_tax_status: Mapped[SpecialTaxStatus | None] = mapped_column(words(SpecialTaxStatus))
    line1: Mapped[str] = mapped_column(String(200))
    line2: Mapped[str | None] = mapped_column(String(200))
    postcode: Mapped[str] = mapped_column(String(16))
    city: Mapped[str] = mapped_column(String(200))
    address_country: Mapped[str] = mapped_column(String(2))
    status: Mapped[CompanyStatus] = mapped_column(words(CompanyStatus))
    registered_at: Mapped[datetime]
    submitted_at: Mapped[datetime]
    """Since when staff may verify it: the registration, or the last correction of a refused one."""
    register_consulted: Mapped[Register | None] = mapped_column(words(Register))
    check_reference: Mapped[str | None] = mapped_column(String(1000))
    checked_on: Mapped[date | None]
    refusal_reason: Mapped[str | None] = mapped_column(String(1000))
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    compliant: Mapped[bool | None]
    compliance_shortcomings: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB)
    compliance_valid_until: Mapped[date | None]
    compliance_assessed_on: Mapped[date | None]
    employs_staff: Mapped[bool | None]
    """What a head declared; absent until then."""

    @classmethod
    def register(cls, profile_type: ProfileType, legal: LegalIdentity, at: datetime) -> Company:
        """A company as its founder declares it, to be verified by staff.

        Raises the refusals of `identifiers.checked` (CO-09, CO-11).
        """
        company = cls(
            id=new_id(),
            version=1,
            kind=KIND_OF[profile_type],
            profile_type=profile_type,
            status=CompanyStatus.TO_VERIFY,
            registered_at=at,
            submitted_at=at,
        )
        company.describe(legal, business_date(at))
        return company

    def describe(self, legal: LegalIdentity, on: date) -> None:
        """Let the company be what the identity says. Raises the refusals of `identifiers.checked`."""
        legal = checked(legal, on)
        self.name, self.search_name = legal.name, normalise(legal.name)
        self.country, self.siret, self.vat_number = legal.country, legal.siret, legal.vat_number
        self.registration_number, self.tax_number = legal.registration_number, legal.tax_number
        self.tax_status, self.special_tax_status = legal.tax_status, legal.special_tax_status
        address = legal.address
        self.line1, self.line2, self.postcode = address.line1, address.line2, address.postcode
        self.city, self.address_country = address.city, address.country

    def correct(self, legal: LegalIdentity, on: date) -> None:
        """Change anything, before staff verified it. Raises IdentityVerified, or as `describe`."""
        require(self.status is not CompanyStatus.VALIDATED, IdentityVerified())
        self.describe(legal, on)

    def change_tax(self, legal: LegalIdentity, on: date) -> None:
        """Stand otherwise towards VAT. Raises as `describe`, or IdentityVerified.

        A company without SIRET is known by its VAT number: once verified, that one changes as a registration does.
        """
        known_by_it = self.siret is None and self.vat_number is not None
        kept = legal.vat_number == self.vat_number
        require(kept or not known_by_it or self.status is not CompanyStatus.VALIDATED, IdentityVerified())
        self.describe(legal, on)

    def submit_again(self, at: datetime) -> None:
        """Ask staff to look at a refused company once more, corrected. Raises IllegalMove."""
        self._move_to(CompanyStatus.TO_VERIFY, CompanyActor.HEAD)
        self.refusal_reason, self.decided_by, self.decided_at, self.submitted_at = None, None, None, at
        self.grow()

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
    def compliance_missing(self) -> list[str]:
        """Which requirements the last assessment found unmet."""
        return [shortcoming["requirement"] for shortcoming in self.compliance_shortcomings or ()]

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
                "registration_number": self.registration_number,
                "tax_number": self.tax_number,
                "special_tax_status": self.special_tax_status,
            }
        )

    def validate(
        self, staff_id: UUID, check: ExistenceCheck, verified: Sequence[Signatory], at: datetime, *, payable: bool
    ) -> CompanyValidated:
        """Record that the company exists and which signatories may engage it (CO-15, CO-16, CO-48).

        `payable` says whether bank details are on file. Raises IllegalMove when it was decided already.
        """
        self._move_to(CompanyStatus.VALIDATED, CompanyActor.STAFF)
        self.register_consulted, self.check_reference = check.register, check.reference
        self.checked_on = check.checked_on
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

    def details_changed(
        self, at: datetime, *, payable: bool, signatories: list[SignatoryFact] | None = None
    ) -> CompanyDetailsChanged | None:
        """The event of a change to what documents show; none before the validation, which tells everything."""
        version = self.grow()
        if self.status is not CompanyStatus.VALIDATED:
            return None
        return CompanyDetailsChanged(
            version=version,
            company_id=self.id,
            legal=self.legal,
            bank_details_on_file=payable,
            verified_signatories=signatories,
            changed_at=at,
        )

    def grow(self) -> int:
        """Count a change; every event of the company carries the count."""
        self.version += 1
        return self.version

    def _move_to(self, target: CompanyStatus, actor: CompanyActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
