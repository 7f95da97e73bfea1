"""Requests as staff see them: what came by mail or post, the list by deadline, extensions and answers."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import select, tuple_

from chassis.audit import audit
from chassis.auth import staff
from chassis.db import get_locked, get_or
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_from
from chassis.problems import documented
from contracts.roles import StaffScope
from identity.member.domain import Member, MemberNotFound
from identity.own import OwnDep
from identity.privacy.domain import (
    OPEN,
    Channel,
    DetailsMissing,
    ExportUnderWay,
    PrivacyRequest,
    PrivacyRequestNotFound,
    ReceivedInTheFuture,
    RequestActor,
    RequestKind,
    RequestStatus,
    TooLateToExtend,
)
from identity.privacy.exports import drop_parts
from identity.privacy.queries import open_request, tell_member
from identity.privacy.routes import PrivacyRequestView, Words

router = Router("privacy requests of members")

LEGAL = staff(StaffScope.LEGAL)


class ReceivedRequest(Body):
    """A request that came on paper or by mail, on the day it came."""

    member_id: UUID
    kind: RequestKind
    channel: Literal[Channel.MAIL, Channel.POST]
    received_on: date
    details: Words | None = None


class Extension(Body):
    """Why the answer takes longer; the member reads it."""

    reason: Words


class Answer(Body):
    """The outcome, and what the member reads."""

    outcome: Literal[RequestStatus.GRANTED, RequestStatus.REFUSED]
    answer: Words


class StaffRequestView(PrivacyRequestView):
    """A request with whose it is."""

    member_id: UUID
    registered_by: UUID | None


@router.post(
    "/staff/privacy-requests",
    access=LEGAL,
    status_code=201,
    responses=documented(MemberNotFound, DetailsMissing, ReceivedInTheFuture, ExportUnderWay),
)
async def register(body: ReceivedRequest, caller: CallerDep, tx: TxDep, own: OwnDep) -> StaffRequestView:
    """Note a request on a member's behalf; its month runs from the day it came."""
    member = await get_locked(tx, Member, body.member_id, MemberNotFound())
    request = PrivacyRequest.receive(
        member.id,
        body.kind,
        details=body.details,
        channel=body.channel,
        received_on=body.received_on,
        today=tx.today,
        registered_by=caller.member_id,
    )
    await open_request(tx, request, own.box)
    return StaffRequestView.model_validate(request)


@router.get("/staff/privacy-requests", access=LEGAL)
async def list_open(tx: TxDep, page: PageDep) -> Page[StaffRequestView]:
    """What waits for an answer, the nearest deadline first."""
    query = select(PrivacyRequest).where(PrivacyRequest.status.in_(OPEN))
    if page.after is not None:
        last = select(PrivacyRequest.due_on).where(PrivacyRequest.id == page.after).scalar_subquery()
        query = query.where(tuple_(PrivacyRequest.due_on, PrivacyRequest.id) > tuple_(last, page.after))
    query = query.order_by(PrivacyRequest.due_on, PrivacyRequest.id).limit(page.limit + 1)
    return page_from(list(await tx.scalars(query)), PrivacyRequest.id, page, StaffRequestView.model_validate)


@router.get("/staff/privacy-requests/{request_id}", access=LEGAL, responses=documented(PrivacyRequestNotFound))
async def read_any(request_id: UUID, tx: TxDep) -> StaffRequestView:
    """One request."""
    return StaffRequestView.model_validate(await get_or(tx, PrivacyRequest, request_id, PrivacyRequestNotFound()))


@router.post(
    "/staff/privacy-requests/{request_id}/extension",
    access=LEGAL,
    responses=documented(PrivacyRequestNotFound, TooLateToExtend, IllegalMove),
)
async def extend(request_id: UUID, body: Extension, tx: TxDep) -> StaffRequestView:
    """Take two months more within the first one, and tell the member why (GDPR, article 12(3))."""
    request = await get_locked(tx, PrivacyRequest, request_id, PrivacyRequestNotFound())
    request.extend(body.reason, tx.today)
    audit(tx, "privacy_request.extended", request.id, due_on=request.due_on)
    due_on = request.due_on.isoformat()
    tell_member(tx, request, "privacy_request_extended", due_on=due_on, reason=body.reason)
    return StaffRequestView.model_validate(request)


@router.post(
    "/staff/privacy-requests/{request_id}/answer",
    access=LEGAL,
    responses=documented(PrivacyRequestNotFound, IllegalMove),
)
async def answer(request_id: UUID, body: Answer, tx: TxDep) -> StaffRequestView:
    """Grant or refuse it, in words that the member reads."""
    request = await get_locked(tx, PrivacyRequest, request_id, PrivacyRequestNotFound())
    request.close(RequestStatus(body.outcome), RequestActor.STAFF, body.answer, tx.now)
    await drop_parts(tx, request.id)
    audit(tx, "privacy_request.answered", request.id, outcome=body.outcome)
    tell_member(tx, request, "privacy_request_answered", outcome=body.outcome)
    return StaffRequestView.model_validate(request)
