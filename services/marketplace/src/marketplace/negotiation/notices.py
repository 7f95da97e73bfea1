"""What the two sides of a negotiation are told."""

from uuid import UUID

from contracts.notification import NotificationRequested
from marketplace.negotiation.domain import Round
from marketplace.proposal.domain import Proposal


def offered(offer: Round, proposal: Proposal, to: UUID) -> NotificationRequested:
    """Tell the other side of an offer."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="negotiation_offer",
        members=[to],
        context={
            "rfp_reference": proposal.rfp_reference,
            "consultant_name": proposal.consultant_name,
            "daily_rate": f"{offer.daily_rate.amount:.2f}",
            "comment": offer.comment or "",
        },
    )


def answered(offer: Round, proposal: Proposal) -> NotificationRequested:
    """Tell whoever made the offer what became of it."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="negotiation_closed",
        members=[offer.author_id],
        context={
            "rfp_reference": proposal.rfp_reference,
            "outcome": offer.status,
            "daily_rate": f"{offer.daily_rate.amount:.2f}",
        },
    )
