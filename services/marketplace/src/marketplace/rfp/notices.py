"""What people are told about requests."""

from collections.abc import Sequence
from uuid import UUID

from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import SELLERS
from marketplace.rfp.domain import Rfp


def _notice(rfp: Rfp, template: str, members: Sequence[UUID] = (), **context: str) -> NotificationRequested:
    """A message to members with the request's title."""
    return NotificationRequested(
        subject_id=rfp.id, template=template, members=sorted(members), context={"title": rfp.title, **context}
    )


def approval_asked(rfp: Rfp, validator: UUID) -> NotificationRequested:
    """Ask the next validator."""
    return _notice(rfp, "rfp_approval_asked", [validator])


def approval_decided(rfp: Rfp, decision: str, reason: str | None) -> NotificationRequested:
    """Tell the author whether the request is published."""
    return _notice(rfp, "rfp_approval_decided", [rfp.author_id], decision=decision, reason=reason or "")


def corrected(rfp: Rfp, answered: Sequence[UUID]) -> NotificationRequested:
    """Tell whoever answered that there is another edition; theirs stays what they answered (MK-23)."""
    return _notice(rfp, "rfp_corrected", answered, rfp_reference=rfp.reference or "")


def closed(rfp: Rfp, interested: Sequence[UUID]) -> NotificationRequested:
    """Tell those who marked or answered it, and nobody else (MK-03)."""
    context = {"rfp_reference": rfp.reference or "", "reason": rfp.closing_reason or ""}
    return _notice(rfp, "rfp_closed", interested, **context)


def extension_asked(rfp: Rfp, provider_id: UUID) -> NotificationRequested:
    """Ask the one provider whether it agrees to more days."""
    return NotificationRequested(
        subject_id=rfp.id,
        template="extension_asked",
        roles=[RoleInCompany(company_id=provider_id, roles=sorted(SELLERS))],
        context={"title": rfp.title, "client_name": rfp.client_name or "", "rfp_reference": rfp.reference or ""},
    )


def extension_refused(rfp: Rfp, reason: str | None) -> NotificationRequested:
    """Tell the client's people that the provider does not want more days."""
    people = {rfp.author_id, rfp.operational_manager_id}
    return _notice(rfp, "extension_refused", sorted(people), rfp_reference=rfp.reference or "", reason=reason or "")
