"""Choosing among the answers: the client's side of it."""

from uuid import UUID

from chassis import audit, emit
from chassis.auth import may
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.actor import acting
from marketplace.budget.domain import AnotherCurrency, LineExhausted, LineNotUsable
from marketplace.budget.queries import reserve
from marketplace.choice import notices
from marketplace.choice.domain import (
    Decision,
    Qualification,
    approve,
    needs_approval,
    qualify,
    retain,
    select,
)
from marketplace.choice.queries import threshold_of
from marketplace.directory.queries import affiliation_of
from marketplace.proposal.queries import held_with_rfp, visible_to
from marketplace.proposal.refusals import ApprovalMissing, ApprovalNotNeeded, DecisionUnexplained, ProposalNotFound
from marketplace.proposal.views import ProposalView
from marketplace.rfp.refusals import RfpAlreadyAwarded, RfpClosed

router = Router("proposals")

_OPEN = (RfpAlreadyAwarded, RfpClosed)


class QualificationBody(Body):
    """The client's opinion."""

    qualification: Qualification


class ApprovalBody(Decision, Body):
    """The buyer's yes, or a no with its reason."""


@router.post(
    "/proposals/{proposal_id}/qualification",
    access=may(Permission.RUN_RFPS),
    responses=documented(ProposalNotFound, IllegalMove, *_OPEN),
)
async def qualify_proposal(proposal_id: UUID, body: QualificationBody, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Call an opened proposal interesting or not; the provider is told."""
    by = acting(caller)
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    if qualify(proposal, body.qualification, rfp, by, tx.now):
        emit(tx, notices.qualified(proposal))
        audit(tx, "proposal.qualify", proposal.id, qualification=proposal.status)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/selection",
    access=may(Permission.RUN_RFPS),
    responses=documented(ProposalNotFound, IllegalMove, *_OPEN),
)
async def select_proposal(proposal_id: UUID, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Call an interesting proposal the best; above the spending line's threshold the buyer is asked to validate."""
    by = acting(caller)
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    select(proposal, rfp, by, tx.now)
    emit(tx, notices.selected(proposal))
    if needs_approval(proposal, await threshold_of(tx, rfp)):
        emit(tx, notices.to_approve(proposal, rfp))
    audit(tx, "proposal.select", proposal.id, version=proposal.version)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/approval",
    access=may(Permission.APPROVE_SPENDING),
    responses=documented(ProposalNotFound, IllegalMove, *_OPEN, ApprovalNotNeeded, DecisionUnexplained),
)
async def approve_proposal(proposal_id: UUID, body: ApprovalBody, caller: CallerDep, tx: TxDep) -> ProposalView:
    """The buyer validates a selected proposal above the threshold, or hands it back as merely interesting."""
    by = acting(caller)
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    chosen_by = proposal.selected_by
    approve(proposal, body, rfp, await threshold_of(tx, rfp), by=by, at=tx.now)
    emit(tx, notices.approval_decided(proposal, body, [chosen_by] if chosen_by else []))
    audit(tx, "proposal.approve", proposal.id, outcome=body.outcome, version=proposal.version)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/retention",
    access=may(Permission.RUN_RFPS),
    responses=documented(
        ProposalNotFound, IllegalMove, *_OPEN, ApprovalMissing, LineExhausted, LineNotUsable, AnotherCurrency
    ),
)
async def retain_proposal(proposal_id: UUID, caller: CallerDep, tx: TxDep) -> ProposalView:
    """Choose a proposal; the money is set aside, and the platform is asked for the last word (MK-12, MK-22)."""
    by = acting(caller)
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    known = proposal.consultant_id
    consultant = await affiliation_of(tx, proposal.provider_company_id, known) if known else None
    retain(proposal, rfp, await threshold_of(tx, rfp), consultant, by=by, at=tx.now)
    if rfp.spending_line_id:
        await reserve(tx, rfp.spending_line_id, proposal.amount, proposal.id)
    emit(tx, notices.appointed(proposal))
    audit(tx, "proposal.retain", proposal.id, rfp=proposal.rfp_reference, version=proposal.version)
    return ProposalView.model_validate(proposal)
