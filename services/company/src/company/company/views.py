"""What answers show of a company, depending on who looks."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from chassis import Tx
from chassis.http import View
from company.affiliation.domain import Affiliation
from company.bank.queries import current_account
from company.bank.views import BankView, MaskedAccount
from company.company.billing import BillingContact
from company.company.domain import Company, CompanyStatus
from company.company.existence import Register
from company.company.signatory import Signatory
from contracts.company import SpecialTaxStatus, TaxStatus
from contracts.roles import HEADS, CompanyKind, Role, SignatoryCapacity
from contracts.values import PostalAddress


class FoundCompany(View):
    """What any member may learn about a company, in order to join it."""

    id: UUID
    name: str
    city: str
    kind: CompanyKind


class SignatoryView(View):
    """Who declared to be empowered, and whether staff verified it."""

    id: UUID
    member_id: UUID
    capacity: SignatoryCapacity
    verified: bool
    refusal_reason: str | None


class VerificationView(View):
    """How staff decided; shown to staff."""

    register_consulted: Register | None = Field(serialization_alias="register")
    check_reference: str | None = Field(serialization_alias="reference")
    checked_on: date | None
    decided_by: UUID
    decided_at: datetime


class BillingView(View):
    """Where the company's invoices go (CO-10)."""

    name: str
    address: PostalAddress
    email: str
    phone: str


class CompanyView(View):
    """A company as its own members and staff see it."""

    id: UUID
    kind: CompanyKind
    name: str
    country: str
    siret: str | None
    registration_number: str | None = Field(description="The register's number abroad")
    vat_number: str | None
    tax_number: str | None
    tax_status: TaxStatus
    special_tax_status: SpecialTaxStatus | None
    address: PostalAddress
    status: CompanyStatus
    registered_at: datetime
    refusal_reason: str | None
    signatories: list[SignatoryView]
    bank_details_on_file: bool
    bank: BankView | None = Field(description="Shown to heads of the company only")
    billing: BillingView | None = Field(description="Shown to heads of the company only")
    account_on_file: MaskedAccount | None = Field(description="Shown to staff, who compare its holder")
    role: Role | None = Field(description="The caller's own role; absent for staff")
    verification: VerificationView | None = Field(description="Shown to staff only")


class CompanyToCheck(View):
    """A line of the staff's list."""

    id: UUID
    kind: CompanyKind
    name: str
    country: str
    siret: str | None
    registration_number: str | None
    vat_number: str | None
    status: CompanyStatus
    registered_at: datetime


async def signatories_of(tx: Tx, company_id: UUID) -> list[Signatory]:
    """Everyone who declared to be empowered, in the order of their declarations."""
    query = select(Signatory).where(Signatory.company_id == company_id).order_by(Signatory.id)
    return list((await tx.scalars(query)).all())


async def view_for(tx: Tx, company: Company, affiliation: Affiliation | None) -> CompanyView:
    """The company for one of its members, or for staff when there is no affiliation."""
    account = await current_account(tx, company.id)
    billing = await tx.get(BillingContact, company.id)
    is_head = affiliation is not None and affiliation.role in HEADS
    decided = affiliation is None and company.decided_at is not None
    return CompanyView(
        id=company.id,
        kind=company.kind,
        name=company.name,
        country=company.country,
        siret=company.siret,
        registration_number=company.registration_number,
        vat_number=company.vat_number,
        tax_number=company.tax_number,
        tax_status=company.tax_status,
        special_tax_status=company.special_tax_status,
        address=company.address,
        status=company.status,
        registered_at=company.registered_at,
        refusal_reason=company.refusal_reason,
        signatories=[SignatoryView.model_validate(s) for s in await signatories_of(tx, company.id)],
        bank_details_on_file=account is not None,
        bank=BankView.model_validate(account) if account and is_head else None,
        billing=BillingView.model_validate(billing) if billing and is_head else None,
        account_on_file=MaskedAccount.of(account) if account and affiliation is None else None,
        role=affiliation.role if affiliation else None,
        verification=VerificationView.model_validate(company) if decided else None,
    )
