"""What is said of a provider's proposal: to other services, and to the client's people."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.marketplace import ProposalSubmitted
from contracts.notification import NotificationRequested
from marketplace.proposal.domain import Proposal
from marketplace.rfp.domain import Rfp


def submitted(proposal: Proposal, at: datetime) -> ProposalSubmitted:
    """What other services need: who was offered to whom (MK-13)."""
    return ProposalSubmitted(
        version=proposal.version,
        proposal_id=proposal.id,
        client_company_id=proposal.client_company_id,
        provider_company_id=proposal.provider_company_id,
        consultant_id=proposal.consultant_id,
        submitted_at=at,
    )


def received(proposal: Proposal, rfp: Rfp) -> NotificationRequested:
    """Tell the buyer who wrote the request, and its operational manager, that an answer came."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="proposal_received",
        members=followers(rfp),
        context={
            "rfp_reference": proposal.rfp_reference,
            "provider_name": proposal.provider_name,
            "consultant_name": proposal.consultant_name,
            "daily_rate": f"{proposal.daily_rate.amount:.2f}",
        },
    )


def changed(proposal: Proposal, rfp: Rfp, change: Literal["edited", "cancelled"]) -> NotificationRequested:
    """Tell them that it is another one now, or none any more (MK-09)."""
    return NotificationRequested(
        subject_id=proposal.id,
        template=f"proposal_{change}",
        members=followers(rfp),
        context={
            "rfp_reference": proposal.rfp_reference,
            "provider_name": proposal.provider_name,
            "consultant_name": proposal.consultant_name,
        },
    )


def followers(rfp: Rfp) -> list[UUID]:
    """Who looks after the request."""
    return sorted({rfp.operational_manager_id, rfp.author_id})
