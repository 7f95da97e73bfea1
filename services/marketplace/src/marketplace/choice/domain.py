"""What client, buyer and platform decide on a proposal, in that order (MK-06, MK-12, MK-22)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from chassis.errors import IllegalMove, require
from contracts.contracting import WorkType
from contracts.marketplace import ProposalRetained
from contracts.values import Value
from marketplace.actor import Actor, Platform
from marketplace.directory.domain import Affiliation
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.proposal.refusals import (
    ApprovalMissing,
    ApprovalNotNeeded,
    CandidateNotAConsultant,
    DecisionUnexplained,
    RetentionDecided,
)
from marketplace.rfp.domain import Rfp
from marketplace.rfp.workplace import workplace_of
from marketplace.values import Prose


class Qualification(StrEnum):
    """The client's opinion of a proposal (MK-06)."""

    INTERESTING = "interesting"
    NOT_INTERESTING = "not_interesting"


class Outcome(StrEnum):
    """A yes or a no."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Decision(Value):
    """Somebody's yes, or a no with its reason."""

    outcome: Outcome
    reason: Annotated[Prose | None, Field(description="Why not")] = None

    def check_explained(self) -> None:
        """A refusal says why. Raises DecisionUnexplained."""
        require(self.outcome == Outcome.ACCEPTED or self.reason is not None, DecisionUnexplained(field="reason"))


def needs_approval(proposal: Proposal, threshold: Decimal | None) -> bool:
    """Whether the buyer has a say: above the spending line's threshold, and never at it."""
    return threshold is not None and proposal.amount.amount > threshold


def qualify(proposal: Proposal, opinion: Qualification, rfp: Rfp, by: Actor, at: datetime) -> bool:
    """Say what the client thinks of it (MK-06); tell whether the opinion is new.

    Raises:
        RfpAlreadyAwarded: the choice is made.
        IllegalMove: nobody has opened the proposal, or it is over.

    """
    rfp.check_open()
    before = proposal.status
    proposal.move_to(ProposalStatus(opinion), by.role, at)
    proposal.qualified_at = at
    proposal.selected_by = proposal.approved_by = None
    return proposal.status != before


def select(proposal: Proposal, rfp: Rfp, by: Actor, at: datetime) -> None:
    """Call it the best. Raises RfpAlreadyAwarded or IllegalMove."""
    rfp.check_open()
    proposal.move_to(ProposalStatus.SELECTED, by.role, at)
    proposal.selected_by = by.member_id


def approve(
    proposal: Proposal, decision: Decision, rfp: Rfp, threshold: Decimal | None, *, by: Actor, at: datetime
) -> None:
    """The buyer validates what was selected, or hands it back as merely interesting.

    Raises:
        RfpAlreadyAwarded: the choice is made.
        ApprovalNotNeeded: the amount is not above the threshold.
        DecisionUnexplained: a refusal without reason.
        IllegalMove: the proposal is not selected.

    """
    rfp.check_open()
    decision.check_explained()
    accepted = decision.outcome == Outcome.ACCEPTED
    if proposal.status != ProposalStatus.SELECTED:
        raise IllegalMove(f"it is {proposal.status}; the buyer validates what is selected")
    require(needs_approval(proposal, threshold), ApprovalNotNeeded())
    proposal.move_to(ProposalStatus.APPROVED if accepted else ProposalStatus.INTERESTING, by.role, at)
    proposal.approved_by = by.member_id if accepted else None


def retain(
    proposal: Proposal, rfp: Rfp, threshold: Decimal | None, consultant: Affiliation | None, *, by: Actor, at: datetime
) -> None:
    """Appoint it and award the request; the platform has the last word (MK-12, MK-22).

    Raises:
        RfpAlreadyAwarded: another proposal was retained first.
        IllegalMove: the client has not found it interesting.
        ApprovalMissing: the buyer has to validate this amount first.

    """
    rfp.award(by, at)
    was = proposal.status
    proposal.move_to(ProposalStatus.APPOINTED, by.role, at)
    approved = was == ProposalStatus.APPROVED or not needs_approval(proposal, threshold)
    require(approved, ApprovalMissing())
    proposal.retained_at, proposal.retained_by = at, by.member_id
    if consultant is not None:
        proposal.consultant_name = consultant.display_name


def check_decidable(proposal: Proposal) -> None:
    """The platform decides once, on what a client retained. Raises RetentionDecided or IllegalMove."""
    require(proposal.platform_outcome is None, RetentionDecided())
    if proposal.status != ProposalStatus.APPOINTED:
        raise IllegalMove(f"it is {proposal.status}; the platform decides on what is appointed")


def complete(proposal: Proposal, rfp: Rfp, at: datetime) -> ProposalRetained:
    """The platform agrees: everybody has decided, and the mission can be prepared (MK-12, MK-22, MK-23).

    Raises:
        RetentionDecided, IllegalMove: see `check_decidable`.
        CandidateNotAConsultant: nobody of the provider is named yet.

    """
    check_decidable(proposal)
    if proposal.consultant_id is None or proposal.retained_by is None or proposal.retained_at is None:
        raise CandidateNotAConsultant
    proposal.platform_outcome, proposal.decided_at = Outcome.ACCEPTED, at
    proposal.version += 1
    return ProposalRetained(
        version=proposal.version,
        proposal_id=proposal.id,
        rfp_id=rfp.id,
        rfp_reference=proposal.rfp_reference,
        title=proposal.rfp_title,
        client_company_id=proposal.client_company_id,
        provider_company_id=proposal.provider_company_id,
        operational_manager_id=rfp.operational_manager_id,
        consultant_id=proposal.consultant_id,
        consultant_name=proposal.consultant_name,
        daily_rate=proposal.daily_rate,
        days=proposal.days,
        period=proposal.period,
        retained_by=proposal.retained_by,
        retained_at=proposal.retained_at,
        work_type=WorkType(rfp.type),
        workplace=workplace_of(rfp.country, rfp.postcode),
    )


def turn_down(proposal: Proposal, reason: str, at: datetime) -> None:
    """The platform does not agree; the client may choose another. Raises RetentionDecided or IllegalMove."""
    check_decidable(proposal)
    proposal.move_to(ProposalStatus.LOST, Platform.STAFF, at)
    proposal.platform_outcome, proposal.platform_reason = Outcome.REFUSED, reason
    proposal.decided_at = proposal.closed_at = at


def mark_spam(proposal: Proposal, by: Actor, at: datetime) -> None:
    """Call it off-topic. Raises IllegalMove unless it was read."""
    proposal.move_to(ProposalStatus.SPAM, by.role, at)


def unmark_spam(proposal: Proposal, at: datetime) -> None:
    """It was on topic after all: the client reads it again. Raises IllegalMove."""
    proposal.move_to(ProposalStatus.ONGOING, Platform.STAFF, at)
