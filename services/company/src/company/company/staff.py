"""What staff do with companies: look them up, validate, refuse (CO-15, CO-16, CO-48)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import select

from chassis import audit, emit, get_locked
from chassis.auth import staff
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.bank.queries import current_account
from company.company.domain import Company, CompanyNotFound, CompanyStatus
from company.company.existence import CheckedInTheFuture, ExistenceCheck, Register
from company.company.signatory import NotADeclaredSignatory, verify
from company.company.views import CompanyToCheck, CompanyView, signatories_of, view_for
from company.compliance.assessment import reassess
from company.compliance.queries import documents_of
from company.notices import tell_heads
from company.words import Prose
from contracts.roles import StaffScope

router = Router("staff")
STAFF = staff(StaffScope.COMPLIANCE)


class ValidateCompany(Body):
    """What was looked at, when, and who may sign for the company."""

    register_consulted: Annotated[Register, Field(alias="register")]
    reference: Prose
    checked_on: date
    verified_signatories: Annotated[list[UUID], Field(min_length=1, max_length=50)]


class RefuseCompany(Body):
    """Why, in words that the company will read."""

    reason: Prose


@router.get("/staff/companies", access=STAFF)
async def list_companies(
    tx: TxDep, page: PageDep, status: Annotated[CompanyStatus, Query()] = CompanyStatus.TO_VERIFY
) -> Page[CompanyToCheck]:
    """Companies in one status, those that wait longest first."""
    query = select(Company).where(Company.status == status)
    return await page_of(tx, query, Company.id, page, CompanyToCheck.model_validate, oldest_first=True)


@router.post(
    "/companies/{company_id}/validation",
    access=STAFF,
    responses=documented(CompanyNotFound, IllegalMove, CheckedInTheFuture, NotADeclaredSignatory),
)
async def validate_company(company_id: UUID, body: ValidateCompany, caller: CallerDep, tx: TxDep) -> CompanyView:
    """State that the company exists and who may engage it; its documents count from now on."""
    company = await get_locked(tx, Company, company_id, CompanyNotFound())
    check = ExistenceCheck.made(body.register_consulted, body.reference, body.checked_on, tx.today)
    verified = verify(await signatories_of(tx, company_id), body.verified_signatories, tx.now)
    account = await current_account(tx, company_id)
    emit(tx, company.validate(caller.member_id, check, verified, tx.now, payable=account is not None))
    if account is not None:
        emit(tx, account.takes_effect(company, account.since))
    first = reassess(company, await documents_of(tx, company_id), tx.today, tx.now)
    if first is not None:
        emit(tx, first)
    evidence = {"register": check.register, "checked_on": check.checked_on}
    audit(tx, "company.validated", company_id, **evidence, signatories=body.verified_signatories)
    tell_heads(tx, company, "company_validated")
    return await view_for(tx, company, None)


@router.post("/companies/{company_id}/refusal", access=STAFF, responses=documented(CompanyNotFound, IllegalMove))
async def refuse_company(company_id: UUID, body: RefuseCompany, caller: CallerDep, tx: TxDep) -> CompanyView:
    """Refuse the company, with the reason that its head will read."""
    company = await get_locked(tx, Company, company_id, CompanyNotFound())
    company.refuse(caller.member_id, body.reason, tx.now)
    audit(tx, "company.refused", company_id)
    tell_heads(tx, company, "company_refused", reason=body.reason)
    return await view_for(tx, company, None)
