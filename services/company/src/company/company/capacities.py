"""Who may sign for a company: colleagues declare it with a proof, staff verify it (CO-07, CO-48)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Form, UploadFile
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select

from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import staff
from chassis.errors import Forbidden
from chassis.files import StoredFile, attachment
from chassis.http import AlreadyExists, Body, CallerDep, PlatformDep, Router, TxDep
from chassis.problems import documented
from company.affiliation.queries import by_rows, permitted
from company.bank.queries import current_account
from company.company.domain import Company, CompanyNotFound
from company.company.existence import CheckedInTheFuture, ExistenceCheck, Register
from company.company.signatory import CapacityVerified, NotEmpowered, Signatory, SignatoryNotFound
from company.company.views import SignatoryView, signatories_of
from company.downloads import ACCEPTED, FILE_ANSWER, FILE_REFUSALS, FileMissing
from company.notices import tell_member
from company.words import Prose
from contracts.permissions import Permission
from contracts.roles import SignatoryCapacity, StaffScope

router = Router("signatories")
COLLEAGUES = by_rows(Permission.BELONG)
STAFF = staff(StaffScope.COMPLIANCE)


class VerifyCapacity(Body):
    """Where the capacity was looked up, what it is filed under there, on which day."""

    register_consulted: Annotated[Register, Field(alias="register")]
    reference: Prose
    checked_on: date


class RefuseCapacity(Body):
    """Why, in words that the member will read."""

    reason: Prose


@router.post(
    "/companies/{company_id}/signatories",
    access=COLLEAGUES,
    status_code=201,
    responses=documented(CompanyNotFound, NotEmpowered, CapacityVerified, AlreadyExists, *FILE_REFUSALS),
)
async def declare_capacity(
    company_id: UUID,
    *,
    capacity: Annotated[SignatoryCapacity, Form()],
    empowered: Annotated[bool, Form(description="I am empowered to engage this company")],
    file: UploadFile,
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
) -> SignatoryView:
    """Declare by what right one engages one's company, with its proof; staff verify it."""
    await permitted(tx, caller, company_id, Permission.BELONG)
    stored = await platform.files.keep(file, accept=ACCEPTED)
    own = select(Signatory).where(Signatory.company_id == company_id, Signatory.member_id == caller.member_id)
    signatory = (await tx.scalars(own.with_for_update())).one_or_none()
    if signatory is None:
        signatory = Signatory.declare(company_id, caller.member_id, capacity, tx.now, empowered=empowered)
        tx.add(signatory)
    else:
        signatory.declare_again(capacity, tx.now, empowered=empowered)
    signatory.prove(stored)
    audit(tx, "capacity.declared", signatory.id, company=company_id, capacity=capacity, proof=stored.sha256)
    return SignatoryView.model_validate(signatory)


@router.get(
    "/staff/signatories/{signatory_id}/proof",
    access=STAFF,
    response_class=Response,
    responses=FILE_ANSWER | documented(SignatoryNotFound, FileMissing, Forbidden),
)
async def download_capacity_proof(signatory_id: UUID, tx: TxDep, platform: PlatformDep) -> Response:
    """The proof as it was handed over."""
    found = await get_or(tx, Signatory, signatory_id, SignatoryNotFound())
    if not (found.file_key and found.file_name and found.media_type and found.sha256):
        raise FileMissing
    stored = StoredFile(found.file_key, found.file_name, found.media_type, found.sha256, found.size or 0)
    return attachment(stored, await platform.files.read(stored.key))


@router.post(
    "/staff/signatories/{signatory_id}/verification",
    access=STAFF,
    responses=documented(SignatoryNotFound, CapacityVerified, CheckedInTheFuture),
)
async def verify_capacity(signatory_id: UUID, body: VerifyCapacity, caller: CallerDep, tx: TxDep) -> SignatoryView:
    """State that the member may engage the company; they may sign from now on."""
    company, signatory = await _locked(tx, signatory_id)
    check = ExistenceCheck.made(body.register_consulted, body.reference, body.checked_on, tx.today)
    signatory.confirm(caller.member_id, check, tx.now)
    await _tell(tx, company, signatory, "verified", "")
    audit(tx, "capacity.verified", signatory.id, company=company.id, register=check.register)
    return SignatoryView.model_validate(signatory)


@router.post("/staff/signatories/{signatory_id}/refusal", access=STAFF, responses=documented(SignatoryNotFound))
async def refuse_capacity(signatory_id: UUID, body: RefuseCapacity, caller: CallerDep, tx: TxDep) -> SignatoryView:
    """State that the member may not, or may no longer, engage the company."""
    company, signatory = await _locked(tx, signatory_id)
    signatory.deny(caller.member_id, body.reason, tx.now)
    await _tell(tx, company, signatory, "refused", body.reason)
    audit(tx, "capacity.refused", signatory.id, company=company.id)
    return SignatoryView.model_validate(signatory)


async def _tell(tx: Tx, company: Company, signatory: Signatory, decision: str, remark: str) -> None:
    """Let contracts know who may sign now, and the member what staff found."""
    payable = await current_account(tx, company.id) is not None
    now_verified = [one.as_fact() for one in await signatories_of(tx, company.id) if one.verified]
    changed = company.details_changed(tx.now, payable=payable, signatories=now_verified)
    if changed is not None:
        emit(tx, changed)
    tell_member(tx, signatory.member_id, company, "capacity_decided", decision=decision, remark=remark)


async def _locked(tx: Tx, signatory_id: UUID) -> tuple[Company, Signatory]:
    owner = (await get_or(tx, Signatory, signatory_id, SignatoryNotFound())).company_id
    company = await get_locked(tx, Company, owner, CompanyNotFound())
    return company, await get_locked(tx, Signatory, signatory_id, SignatoryNotFound())
