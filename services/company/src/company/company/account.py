"""A company's account, kept by those who run it: identity, address, tax and billing blocks (CO-09 to CO-11, CO-49)."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field, StringConstraints

from chassis import Tx, audit, emit, get_locked
from chassis.auth import Caller
from chassis.errors import Forbidden, IllegalMove, VersionConflict
from chassis.http import AlreadyExists, Body, CallerDep, Router, TxDep, check_if_match, set_etag
from chassis.problems import documented
from company.affiliation.domain import Affiliation
from company.affiliation.queries import by_rows, permitted
from company.bank.queries import current_account
from company.company import identifiers
from company.company.billing import BillingContact
from company.company.domain import Company, CompanyExists, CompanyNotFound, IdentityVerified
from company.company.queries import refuse_second_registration
from company.company.views import CompanyView, view_for
from company.words import Number
from contracts.company import LegalIdentity, SpecialTaxStatus, TaxStatus
from contracts.permissions import Permission
from contracts.values import CountryCode, Name, PostalAddress, Siret, VatNumber

router = Router("company account")
MANAGERS = by_rows(Permission.MANAGE_COMPANY)

Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$"), Field(description="E.164: +33123456789")]


class IdentityBody(Body):
    """The identity block, while staff have not verified it (CO-09)."""

    name: Name
    country: CountryCode
    siret: Siret | None = None
    registration_number: Number | None = None
    vat_number: VatNumber | None = None
    tax_number: Number | None = None
    tax_status: TaxStatus
    special_tax_status: SpecialTaxStatus | None = None
    address: PostalAddress


class TaxBody(Body):
    """The tax block (CO-11)."""

    vat_number: VatNumber | None = None
    tax_number: Number | None = None
    tax_status: TaxStatus
    special_tax_status: SpecialTaxStatus | None = None


class BillingBody(Body):
    """The billing block (CO-10)."""

    name: Name
    address: PostalAddress
    email: Email
    phone: Phone


_REFUSALS = documented(
    CompanyNotFound, Forbidden, VersionConflict, CompanyExists, AlreadyExists, IdentityVerified, *identifiers.REFUSALS
)


@router.put("/companies/{company_id}/identity", access=MANAGERS, responses=_REFUSALS)
async def correct_identity(
    company_id: UUID, body: IdentityBody, *, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> CompanyView:
    """Correct anything before staff verified it; afterwards name and registration change through staff only."""
    company, own = await _held(tx, caller, company_id, request)
    company.correct(LegalIdentity.model_validate(dict(body)), tx.today)
    await refuse_second_registration(tx, company)
    return await _changed(tx, company, own, "identity", response)


@router.put("/companies/{company_id}/address", access=MANAGERS, responses=_REFUSALS)
async def change_address(
    company_id: UUID, body: PostalAddress, *, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> CompanyView:
    """Where the company is established, from now on."""
    company, own = await _held(tx, caller, company_id, request)
    company.describe(company.legal.model_copy(update={"address": body}), tx.today)
    return await _changed(tx, company, own, "address", response)


@router.put("/companies/{company_id}/tax", access=MANAGERS, responses=_REFUSALS)
async def change_tax(
    company_id: UUID, body: TaxBody, *, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> CompanyView:
    """How the company stands towards VAT, from now on (CO-11)."""
    company, own = await _held(tx, caller, company_id, request)
    company.change_tax(company.legal.model_copy(update=dict(body)), tx.today)
    await refuse_second_registration(tx, company)
    return await _changed(tx, company, own, "tax", response)


@router.put("/companies/{company_id}/billing", access=MANAGERS, responses=_REFUSALS)
async def change_billing(
    company_id: UUID, body: BillingBody, *, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> CompanyView:
    """Where the company's invoices go, from now on (CO-10)."""
    company, own = await _held(tx, caller, company_id, request)
    contact = await tx.get(BillingContact, company_id) or BillingContact(company_id=company_id)
    contact.describe(body.name, body.address, body.email, body.phone)
    contact.changed_by, contact.changed_at = caller.member_id, tx.now
    tx.add(contact)
    company.grow()
    audit(tx, "company.changed", company.id, block="billing", version=company.version)
    await tx.flush()
    set_etag(response, company.version)
    return await view_for(tx, company, own)


@router.post(
    "/companies/{company_id}/resubmission",
    access=MANAGERS,
    responses=documented(CompanyNotFound, Forbidden, CompanyExists, AlreadyExists, IllegalMove),
)
async def submit_again(company_id: UUID, caller: CallerDep, tx: TxDep, request: Request) -> CompanyView:
    """Ask staff to look at a refused company once more, corrected."""
    company, own = await _held(tx, caller, company_id, request)
    await refuse_second_registration(tx, company)
    company.submit_again(tx.now)
    audit(tx, "company.submitted_again", company.id)
    await tx.flush()
    return await view_for(tx, company, own)


async def _held(tx: Tx, caller: Caller, company_id: UUID, request: Request) -> tuple[Company, Affiliation]:
    """The company, locked and as the caller last read it. Raises CompanyNotFound, Forbidden or VersionConflict."""
    own = await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    company = await get_locked(tx, Company, company_id, CompanyNotFound())
    check_if_match(request, company.version)
    return company, own


async def _changed(tx: Tx, company: Company, own: Affiliation, block: str, response: Response) -> CompanyView:
    payable = await current_account(tx, company.id) is not None
    changed = company.details_changed(tx.now, payable=payable)
    if changed is not None:
        emit(tx, changed)
    audit(tx, "company.changed", company.id, block=block, version=company.version)
    await tx.flush()
    set_etag(response, company.version)
    return await view_for(tx, company, own)
