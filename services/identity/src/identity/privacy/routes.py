"""Requests under the GDPR: made by members, answered by staff or by an export (PL-06)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy import select

from chassis.audit import audit
from chassis.auth import MEMBER, StepUpRequired
from chassis.db import Tx, get_locked
from chassis.errors import IllegalMove, TemporarilyUnavailable
from chassis.files import FileMissing, StoredFile, attachment
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from identity.member.domain import Member, MemberNotFound
from identity.own import OwnDep
from identity.privacy.domain import (
    Channel,
    DetailsMissing,
    ExportGone,
    ExportNotReady,
    ExportUnderWay,
    PrivacyRequest,
    PrivacyRequestNotFound,
    RequestActor,
    RequestKind,
    RequestStatus,
)
from identity.privacy.exports import ZIP, drop_parts, open_export
from identity.privacy.queries import open_request

router = Router("privacy requests")

Words = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]


class NewRequest(Body):
    """What the member asks for; `details` are needed to rectify, object or restrict."""

    kind: RequestKind
    details: Words | None = None


class PrivacyRequestView(View):
    """A request as its member sees it."""

    id: UUID
    kind: RequestKind
    status: RequestStatus
    channel: Channel
    details: str | None
    received_on: date
    due_on: date
    extension_reason: str | None
    answer: str | None
    closed_at: datetime | None
    export_until: datetime | None
    """Until when the export may be downloaded; absent while there is none."""


@router.post(
    "/privacy-requests",
    access=MEMBER,
    status_code=201,
    responses=documented(MemberNotFound, DetailsMissing, ExportUnderWay),
)
async def ask(body: NewRequest, caller: CallerDep, tx: TxDep, own: OwnDep) -> PrivacyRequestView:
    """Use one of your rights; you are answered within a month."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    request = PrivacyRequest.receive(
        member.id, body.kind, details=body.details, channel=Channel.FORM, received_on=tx.today, today=tx.today
    )
    await open_request(tx, request, own.box)
    return PrivacyRequestView.model_validate(request)


@router.get("/privacy-requests", access=MEMBER)
async def list_mine(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[PrivacyRequestView]:
    """Your requests, newest first."""
    query = select(PrivacyRequest).where(PrivacyRequest.member_id == caller.member_id)
    return await page_of(tx, query, PrivacyRequest.id, page, PrivacyRequestView.model_validate)


@router.get("/privacy-requests/{request_id}", access=MEMBER, responses=documented(PrivacyRequestNotFound))
async def read_mine(request_id: UUID, caller: CallerDep, tx: TxDep) -> PrivacyRequestView:
    """One of your requests."""
    return PrivacyRequestView.model_validate(await _mine(tx, caller.member_id, request_id))


@router.post(
    "/privacy-requests/{request_id}/withdrawal",
    access=MEMBER,
    responses=documented(PrivacyRequestNotFound, IllegalMove),
)
async def withdraw_request(request_id: UUID, caller: CallerDep, tx: TxDep) -> PrivacyRequestView:
    """Say that you need no answer any more."""
    request = await _mine(tx, caller.member_id, request_id)
    request.close(RequestStatus.WITHDRAWN, RequestActor.MEMBER, None, tx.now)
    await drop_parts(tx, request.id)
    audit(tx, "privacy_request.withdrawn", request.id)
    return PrivacyRequestView.model_validate(request)


@router.get(
    "/privacy-requests/{request_id}/export",
    access=MEMBER,
    response_class=Response,
    responses={
        200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}, "description": "A ZIP archive"},
        **documented(
            PrivacyRequestNotFound, StepUpRequired, ExportNotReady, ExportGone, FileMissing, TemporarilyUnavailable
        ),
    },
)
async def download(request_id: UUID, caller: CallerDep, tx: TxDep, own: OwnDep, platform: PlatformDep) -> Response:
    """All that the platform knows of you, for seven days; prove first that it is you."""
    request = await _mine(tx, caller.member_id, request_id)
    caller.require_recent_proof(tx.now)
    file, sealed_key = request.file_to_download(tx.now)
    content = open_export(await platform.files.read(file), own.box.open(sealed_key, request.id))
    audit(tx, "export.downloaded", request.id)
    return attachment(StoredFile(file, f"maillon-{request.received_on}.zip", ZIP, "", len(content)), content)


async def _mine(tx: Tx, member_id: UUID, request_id: UUID) -> PrivacyRequest:
    mine = PrivacyRequest.member_id == member_id
    return await get_locked(tx, PrivacyRequest, request_id, PrivacyRequestNotFound(), mine)
