"""Deadlines: staff are reminded before one passes, and the member is told when it has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from chassis.audit import audit
from chassis.clock import business_date
from chassis.db import Tx
from identity.notification.domain import Notification
from identity.privacy.domain import OPEN, REMIND_BEFORE, PrivacyRequest, RequestStatus
from identity.privacy.queries import legal_staff, tell_member


async def watch_deadlines(tx: Tx, as_of: datetime) -> None:
    """Remind staff a week before a deadline, once, and mark what was not answered in time (PL-06)."""
    today = business_date(as_of)
    open_ones = select(PrivacyRequest).where(PrivacyRequest.status.in_(OPEN)).with_for_update(skip_locked=True)
    near = open_ones.where(PrivacyRequest.due_on <= today + REMIND_BEFORE, PrivacyRequest.reminded_at.is_(None))
    staff = await legal_staff(tx)
    for request in await tx.scalars(near):
        request.reminded_at = as_of
        context = {"kind": request.kind, "due_on": request.due_on.isoformat()}
        for member_id in staff:
            tx.add(Notification.to(member_id, "privacy_request_due", subject_id=request.id, at=tx.now, context=context))
    late = open_ones.where(PrivacyRequest.due_on < today, PrivacyRequest.status != RequestStatus.OVERDUE)
    for request in await tx.scalars(late):
        request.mark_overdue()
        audit(tx, "privacy_request.overdue", request.id, due_on=request.due_on)
        tell_member(tx, request, "privacy_request_late", due_on=request.due_on.isoformat())
