"""Reading, signing and revoking the self-billing mandate."""

import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select

from billing.directory.companies import Company, CompanyNotValidated
from billing.own import OwnDep
from billing.self_billing.mandate import (
    Mandate,
    MandateDraft,
    MandateInForce,
    MandateNotAccepted,
    MandateNotFound,
    MandateRevoked,
    MandateTextChanged,
    NotASeller,
    check_signature,
    draft,
)
from billing.self_billing.paper import mandate_paper
from billing.self_billing.queries import mandate_in_force, withdraw_specimens
from billing.self_billing.texts import mandate_text_on
from billing.settings import BillingSettings
from chassis import Tx, audit, get_locked, get_or
from chassis.auth import StepUpRequired, may
from chassis.documents import PDF_ANSWER, pdf_download
from chassis.errors import require
from chassis.files import FileMissing
from chassis.http import AlreadyExists, Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.roles import SignatoryCapacity
from contracts.values import Name

router = Router("self-billing mandates")
MANAGING = may(Permission.MANAGE_BILLING)


class MandateTextView(View):
    """What would be signed today."""

    version: str
    title: str
    text: str
    sha256: str
    contest_days: int


class MandateBody(Body):
    """The signature: which text, the ticked box, and who signs by what right."""

    text_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    accepted: bool
    name: Name
    capacity: SignatoryCapacity


class MandateView(View):
    """A mandate that the company gave."""

    id: UUID
    text_version: str
    text_sha256: str
    contest_days: int
    signatory_name: str
    signatory_capacity: SignatoryCapacity
    signed_at: datetime
    revoked_at: datetime | None
    file_sha256: str


@router.get("/self-billing-mandate-text", access=MANAGING, responses=documented(CompanyNotValidated))
async def read_mandate_text(caller: CallerDep, tx: TxDep, own: OwnDep) -> MandateTextView:
    """The mandate with both parties' names, to read before signing."""
    return MandateTextView.model_validate(await _shown(tx, caller.company, own.settings))


@router.post(
    "/self-billing-mandates",
    access=MANAGING,
    status_code=201,
    responses=documented(
        StepUpRequired,
        NotASeller,
        CompanyNotValidated,
        MandateInForce,
        MandateNotAccepted,
        MandateTextChanged,
        AlreadyExists,
    ),
)
async def sign_mandate(
    body: MandateBody, *, caller: CallerDep, tx: TxDep, own: OwnDep, platform: PlatformDep, request: Request
) -> MandateView:
    """Sign: from now on the platform may write the company's invoices (BL-04)."""
    caller.require_recent_proof(tx.now)
    shown = await _shown(tx, caller.company, own.settings)
    check_signature(shown, sha256=body.text_sha256, accepted=body.accepted, kind=caller.company_kind)
    require(await mandate_in_force(tx, caller.company) is None, MandateInForce())
    mandate = Mandate.sign(
        caller.company,
        shown,
        by=caller.member_id,
        name=body.name,
        capacity=body.capacity,
        network_address=request.client.host if request.client else None,
        at=tx.now,
    )
    paper = await mandate_paper(mandate)
    mandate.keep_file(await platform.files.put_made(paper), hashlib.sha256(paper).hexdigest())
    tx.add(mandate)
    audit(tx, "mandate.sign", mandate.id, version=mandate.text_version, sha256=mandate.text_sha256)
    return MandateView.model_validate(mandate)


@router.get("/self-billing-mandates", access=MANAGING)
async def list_mandates(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[MandateView]:
    """What the company signed, newest first."""
    query = select(Mandate).where(Mandate.company_id == caller.company)
    return await page_of(tx, query, Mandate.id, page, MandateView.model_validate)


@router.get("/self-billing-mandates/{mandate_id}", access=MANAGING, responses=documented(MandateNotFound))
async def read_mandate(mandate_id: UUID, caller: CallerDep, tx: TxDep) -> MandateView:
    """One mandate of the company."""
    return MandateView.model_validate(await _own(tx, mandate_id, caller.company))


@router.get(
    "/self-billing-mandates/{mandate_id}/file",
    access=MANAGING,
    response_class=Response,
    responses=PDF_ANSWER | documented(MandateNotFound, FileMissing),
)
async def read_mandate_file(mandate_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """The signed document, byte for byte."""
    mandate = await _own(tx, mandate_id, caller.company)
    return pdf_download(f"mandat-{mandate.text_version}.pdf", await platform.files.read(mandate.file_key))


@router.post(
    "/self-billing-mandates/{mandate_id}/revocation",
    access=MANAGING,
    responses=documented(MandateNotFound, MandateRevoked),
)
async def revoke_mandate(mandate_id: UUID, caller: CallerDep, tx: TxDep) -> MandateView:
    """Revoke it for the future: invoices issued stay, specimens that nobody validated are taken back."""
    mandate = await get_locked(tx, Mandate, mandate_id, MandateNotFound(), Mandate.company_id == caller.company)
    mandate.revoke(caller.member_id, tx.now)
    await withdraw_specimens(tx, caller.company)
    audit(tx, "mandate.revoke", mandate.id)
    return MandateView.model_validate(mandate)


async def _shown(tx: Tx, company_id: UUID, own: BillingSettings) -> MandateDraft:
    company = await get_or(tx, Company, company_id, CompanyNotValidated())
    return draft(mandate_text_on(tx.today), company.identity, own)


async def _own(tx: Tx, mandate_id: UUID, company_id: UUID) -> Mandate:
    mine = select(Mandate).where(Mandate.id == mandate_id, Mandate.company_id == company_id)
    found = (await tx.scalars(mine)).one_or_none()
    if found is None:
        raise MandateNotFound
    return found
