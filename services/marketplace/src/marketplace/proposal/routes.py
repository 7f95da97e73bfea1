"""Answering requests, changing and withdrawing the answers, and reading them."""

from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select, true

from chassis import audit, emit, get_locked
from chassis.auth import may
from chassis.errors import IllegalMove, VersionConflict
from chassis.http import CallerDep, PlatformDep, Router, TxDep, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit_provider
from marketplace.actor import acting
from marketplace.clause.domain import ClausesNotAccepted
from marketplace.directory.queries import affiliation_of
from marketplace.proposal import notices
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.proposal.queries import IN_TAB, held, held_with_rfp, is_proposed, seen, visible_to
from marketplace.proposal.refusals import (
    CancellationUnexplained,
    ConsultantAlreadyProposed,
    ConsultantOrCandidate,
    DailyRateAboveMaximum,
    DailyRateNotEditable,
    ExtensionNotEditable,
    NotACandidate,
    ProposalNotFound,
    UnknownConsultant,
)
from marketplace.proposal.tabs import Tab
from marketplace.proposal.views import CancellationBody, ConsultantBody, ProposalBody, ProposalSummary, ProposalView
from marketplace.rfp import queries as rfps
from marketplace.rfp.domain import Rfp
from marketplace.rfp.refusals import RfpAlreadyAwarded, RfpClosed, RfpNotFound
from marketplace.spam.domain import AnsweringBlocked
from marketplace.spam.queries import check_may_answer

router = Router("proposals")

_CONTENT = (
    RfpAlreadyAwarded,
    RfpClosed,
    ConsultantAlreadyProposed,
    ConsultantOrCandidate,
    UnknownConsultant,
    DailyRateAboveMaximum,
    ClausesNotAccepted,
)


@router.post(
    "/rfps/{rfp_id}/proposals",
    access=may(Permission.ANSWER_RFPS),
    status_code=201,
    responses=documented(RfpNotFound, *MARKET_CLOSED, AnsweringBlocked, *_CONTENT),
)
async def submit_proposal(
    rfp_id: UUID, body: ProposalBody, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> ProposalView:
    """Answer a published request with one consultant, or a candidate who is to become one."""
    by = acting(caller)
    await check_may_answer(tx, by.member_id, platform.own)
    provider = await admit_provider(tx, by)
    rfp = await get_locked(tx, Rfp, rfp_id, RfpNotFound(), rfps.visible_to(by, tx.today))
    consultant = await affiliation_of(tx, by.company_id, body.consultant_id) if body.consultant_id else None
    proposal = Proposal.submit(body, rfp, provider=provider, consultant=consultant, by=by, at=tx.now)
    if await is_proposed(tx, rfp.id, proposal.consultant_id):
        raise ConsultantAlreadyProposed(field="consultant_id")
    tx.add(proposal)
    emit(tx, notices.submitted(proposal, tx.now))
    emit(tx, notices.received(proposal, rfp))
    audit(tx, "proposal.submit", proposal.id, rfp=rfp.reference, consultant=proposal.consultant_id)
    return ProposalView.model_validate(proposal)


@router.put(
    "/proposals/{proposal_id}",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(
        ProposalNotFound, VersionConflict, IllegalMove, DailyRateNotEditable, ExtensionNotEditable, *_CONTENT
    ),
)
async def edit_proposal(
    proposal_id: UUID, body: ProposalBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> ProposalView:
    """Replace what is offered, every clause ticked anew; the client's opinion starts over (MK-09)."""
    by = acting(caller)
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    check_if_match(request, proposal.version)
    offered = proposal.consultant_id
    consultant = await affiliation_of(tx, by.company_id, body.consultant_id) if body.consultant_id else None
    proposal.edit(body, rfp, consultant=consultant, by=by, at=tx.now)
    if await is_proposed(tx, rfp.id, proposal.consultant_id, but=proposal.id):
        raise ConsultantAlreadyProposed(field="consultant_id")
    if proposal.consultant_id != offered:
        emit(tx, notices.submitted(proposal, tx.now))
    emit(tx, notices.changed(proposal, rfp, "edited"))
    audit(tx, "proposal.edit", proposal.id, version=proposal.version, consultant=proposal.consultant_id)
    set_etag(response, proposal.version)
    return ProposalView.model_validate(proposal)


@router.put(
    "/proposals/{proposal_id}/consultant",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(ProposalNotFound, NotACandidate, UnknownConsultant, ConsultantAlreadyProposed, IllegalMove),
)
async def name_consultant(
    proposal_id: UUID, body: ConsultantBody, caller: CallerDep, tx: TxDep, response: Response
) -> ProposalView:
    """The candidate has become a member of the company: name them; the retention needs it."""
    by = acting(caller)
    proposal = await held(tx, by, proposal_id)
    proposal.name_consultant(await affiliation_of(tx, by.company_id, body.consultant_id))
    if await is_proposed(tx, proposal.rfp_id, proposal.consultant_id, but=proposal.id):
        raise ConsultantAlreadyProposed(field="consultant_id")
    emit(tx, notices.submitted(proposal, tx.now))
    audit(tx, "proposal.name_consultant", proposal.id, consultant=proposal.consultant_id)
    set_etag(response, proposal.version)
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
async def list_sent(
    page: PageDep, caller: CallerDep, tx: TxDep, tab: Tab | None = Query(default=None, description="One of the four")
) -> Page[ProposalView]:
    """The provider's own proposals, with what became of each (MK-08, MK-10, MK-11)."""
    sent = select(Proposal).where(visible_to(acting(caller)), IN_TAB[tab] if tab else true())
    return await page_of(tx, sent, Proposal.id, page, ProposalView.model_validate)


@router.get("/proposals/{proposal_id}", access=may(Permission.FOLLOW_RFPS), responses=documented(ProposalNotFound))
async def read_proposal(proposal_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> ProposalView:
    """One proposal; the client's first reading makes it `ongoing`, and repeating that changes nothing."""
    actor = acting(caller)
    proposal = await seen(tx, actor, proposal_id)
    if actor.buys and proposal.status == ProposalStatus.UNREAD:
        await tx.refresh(proposal, with_for_update=True)
        if proposal.open(actor, tx.now):
            audit(tx, "proposal.open", proposal.id)
    set_etag(response, proposal.version)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/cancellation",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(ProposalNotFound, IllegalMove, CancellationUnexplained),
)
async def cancel_proposal(proposal_id: UUID, body: CancellationBody, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Withdraw a proposal that was not appointed; the client is told."""
    by = acting(caller)
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    proposal.cancel(body.reason, body.comment, by, tx.now)
    emit(tx, notices.changed(proposal, rfp, "cancelled"))
    audit(tx, "proposal.cancel", proposal.id, reason=body.reason)
    return ProposalView.model_validate(proposal)
