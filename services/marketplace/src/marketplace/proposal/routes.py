"""Answering requests, and choosing among the answers."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict
from sqlalchemy import select

from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import may
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Money
from marketplace.actor import Actor, acting
from marketplace.directory.domain import FrameworkContractMissing, MarketClosedToUnvalidated
from marketplace.directory.queries import admitted_provider, affiliation_of
from marketplace.proposal import notices
from marketplace.proposal.domain import (
    CancellationReason,
    CancellationUnexplained,
    ConsultantAlreadyProposed,
    DailyRateAboveMaximum,
    Proposal,
    ProposalContent,
    ProposalNotFound,
    ProposalStatus,
    Qualification,
    UnknownConsultant,
)
from marketplace.proposal.queries import is_proposed, visible_to
from marketplace.rfp import queries as rfps
from marketplace.rfp.domain import Rfp, RfpAlreadyAwarded, RfpNotFound
from marketplace.values import Prose

router = Router("proposals")


class ProposalBody(ProposalContent, Body):
    """A provider's answer."""


class QualificationBody(Body):
    """The client's opinion."""

    qualification: Qualification


class CancellationBody(Body):
    """Why the provider withdraws; `other` needs a comment."""

    reason: CancellationReason
    comment: Prose | None = None


class ProposalSummary(View):
    """A proposal in a list; its pitch is read by opening it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    status: ProposalStatus
    rfp_id: UUID
    rfp_reference: str
    rfp_title: str
    provider_company_id: UUID
    provider_name: str
    consultant_id: UUID
    consultant_name: str
    daily_rate: Money
    """Price of a day, without VAT."""
    available_on: date
    submitted_at: datetime
    opened_at: datetime | None
    """When the client read it (MK-08)."""
    version: int


class ProposalView(ProposalSummary):
    """A whole proposal."""

    pitch: str
    qualified_at: datetime | None
    retained_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: CancellationReason | None
    cancellation_comment: str | None


@router.post(
    "/rfps/{rfp_id}/proposals",
    access=may(Permission.ANSWER_RFPS),
    status_code=201,
    responses=documented(
        RfpNotFound,
        MarketClosedToUnvalidated,
        FrameworkContractMissing,
        RfpAlreadyAwarded,
        ConsultantAlreadyProposed,
        UnknownConsultant,
        DailyRateAboveMaximum,
    ),
)
async def submit_proposal(rfp_id: UUID, body: ProposalBody, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Answer a published request with one consultant."""
    by = acting(caller)
    provider = await admitted_provider(tx, by.company_id)
    rfp = await get_locked(tx, Rfp, rfp_id, RfpNotFound(), rfps.visible_to(by, tx.today))
    consultant = await affiliation_of(tx, by.company_id, body.consultant_id)
    proposal = Proposal.submit(body, rfp, provider=provider, consultant=consultant, by=by, at=tx.now)
    if await is_proposed(tx, rfp.id, proposal.consultant_id):
        raise ConsultantAlreadyProposed(field="consultant_id")
    tx.add(proposal)
    emit(tx, notices.received(proposal, rfp))
    audit(tx, "proposal.submit", proposal.id, rfp=rfp.reference, consultant=proposal.consultant_id)
    return ProposalView.model_validate(proposal)


@router.get("/rfps/{rfp_id}/proposals", access=may(Permission.READ_PROPOSALS), responses=documented(RfpNotFound))
async def list_received(rfp_id: UUID, page: PageDep, caller: CallerDep, tx: TxDep) -> Page[ProposalSummary]:
    """The answers to one's own request; listing them opens none."""
    actor = acting(caller)
    if await rfps.rfp_of(tx, rfp_id, rfps.visible_to(actor, tx.today)) is None:
        raise RfpNotFound
    received = select(Proposal).where(Proposal.rfp_id == rfp_id, visible_to(actor))
    return await page_of(tx, received, Proposal.id, page, ProposalSummary.model_validate)


@router.get("/proposals", access=may(Permission.ANSWER_RFPS))
async def list_sent(page: PageDep, caller: CallerDep, tx: TxDep) -> Page[ProposalView]:
    """The provider's own proposals, with what became of each (MK-08, MK-11)."""
    sent = select(Proposal).where(visible_to(acting(caller)))
    return await page_of(tx, sent, Proposal.id, page, ProposalView.model_validate)


@router.get("/proposals/{proposal_id}", access=may(Permission.FOLLOW_RFPS), responses=documented(ProposalNotFound))
async def read_proposal(proposal_id: UUID, caller: CallerDep, tx: TxDep) -> ProposalView:
    """One proposal; the client's first reading makes it `ongoing`, and repeating that changes nothing."""
    actor = acting(caller)
    query = select(Proposal).where(Proposal.id == proposal_id, visible_to(actor))
    proposal = (await tx.scalars(query)).one_or_none()
    if proposal is None:
        raise ProposalNotFound
    if actor.buys and proposal.status == ProposalStatus.UNREAD:
        await tx.refresh(proposal, with_for_update=True)
        if proposal.open(actor, tx.now):
            audit(tx, "proposal.open", proposal.id)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/qualification",
    access=may(Permission.RUN_RFPS),
    responses=documented(ProposalNotFound, IllegalMove, RfpAlreadyAwarded),
)
async def qualify_proposal(proposal_id: UUID, body: QualificationBody, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Call an opened proposal interesting or not; the provider is told."""
    by = acting(caller)
    proposal = await _visible(tx, by, proposal_id)
    rfp = await get_or(tx, Rfp, proposal.rfp_id, RfpNotFound())
    if proposal.qualify(body.qualification, rfp, by, tx.now):
        emit(tx, notices.qualified(proposal))
        audit(tx, "proposal.qualify", proposal.id, qualification=proposal.status)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/retention",
    access=may(Permission.RUN_RFPS),
    responses=documented(ProposalNotFound, IllegalMove, RfpAlreadyAwarded),
)
async def retain_proposal(proposal_id: UUID, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Choose an interesting proposal; the request is awarded and the mission can be prepared."""
    by = acting(caller)
    query = select(Proposal.rfp_id).where(Proposal.id == proposal_id, visible_to(by))
    rfp_id = (await tx.scalars(query)).one_or_none()
    if rfp_id is None:
        raise ProposalNotFound
    rfp = await get_locked(tx, Rfp, rfp_id, RfpNotFound())
    proposal = await _visible(tx, by, proposal_id)
    consultant = await affiliation_of(tx, proposal.provider_company_id, proposal.consultant_id)
    emit(tx, proposal.retain(rfp, consultant, by, tx.now))
    emit(tx, notices.retained(proposal))
    audit(tx, "proposal.retain", proposal.id, rfp=proposal.rfp_reference)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/cancellation",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(ProposalNotFound, IllegalMove, CancellationUnexplained),
)
async def cancel_proposal(proposal_id: UUID, body: CancellationBody, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Withdraw a proposal that was not appointed."""
    by = acting(caller)
    proposal = await _visible(tx, by, proposal_id)
    proposal.cancel(body.reason, body.comment, by, tx.now)
    audit(tx, "proposal.cancel", proposal.id, reason=body.reason)
    return ProposalView.model_validate(proposal)


async def _visible(tx: Tx, by: Actor, proposal_id: UUID) -> Proposal:
    return await get_locked(tx, Proposal, proposal_id, ProposalNotFound(), visible_to(by))
