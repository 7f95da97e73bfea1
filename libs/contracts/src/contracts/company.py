"""Events of the company service."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event
from contracts.identifiers import Bic, Iban
from contracts.roles import CompanyKind, Role, SignatoryCapacity
from contracts.values import CountryCode, Name, PostalAddress, Siret, Value, VatNumber


class TaxStatus(StrEnum):
    """How a company stands towards VAT."""

    VAT_LIABLE = "vat_liable"
    VAT_EXEMPT = "vat_exempt"


class SpecialTaxStatus(StrEnum):
    """A regime of its own, which the identity shows beside the tax status (CO-11)."""

    FRANCHISE_EN_BASE = "franchise_en_base"
    """French small business: no VAT is charged (CGI, article 293 B)."""
    AUTO_ENTREPRENEUR = "auto_entrepreneur"
    """French micro-enterprise; most, not all, are below the VAT threshold as well."""
    SMALL_BUSINESS_SCHEME = "small_business_scheme"
    """Exempt by another member state's scheme (directive 2006/112/EC, article 284)."""
    REVERSE_CHARGE = "reverse_charge"
    """Established abroad: the customer accounts for the VAT (CGI, article 283-2)."""


class Signatory(Value):
    """A member and the capacity by which they engage the company."""

    member_id: UUID
    capacity: SignatoryCapacity


class LegalIdentity(Value):
    """What contracts and invoices must show of a company."""

    name: Name
    """The legal name."""
    country: CountryCode
    """Where the company is established, ISO 3166-1 alpha-2."""
    siret: Siret | None
    vat_number: VatNumber | None
    tax_status: TaxStatus
    address: PostalAddress
    registration_number: Annotated[str, Field(max_length=60)] | None = None
    """Abroad: the number in the register of companies, as the country writes it."""
    tax_number: Annotated[str, Field(max_length=40)] | None = None
    """Outside the EU: the number under which the company pays VAT or what stands for it."""
    special_tax_status: SpecialTaxStatus | None = None
    """Absent when nothing special applies."""


class CompanyRegistered(Event, type="company.CompanyRegistered.v1", subject="company_id"):
    """A member who declared to be empowered created a company; nobody has checked it yet (CO-07)."""

    company_id: UUID
    kind: CompanyKind
    name: Name
    """The legal name."""
    country: CountryCode
    """Where the company is established, ISO 3166-1 alpha-2."""
    signatories: list[Signatory]
    """Who declared to be empowered, and by what right."""
    registered_at: datetime


class CompanyValidated(Event, type="company.CompanyValidated.v1", subject="company_id"):
    """Staff checked that the company exists and who may sign for it (CO-15, CO-16, CO-48)."""

    company_id: UUID
    kind: CompanyKind
    legal: LegalIdentity
    verified_signatories: list[Signatory]
    """Who may sign for the company, once checked."""
    bank_details_on_file: bool
    """Whether the company can be paid."""
    validated_at: datetime


class CompanyDetailsChanged(Event, type="company.CompanyDetailsChanged.v1", subject="company_id"):
    """What documents show of a validated company, or whether it can be paid, changed."""

    company_id: UUID
    legal: LegalIdentity
    bank_details_on_file: bool
    """Whether the company can be paid."""
    verified_signatories: list[Signatory] | None = None
    """Who may sign from now on, all of them; absent when that did not change (CO-48)."""
    changed_at: datetime


class AffiliationGranted(Event, type="company.AffiliationGranted.v1", subject="affiliation_id"):
    """A member acts for a company from now on, in this role (CO-03)."""

    affiliation_id: UUID
    member_id: UUID
    display_name: Name
    """The member's name as colleagues see it."""
    company_id: UUID
    company_kind: CompanyKind
    role: Role
    granted_at: datetime


class AffiliationChanged(Event, type="company.AffiliationChanged.v1", subject="affiliation_id"):
    """A head gave a colleague another role, which holds at once (ID-09)."""

    affiliation_id: UUID
    member_id: UUID
    company_id: UUID
    company_kind: CompanyKind
    role: Role
    """The role from now on."""
    changed_at: datetime


class AffiliationEnded(Event, type="company.AffiliationEnded.v1", subject="affiliation_id"):
    """A member no longer acts for the company: they left, were removed, or their account is gone (ID-38, CO-23)."""

    affiliation_id: UUID
    member_id: UUID
    company_id: UUID
    ended_at: datetime


class SupervisionChanged(Event, type="company.SupervisionChanged.v1", subject="affiliation_id"):
    """Which consultants a sales manager supervises: theirs are the only missions they see (CO-05)."""

    affiliation_id: UUID
    """The sales manager's."""
    member_id: UUID
    company_id: UUID
    consultants: list[UUID]
    """Members supervised from now on, all of them."""
    changed_at: datetime


class BankDetailsChanged(Event, type="company.BankDetailsChanged.v1", subject="company_id"):
    """An approved account takes effect; what was invoiced before keeps its own (CO-45)."""

    company_id: UUID
    bank_details_id: UUID
    holder: Name
    """Whose account it is."""
    iban: Iban | None
    bic: Bic | None
    bank_code: str | None = None
    """Where there are no IBANs: the bank."""
    account_number: str | None = None
    """Where there are no IBANs: the account."""
    effective_at: datetime


class SupplierReferenced(Event, type="company.SupplierReferenced.v1", subject="reference_id"):
    """A client put a provider on one of its lists (CO-26)."""

    reference_id: UUID
    client_company_id: UUID
    provider_company_id: UUID
    list_id: UUID
    list_name: Name
    """What the client calls the list."""
    preferred: bool
    """Whether the list sees requests for proposals before the market does."""
    referenced_at: datetime


class SupplierDereferenced(Event, type="company.SupplierDereferenced.v1", subject="reference_id"):
    """A client took a provider off a list (CO-26)."""

    reference_id: UUID
    client_company_id: UUID
    provider_company_id: UUID
    list_id: UUID
    dereferenced_at: datetime


class EntityChanged(Event, type="company.EntityChanged.v1", subject="entity_id"):
    """A client added a part of itself, or described one anew (domain facts 1.3)."""

    entity_id: UUID
    company_id: UUID
    name: Name
    legal: bool
    """Whether it is an establishment with a SIRET of its own."""
    parent_id: UUID | None
    """The entity above, if any."""
    active: bool
    """Whether requests and budgets may still be for it."""
    responsible_id: UUID | None
    substitute_id: UUID | None
    presentation: Annotated[str, Field(max_length=1000)] | None = None
    """Opens the context of its requests for proposals."""
    changed_at: datetime


class ShortcomingReason(StrEnum):
    """Why a required document does not count."""

    ABSENT = "absent"
    AWAITING_REVIEW = "awaiting_review"
    REFUSED = "refused"
    EXPIRED = "expired"


class Shortcoming(Value):
    """One thing that is missing, and why."""

    requirement: str
    """The type of document that is asked for."""
    reason: ShortcomingReason


class ComplianceChanged(Event, type="company.ComplianceChanged.v1", subject="company_id"):
    """The outcome of the documents' review changed (CO-37, CT-11).

    `missing` names each document type that is absent, refused or expired; `valid_until` is the last day on
    which everything still holds, absent while something is missing or nothing expires.
    """

    company_id: UUID
    compliant: bool
    """Whether every required document is present, accepted and in date."""
    missing: list[str]
    """Types of the documents that are absent, refused or expired."""
    valid_until: date | None
    """The last day on which everything still holds."""
    changed_at: datetime
    shortcomings: list[Shortcoming] = Field(default_factory=list)
    """The same as `missing`, each with its reason."""
