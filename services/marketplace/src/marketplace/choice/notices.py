"""What people are told about a choice."""

from collections.abc import Sequence
from uuid import UUID

from contracts.notification import NotificationRequested, RoleInCompany
from contracts.permissions import MATRIX, Permission
from contracts.roles import HEADS, Role
from marketplace.choice.domain import Decision
from marketplace.proposal.domain import Proposal
from marketplace.rfp.domain import Rfp

_PROVIDER_HEADS = sorted(HEADS - {Role.DIRECTEUR_ACHATS})


def qualified(proposal: Proposal) -> NotificationRequested:
    """Tell who answered what the client thinks of it."""
    return _to_author(proposal, "proposal_qualified", qualification=proposal.status)


def selected(proposal: Proposal) -> NotificationRequested:
    """Tell who answered that they are preselected (MK-08)."""
    return _to_author(proposal, "proposal_selected", title=proposal.rfp_title)


def to_approve(proposal: Proposal, rfp: Rfp) -> NotificationRequested:
    """Ask the request's buyer, or all who may, to validate what costs more than the threshold."""
    approvers = RoleInCompany(company_id=proposal.client_company_id, roles=sorted(MATRIX[Permission.APPROVE_SPENDING]))
    return NotificationRequested(
        subject_id=proposal.id,
        template="proposal_to_approve",
        members=[rfp.buyer_id] if rfp.buyer_id else [],
        roles=[] if rfp.buyer_id else [approvers],
        context={
            "rfp_reference": proposal.rfp_reference,
            "provider_name": proposal.provider_name,
            "amount": f"{proposal.amount.amount:.2f}",
        },
    )


def approval_decided(proposal: Proposal, decision: Decision, told: Sequence[UUID]) -> NotificationRequested:
    """Tell who selected it what the buyer said."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="proposal_approval_decided",
        members=list(told),
        context={
            "rfp_reference": proposal.rfp_reference,
            "provider_name": proposal.provider_name,
            "outcome": decision.outcome,
            "reason": decision.reason or "",
        },
    )


def appointed(proposal: Proposal) -> NotificationRequested:
    """Tell who answered that the client chose them, and that the platform has the last word (MK-22)."""
    return _to_author(proposal, "proposal_appointed", title=proposal.rfp_title)


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


def turned_down(proposal: Proposal) -> NotificationRequested:
    """Tell both sides that the platform does not agree, and why."""
    return NotificationRequested(
        subject_id=proposal.id,
        template="retention_refused",
        members=sorted({proposal.author_id, *([proposal.retained_by] if proposal.retained_by else [])}),
        context={
            "rfp_reference": proposal.rfp_reference,
            "provider_name": proposal.provider_name,
            "reason": proposal.platform_reason or "",
        },
    )


def lost(proposal: Proposal) -> NotificationRequested:
    """Tell who answered that the request closed without them."""
    return _to_author(proposal, "proposal_lost", title=proposal.rfp_title)


def _to_author(proposal: Proposal, template: str, **context: str) -> NotificationRequested:
    return NotificationRequested(
        subject_id=proposal.id,
        template=template,
        members=[proposal.author_id],
        context={"rfp_reference": proposal.rfp_reference, **context},
    )
