from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, UploadFile
from fastapi.responses import Response
from sqlalchemy import select

from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import staff
from chassis.errors import Forbidden, IllegalMove, require
from chassis.http import AlreadyExists, Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import by_rows, checks_compliance, permitted
from company.approvals.domain import Approval, ApprovalExpired, ApprovalKind, OwnProposal
from company.approvals.queries import approval_of
from company.bank.queries import current_account
from company.company import identifiers
from company.company.domain import Company, CompanyExists, CompanyNotFound
from company.company.identifiers import checked
from company.company.queries import refuse_second_registration
from company.downloads import ACCEPTED, FILE_ANSWER, FILE_REFUSALS, FileMissing, download
from company.identity_change import domain
from company.identity_change.domain import IdentityChange, IdentityChangeNotFound, IdentityChangeStatus
from company.notices import tell_heads
from company.words import Number, Prose
from contracts.permissions import Permission
from contracts.roles import ProfileType, StaffScope
from contracts.values import Name, Siret, VatNumber

router = Router("identity changes")
MANAGERS = by_rows(Permission.MANAGE_COMPANY)
MANAGERS_AND_STAFF = replace(MANAGERS, description=f"{MANAGERS.description}, and staff with the scope compliance")
STAFF = staff(StaffScope.COMPLIANCE)


class IdentityChangeView(View):
    """A request, with what it says beside what was so."""

    id: UUID
    company_id: UUID
    status: IdentityChangeStatus
    name: str
    siret: str | None
    registration_number: str | None
    vat_number: str | None
    former_name: str
    former_siret: str | None
    former_registration_number: str | None
    former_vat_number: str | None
    reason: str
    requested_by: UUID
    requested_at: datetime
    decided_at: datetime | None
    remark: str | None
    file_name: str
    media_type: str
    size: int


class Look(Body):
    """What a first person of the staff noticed."""

    remark: Prose | None = None


class Refusal(Body):
    """Why, in words that the company reads."""

    remark: Prose


@router.post(
    "/companies/{company_id}/identity-changes",
    access=MANAGERS,
    status_code=201,
    responses=documented(
        CompanyNotFound,
        Forbidden,
        domain.IdentityNotVerified,
        domain.IdentityChangePending,
        AlreadyExists,
        domain.NothingChanges,
        *identifiers.REFUSALS,
        *FILE_REFUSALS,
    ),
)
async def request_identity_change(
    company_id: UUID,
    *,
    name: Annotated[Name, Form()],
    reason: Annotated[Prose, Form()],
    siret: Annotated[Siret | None, Form()] = None,
    registration_number: Annotated[Number | None, Form()] = None,
    vat_number: Annotated[VatNumber | None, Form()] = None,
    file: UploadFile,
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
) -> IdentityChangeView:
    """Ask staff for another name or registration, with its proof. What is left out becomes empty, except a name."""
    await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    company = await get_or(tx, Company, company_id, CompanyNotFound())
    said = {"name": name, "siret": siret, "registration_number": registration_number, "vat_number": vat_number}
    wanted = checked(company.legal.model_copy(update=said), tx.today)
    change = IdentityChange.request(company, wanted, reason, caller.member_id, tx.now)
    change.attach(await platform.files.keep(file, accept=ACCEPTED))
    await get_locked(tx, Company, company_id, CompanyNotFound())
    require(not await _is_waiting(tx, company_id), domain.IdentityChangePending())
    tx.add(change)
    audit(tx, "identity_change.requested", change.id, company=company_id, proof=change.sha256)
    return IdentityChangeView.model_validate(change)


@router.get(
    "/companies/{company_id}/identity-changes", access=MANAGERS_AND_STAFF, responses=documented(CompanyNotFound)
)
async def list_identity_changes(
    company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep
) -> Page[IdentityChangeView]:
    """What was asked for, newest first; for heads, and staff with the scope compliance."""
    if not checks_compliance(caller):
        await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    query = select(IdentityChange).where(IdentityChange.company_id == company_id)
    return await page_of(tx, query, IdentityChange.id, page, IdentityChangeView.model_validate)


