from uuid import UUID

from fastapi import Response
from pydantic import Field

from chassis import audit, emit
from chassis.auth import MEMBER
from chassis.http import AlreadyExists, Body, CallerDep, Router, TxDep, set_etag
from chassis.problems import documented
from company.affiliation.domain import FOUNDER_ROLE, Affiliation, AlreadyAffiliated
from company.affiliation.queries import by_rows, checks_compliance, permitted, unaffiliated_member
from company.bank.domain import REFUSALS as ACCOUNT_REFUSALS
from company.bank.queries import record_account
from company.bank.routes import BankBody
from company.company import identifiers
from company.company.domain import Company, CompanyExists, CompanyNotFound
from company.company.queries import refuse_second_registration
from company.company.signatory import NotEmpowered, Signatory
from company.company.views import CompanyView, view_for
from company.directory.domain import ProfileNotKnownYet
from company.words import Number
from contracts.company import LegalIdentity, SpecialTaxStatus, TaxStatus
from contracts.permissions import Permission
from contracts.roles import SignatoryCapacity
from contracts.values import CountryCode, Name, PostalAddress, Siret, VatNumber

router = Router("companies")


class RegisterCompany(Body):
    """What a founder declares about the company, and about themselves (CO-07, CO-09, CO-11, CO-13)."""

    name: Name
    country: CountryCode
    siret: Siret | None = None
    registration_number: Number | None = Field(default=None, description="Abroad: as GET /countries describes it")
    vat_number: VatNumber | None = None
    tax_number: Number | None = Field(default=None, description="Outside the EU: as GET /countries describes it")
    tax_status: TaxStatus
    special_tax_status: SpecialTaxStatus | None = None
    address: PostalAddress
    capacity: SignatoryCapacity
    empowered: bool = Field(description="I am empowered to engage this company")
    bank: BankBody | None = Field(default=None, description="May be given later")

    def legal(self) -> LegalIdentity:
        """The part that documents show."""
        return LegalIdentity.model_validate(dict(self), extra="ignore")


_REFUSALS = documented(
    ProfileNotKnownYet,
    AlreadyAffiliated,
    CompanyExists,
    AlreadyExists,
    NotEmpowered,
    *identifiers.REFUSALS,
    *ACCOUNT_REFUSALS,
)


@router.post("/companies", access=MEMBER, status_code=201, responses=_REFUSALS)
async def register_company(body: RegisterCompany, caller: CallerDep, tx: TxDep, response: Response) -> CompanyView:
    """Create one's company; its kind and one's role in it follow from one's profile type."""
    member = await unaffiliated_member(tx, caller.member_id)
    company = Company.register(member.profile_type, body.legal(), tx.now)
    signatory = Signatory.declare(company.id, member.member_id, body.capacity, tx.now, empowered=body.empowered)
    account = body.bank.account(tx) if body.bank else None
    await refuse_second_registration(tx, company)
    tx.add(company)
    await tx.flush()
    role = FOUNDER_ROLE[member.profile_type]
    affiliation, granted = Affiliation.grant(member.member_id, member.display_name, company, role, tx.now)
    tx.add_all([signatory, affiliation])
    emit(tx, company.registered([signatory]))
    emit(tx, granted)
    audit(tx, "company.registered", company.id, kind=company.kind, capacity=body.capacity, empowered=True)
    audit(tx, "affiliation.granted", affiliation.id, member=member.member_id, company=company.id, role=role)
    if account is not None:
        await record_account(tx, company, account, caller.member_id, tx.now)
    await tx.flush()
    set_etag(response, company.version)
    return await view_for(tx, company, affiliation)


@router.get(
    "/companies/{company_id}", access=by_rows(Permission.BELONG, or_staff=True), responses=documented(CompanyNotFound)
)
async def read_company(company_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> CompanyView:
    """A company, for its own members and for staff."""
    affiliation = None if checks_compliance(caller) else await permitted(tx, caller, company_id, Permission.BELONG)
    company = await tx.get(Company, company_id)
    if company is None:
        raise CompanyNotFound
    set_etag(response, company.version)
    return await view_for(tx, company, affiliation)
