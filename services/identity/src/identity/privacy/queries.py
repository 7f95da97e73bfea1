"""Requests as they are opened, and who is told about them."""

from __future__ import annotations

import json
from uuid import UUID

from joserfc.jwk import ECKey
from sqlalchemy import select

from chassis.audit import audit
from chassis.db import Tx
from chassis.outbox import emit
from contracts.identity import DataExportRequested
from contracts.roles import StaffScope
from identity.member.domain import Member
from identity.notification.domain import Notification
from identity.privacy.domain import EXPORTED, OPEN, ExportUnderWay, PrivacyRequest
from identity.sealed import SecretBox


async def open_request(tx: Tx, request: PrivacyRequest, box: SecretBox) -> None:
    """Keep a request of a member whose row is locked, tell them, and start the export if it is one for that.

    Raises:
        ExportUnderWay: another one of theirs is being gathered.

    """
    if request.kind in EXPORTED:
        await _start_export(tx, request, box)
    tx.add(request)
    audit(tx, "privacy_request.received", request.id, kind=request.kind, channel=request.channel)
    tell_member(tx, request, "privacy_request_received", kind=request.kind, due_on=request.due_on.isoformat())
    await tx.flush()


async def _start_export(tx: Tx, request: PrivacyRequest, box: SecretBox) -> None:
    """Make a key for this request alone and ask every service for its part."""
    under_way = select(PrivacyRequest.id).where(
        PrivacyRequest.member_id == request.member_id,
        PrivacyRequest.kind.in_(EXPORTED),
        PrivacyRequest.status.in_(OPEN),
    )
    if await tx.scalar(under_way.limit(1)):
        raise ExportUnderWay
    key = ECKey.generate_key("P-256", private=True)
    request.sealed_key = box.seal(json.dumps(key.as_dict(private=True)), request.id)
    emit(
        tx,
        DataExportRequested(
            request_id=request.id,
            member_id=request.member_id,
            public_key=json.dumps(key.as_dict(private=False)),
            requested_at=tx.now,
        ),
    )


def tell_member(tx: Tx, request: PrivacyRequest, template: str, **context: str) -> None:
    """Mail whoever made the request."""
    tx.add(Notification.to(request.member_id, template, subject_id=request.id, at=tx.now, context=context))


async def legal_staff(tx: Tx) -> list[UUID]:
    """Who answers requests."""
    query = select(Member.id).where(Member.staff_scopes.contains([StaffScope.LEGAL.value]))
    return list(await tx.scalars(query))
