"""What people are told about proposals."""

from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS, Role
from marketplace.proposal.domain import Proposal
from marketplace.rfp.domain import Rfp

_PROVIDER_HEADS = sorted(HEADS - {Role.DIRECTEUR_ACHATS})


def received(proposal: Proposal, rfp: Rfp) -> NotificationRequested:
    """Tell the buyer who wrote the request, and its operational manager, that an answer came."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="proposal_received",
        members=sorted({rfp.operational_manager_id, rfp.author_id}),
        context={
            "rfp_reference": proposal.rfp_reference,
            "provider_name": proposal.provider_name,
            "consultant_name": proposal.consultant_name,
            "daily_rate": f"{proposal.daily_rate.amount:.2f}",
        },
    )


def qualified(proposal: Proposal) -> NotificationRequested:
    """Tell who answered what the client thinks of it."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="proposal_qualified",
        members=[proposal.author_id],
        context={"rfp_reference": proposal.rfp_reference, "qualification": proposal.status},
    )


def retained(proposal: Proposal) -> NotificationRequested:
    """Tell who answered, and who must now bring the documents, that the proposal won (MK-12)."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="proposal_retained",
        members=[proposal.author_id],
        roles=[RoleInCompany(company_id=proposal.provider_company_id, roles=_PROVIDER_HEADS)],
        context={
            "rfp_reference": proposal.rfp_reference,
            "title": proposal.rfp_title,
            "consultant_name": proposal.consultant_name,
        },
    )
