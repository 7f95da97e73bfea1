"""Reporting that an account is in danger, and what support does about it (PL-13, ID-32)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy import select
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC, staff
from chassis.db import Tx, get_locked
from chassis.errors import IllegalMove, require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented, problem_response
from contracts.roles import StaffScope
from contracts.values import Name
from identity.account.securing import secure
from identity.incident.domain import (
    INCIDENT_RECEIVED,
    Description,
    IncidentKind,
    IncidentNotFound,
    IncidentStatus,
    NobodyToSecure,
    SecurityIncident,
    TooManyReports,
)
from identity.member.address import Address
from identity.member.domain import Member, MemberNotFound
from identity.member.queries import member_at
from identity.member.routes import EmailAddress
from identity.network import client_address, network_of
from identity.notification.domain import Notification
from identity.own import OwnDep
from identity.session.attempts import allow_reports
from identity.standing.domain import Standing

router = Router("security incidents")

Outcome = Annotated[Name, Field(max_length=1000)]


class Report(Body):
    """What happened to your account."""

    kind: IncidentKind
    description: Description
    secure_my_account: bool = False
    """End every session now, and let nobody in before another password is chosen."""


class StrangersReport(Body):
    """What happened to the account of this address, told by somebody who cannot log in."""

    email: EmailAddress
    kind: IncidentKind
    description: Description


class Received(View):
    """The same whether or not the address has an account: its mailbox alone is told."""

    status: Literal["received"] = "received"


class IncidentView(View):
    """A report of yours."""

    id: UUID
    reference: str
    kind: IncidentKind
    description: str
    status: IncidentStatus
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None


class StaffIncidentView(IncidentView):
    """A report as support sees it; `contact` is there when whoever reported could not log in."""

    member_id: UUID | None
    contact: str | None
    closed_by: UUID | None


class Closure(Body):
    """What came of it."""

    outcome: Annotated[str, Field(min_length=1, max_length=1000)]


class CredentialReset(Body):
    """Why the account is suspended until its password changes."""

    reason: Annotated[Name, Field(max_length=200)]


class Secured(View):
    """Nobody logs in before another password is chosen."""

    status: Literal["credential_change_required"] = "credential_change_required"


@router.post("/security-incidents", access=MEMBER, status_code=201, responses=documented(MemberNotFound))
async def report(body: Report, caller: CallerDep, tx: TxDep, own: OwnDep) -> IncidentView:
    """Report at once what happened to your account (PL-13); a mail confirms it with the reference."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    incident = SecurityIncident.report(body.kind, body.description, tx.now, member_id=member.id)
    await _open(tx, incident)
    if body.secure_my_account:
        await secure(tx, own, member, incident.reference)
    return IncidentView.model_validate(incident)


@router.post(
    "/security-incidents/without-session",
    access=PUBLIC,
    status_code=202,
    response_model=Received,
    responses=documented(TooManyReports),
)
async def report_without_session(
    body: StrangersReport, request: Request, tx: TxDep, own: OwnDep
) -> Received | Response:
    """Report without logging in: every address is answered alike, and only staff act on it."""
    address = Address.parse(body.email)
    where = network_of(client_address(request))
    wait = await allow_reports(tx, own, address.key, where)
    if wait is not None:
        refused = problem_response(TooManyReports())
        refused.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
        return refused
    member = await member_at(tx, address)
    incident = SecurityIncident.report(
        body.kind, body.description, tx.now, member_id=member.id if member else None, contact=address.written
    )
    await _open(tx, incident)
    return Received()


async def _open(tx: Tx, incident: SecurityIncident) -> None:
    tx.add(incident)
    await tx.flush()
    audit(tx, "security_incident.reported", incident.id, kind=incident.kind)
    if incident.member_id is not None:
        context = {"reference": incident.reference}
        tx.add(
            Notification.to(incident.member_id, INCIDENT_RECEIVED, subject_id=incident.id, at=tx.now, context=context)
        )


@router.get("/security-incidents", access=MEMBER)
async def list_own_incidents(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[IncidentView]:
    """Your reports, newest first."""
    query = select(SecurityIncident).where(SecurityIncident.member_id == caller.member_id)
    return await page_of(tx, query, SecurityIncident.id, page, IncidentView.model_validate)


@router.get("/staff/security-incidents", access=staff(StaffScope.SUPPORT))
async def list_incidents(
    tx: TxDep, page: PageDep, status: IncidentStatus = IncidentStatus.OPEN
) -> Page[StaffIncidentView]:
    """Every report that stands so, newest first."""
    query = select(SecurityIncident).where(SecurityIncident.status == status)
    return await page_of(tx, query, SecurityIncident.id, page, StaffIncidentView.model_validate)


@router.post(
    "/staff/security-incidents/{incident_id}/closure",
    access=staff(StaffScope.SUPPORT),
    responses=documented(IncidentNotFound, IllegalMove),
)
async def close(incident_id: UUID, body: Closure, caller: CallerDep, tx: TxDep) -> StaffIncidentView:
    """Close a report with its outcome."""
    incident = await get_locked(tx, SecurityIncident, incident_id, IncidentNotFound())
    incident.close(body.outcome, caller.member_id, tx.now)
    audit(tx, "security_incident.closed", incident.id)
    return StaffIncidentView.model_validate(incident)


@router.post(
    "/staff/security-incidents/{incident_id}/credential-reset",
    access=staff(StaffScope.SUPPORT),
    responses=documented(IncidentNotFound, MemberNotFound, NobodyToSecure),
)
async def secure_after_incident(incident_id: UUID, tx: TxDep, own: OwnDep) -> Secured:
    """Suspend the account that the report is about until its password changes (ID-32)."""
    incident = await get_locked(tx, SecurityIncident, incident_id, IncidentNotFound())
    require(incident.member_id is not None, NobodyToSecure())
    there = Member.standing != Standing.ERASED
    member = await get_locked(tx, Member, incident.member_id, MemberNotFound(), there)
    await secure(tx, own, member, incident.reference)
    return Secured()


@router.post(
    "/staff/members/{member_id}/credential-reset",
    access=staff(StaffScope.SUPPORT),
    responses=documented(MemberNotFound),
)
async def secure_account(member_id: UUID, body: CredentialReset, tx: TxDep, own: OwnDep) -> Secured:
    """Suspend an account until its password changes (ID-32)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), Member.standing != Standing.ERASED)
    await secure(tx, own, member, body.reason)
    return Secured()