@router.get(
    "/identity-changes/{identity_change_id}/proof",
    access=MANAGERS_AND_STAFF,
    response_class=Response,
    responses=FILE_ANSWER | documented(IdentityChangeNotFound, FileMissing, Forbidden),
)
async def download_proof(identity_change_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """The proof as it was handed over; for heads, and staff with the scope compliance."""
    change = await get_or(tx, IdentityChange, identity_change_id, IdentityChangeNotFound())
    if not checks_compliance(caller):
        await permitted(tx, caller, change.company_id, Permission.MANAGE_COMPANY, IdentityChangeNotFound())
    return await download(change, platform)


@router.post(
    "/staff/identity-changes/{identity_change_id}/proposal",
    access=STAFF,
    responses=documented(IdentityChangeNotFound, IllegalMove, CompanyExists, *identifiers.REFUSALS),
)
async def propose_identity_change(
    identity_change_id: UUID, body: Look, caller: CallerDep, tx: TxDep
) -> IdentityChangeView:
    """Agree as the first of two people of the staff."""
    company, change = await _locked(tx, identity_change_id)
    change.propose()
    said = body.remark or change.reason
    kind = ApprovalKind.IDENTITY_CHANGE
    tx.add(Approval.propose(kind, change.id, company.id, by=caller.member_id, reason=said, at=tx.now))
    audit(tx, "identity_change.proposed", change.id, company=company.id)
    return IdentityChangeView.model_validate(change)


@router.post(
    "/staff/identity-changes/{identity_change_id}/approval",
    access=STAFF,
    responses=documented(
        IdentityChangeNotFound,
        IllegalMove,
        OwnProposal,
        ApprovalExpired,
        CompanyExists,
        AlreadyExists,
        *identifiers.REFUSALS,
    ),
)
async def approve_identity_change(identity_change_id: UUID, caller: CallerDep, tx: TxDep) -> IdentityChangeView:
    """Agree as the second: the company is called so from now on, and everybody who copied it is told."""
    company, change = await _locked(tx, identity_change_id)
    require(change.status is IdentityChangeStatus.PROPOSED, IllegalMove("a first person has to agree before"))
    (await approval_of(tx, change.id)).give(caller.member_id, tx.now)
    change.make(company, tx.now)
    await refuse_second_registration(tx, company)
    changed = company.details_changed(tx.now, payable=await current_account(tx, company.id) is not None)
    if changed is not None:
        emit(tx, changed)
    audit(tx, "company.identity_changed", company.id, change=change.id, **_old_and_new(company, change))
    tell_heads(tx, company, "identity_change_decided", decision="approved", remark="")
    return IdentityChangeView.model_validate(change)


@router.post(
    "/staff/identity-changes/{identity_change_id}/refusal",
    access=STAFF,
    responses=documented(IdentityChangeNotFound, IllegalMove, OwnProposal, ApprovalExpired),
)
async def refuse_identity_change(
    identity_change_id: UUID, body: Refusal, caller: CallerDep, tx: TxDep
) -> IdentityChangeView:
    """Do not make the change, with the reason that the company reads."""
    company, change = await _locked(tx, identity_change_id)
    if change.status is IdentityChangeStatus.PROPOSED:
        (await approval_of(tx, change.id)).refuse(caller.member_id, tx.now, body.remark)
    change.refuse(body.remark, tx.now)
    audit(tx, "identity_change.refused", change.id, company=company.id)
    tell_heads(tx, company, "identity_change_decided", decision="refused", remark=body.remark)
    return IdentityChangeView.model_validate(change)


def _old_and_new(company: Company, change: IdentityChange) -> dict[str, str]:
    """What the trail keeps; a freelance's name is a person's, and stays in the request alone."""
    number, former = (change.siret or change.registration_number), (change.former_siret or "")
    numbers = {"number": number or "none", "former_number": former or change.former_registration_number or "none"}
    if company.profile_type is ProfileType.FREELANCE:
        return numbers
    return numbers | {"name": change.name, "former_name": change.former_name}


async def _is_waiting(tx: Tx, company_id: UUID) -> bool:
    waiting = (IdentityChangeStatus.REQUESTED, IdentityChangeStatus.PROPOSED)
    query = select(IdentityChange.id).where(IdentityChange.company_id == company_id, IdentityChange.status.in_(waiting))
    return (await tx.scalars(query)).first() is not None


async def _locked(tx: Tx, identity_change_id: UUID) -> tuple[Company, IdentityChange]:
    owner = (await get_or(tx, IdentityChange, identity_change_id, IdentityChangeNotFound())).company_id
    company = await get_locked(tx, Company, owner, CompanyNotFound())
    return company, await get_locked(tx, IdentityChange, identity_change_id, IdentityChangeNotFound())
