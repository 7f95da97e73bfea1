"""The platform's word on what clients retained (MK-22)."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict
from sqlalchemy import select, true

from chassis import audit, emit
from chassis.auth import staff
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Money
from marketplace.budget.queries import release
from marketplace.choice import notices
from marketplace.choice.domain import Decision, Outcome, complete, turn_down
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.proposal.queries import held_with_rfp, lose_others
from marketplace.proposal.refusals import (
    CandidateNotAConsultant,
    DecisionUnexplained,
    ProposalNotFound,
    RetentionDecided,
)

router = Router("retentions")


class DecisionBody(Decision, Body):
    """The platform's yes, or a no with its reason."""


class RetentionView(View):
    """A retained proposal, as far as the platform decides on it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    rfp_reference: str
    rfp_title: str
    client_company_id: UUID
    provider_company_id: UUID
    provider_name: str
    consultant_id: UUID | None
    """Absent while a candidate is proposed: then nothing can be accepted."""
    consultant_name: str
    daily_rate: Money
    retained_at: datetime | None
    platform_outcome: Outcome | None
    platform_reason: str | None
    decided_at: datetime | None


@router.get("/staff/retentions", access=staff(StaffScope.CONTRACTS))
async def list_retentions(page: PageDep, tx: TxDep) -> Page[RetentionView]:
    """What waits for the platform's decision."""
    waiting = (Proposal.status == ProposalStatus.APPOINTED, Proposal.platform_outcome.is_(None))
    return await page_of(tx, select(Proposal).where(*waiting), Proposal.id, page, RetentionView.model_validate)


@router.post(
    "/staff/retentions/{proposal_id}/decision",
    access=staff(StaffScope.CONTRACTS),
    responses=documented(ProposalNotFound, IllegalMove, RetentionDecided, CandidateNotAConsultant, DecisionUnexplained),
)
async def decide_retention(proposal_id: UUID, body: DecisionBody, caller: CallerDep, tx: TxDep) -> RetentionView:
    """Agree: the mission can be prepared, the others are told. Or not: the client may choose another."""
    body.check_explained()
    proposal, rfp = await held_with_rfp(tx, proposal_id, true())
    if body.outcome == Outcome.ACCEPTED:
        emit(tx, complete(proposal, rfp, tx.now))
        emit(tx, notices.retained(proposal))
        for lost in await lose_others(tx, rfp.id, tx.now):
            emit(tx, notices.lost(lost))
    else:
        turn_down(proposal, body.reason or "", tx.now)
        rfp.reopen()
        await release(tx, proposal.id)
        emit(tx, notices.turned_down(proposal))
    audit(tx, "proposal.decide", proposal.id, outcome=body.outcome, version=proposal.version, by=caller.member_id)
    return RetentionView.model_validate(proposal)
