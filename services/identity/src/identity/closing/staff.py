"""What support does with accounts: deletions on request, deaths, returns, and the heirs' claim."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Form, Response, UploadFile
from pydantic import Field
from sqlalchemy import select

from chassis.audit import audit
from chassis.auth import staff
from chassis.db import get_locked, get_or
from chassis.errors import IllegalMove
from chassis.files import JPEG, PDF, PNG, FileMissing, FileNotAccepted, FileTooLarge, StoredFile, attachment
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Name
from identity.closing import acts
from identity.closing.domain import (
    AlreadyDeactivated,
    Channel,
    Closure,
    ClosureKind,
    ClosureNotFound,
    ClosureStatus,
    ContentHandover,
    CourtDecisionOnly,
    DeletionUnderWay,
    OrdersRunning,
    ReturnNotOpen,
    ReturnPeriodOver,
    SoleHead,
)
from identity.closing.views import AccountView, ClosureView
from identity.member.domain import Member, MemberNotFound
from identity.own import OwnDep
from identity.standing.domain import Standing, StandingActor

router = Router("accounts")

SUPPORT = staff(StaffScope.SUPPORT)
ACCEPTED = frozenset({PDF, PNG, JPEG})
NOT_ERASED = Member.standing != Standing.ERASED

Reason = Annotated[Name, Field(max_length=500)]
Reference = Annotated[Name, Field(max_length=100)]


class Removal(Body):
    """Why support deletes the account (a wrong profile type was chosen, for instance)."""

    reason: Reason


class WrittenRequest(Body):
    """A deletion request that came by mail or e-mail, and where it is filed."""

    channel: Channel
    reference: Reference


class CourtDecision(Body):
    """The decision by which a dead member's content goes to heirs."""

    court_decision_reference: Reference
    decided_on: date


class HandoverView(View):
    """A handover to heirs; the export is read under `export_request_id`."""

    id: UUID
    member_id: UUID
    court_decision_reference: str
    decided_on: date
    export_request_id: UUID | None


@router.get("/staff/members/{member_id}/closures", access=SUPPORT)
async def list_closures(member_id: UUID, tx: TxDep, page: PageDep) -> Page[ClosureView]:
    """The closures of an account, newest first."""
    query = select(Closure).where(Closure.member_id == member_id)
    return await page_of(tx, query, Closure.id, page, ClosureView.model_validate)


@router.post(
    "/staff/members/{member_id}/removal",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, AlreadyDeactivated, OrdersRunning, SoleHead),
)
async def remove_account(member_id: UUID, body: Removal, caller: CallerDep, tx: TxDep, own: OwnDep) -> AccountView:
    """Delete an account so that its address can register again (ID-20).

    At once when the member never acted for a company; else it is deactivated, and erased after 30 days.
    """
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    await acts.require_free(tx, member.id, tx.today)
    closure = await acts.close(
        tx,
        member,
        ClosureKind.SUPPORT,
        StandingActor.SUPPORT,
        own.settings.periods,
        who=caller.member_id,
        reason=body.reason,
    )
    if not member.acted_for_company:
        await acts.erase(tx, member, closure, StandingActor.SUPPORT)
    return AccountView(member_id=member.id, standing=member.standing, erased_at=member.erased_at)


@router.post(
    "/staff/members/{member_id}/deletion",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, DeletionUnderWay, OrdersRunning, SoleHead),
)
async def register_deletion(
    member_id: UUID, body: WrittenRequest, caller: CallerDep, tx: TxDep, own: OwnDep
) -> ClosureView:
    """Register a deletion request that was written to us (ID-43); the member is told, and may withdraw it."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    if await acts.open_closure(tx, member.id) is not None:
        raise DeletionUnderWay
    await acts.require_free(tx, member.id, tx.today)
    closure = Closure.begin(
        member.id, ClosureKind.WRITTEN_REQUEST, caller.member_id, tx.now, channel=body.channel, reference=body.reference
    )
    closure.confirm(StandingActor.SUPPORT, tx.now, own.settings.periods)
    tx.add(closure)
    audit(tx, "deletion.registered", member.id, closure=closure.id, channel=body.channel)
    acts.tell(tx, member, "deletion_confirmed", closure.id, hours=str(own.settings.deletion_hours))
    return ClosureView.model_validate(closure)


@router.post(
    "/staff/members/{member_id}/deletion/execution",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, ClosureNotFound, IllegalMove, OrdersRunning, SoleHead),
)
async def execute_deletion(member_id: UUID, tx: TxDep, own: OwnDep) -> ClosureView:
    """Carry out a confirmed request now rather than when it is due (ID-43)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    closure = await acts.open_closure(tx, member.id)
    if closure is None:
        raise ClosureNotFound
    if closure.status != ClosureStatus.CONFIRMED:
        raise IllegalMove(f"it is {closure.status}; only a confirmed request is carried out")
    await acts.require_free(tx, member.id, tx.today)
    await acts.deactivate(tx, member, closure, StandingActor.SUPPORT, own.settings.periods)
    return ClosureView.model_validate(closure)


@router.post(
    "/staff/members/{member_id}/reactivation",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, ClosureNotFound, ReturnNotOpen, ReturnPeriodOver),
)
async def reactivate(member_id: UUID, tx: TxDep) -> AccountView:
    """Bring an account back at its owner's request, until day 30 included (ID-41)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    closure = await acts.open_closure(tx, member.id)
    if closure is None:
        raise ClosureNotFound
    await acts.reopen(tx, member, closure, StandingActor.SUPPORT)
    return AccountView(member_id=member.id, standing=member.standing, erased_at=None)


@router.post(
    "/staff/members/{member_id}/death",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, AlreadyDeactivated, FileNotAccepted, FileTooLarge),
)
async def record_death(
    member_id: UUID,
    *,
    reference: Annotated[Reference, Form()],
    file: UploadFile,
    caller: CallerDep,
    tx: TxDep,
    own: OwnDep,
    platform: PlatformDep,
) -> ClosureView:
    """Deactivate the account of somebody who died, on the proof handed over (ID-36)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    proof = await platform.files.keep(file, accept=ACCEPTED)
    closure = await acts.close(
        tx,
        member,
        ClosureKind.DEATH,
        StandingActor.SUPPORT,
        own.settings.periods,
        who=caller.member_id,
        reference=reference,
        proof_key=proof.key,
        proof_name=proof.name,
        proof_media_type=proof.media_type,
        proof_sha256=proof.sha256,
        proof_size=proof.size,
    )
    audit(tx, "member.death_recorded", member.id, closure=closure.id, sha256=proof.sha256)
    return ClosureView.model_validate(closure)


_FILE = {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(ACCEPTED)}}}


@router.get(
    "/staff/closures/{closure_id}/proof",
    access=SUPPORT,
    response_class=Response,
    responses=_FILE | documented(ClosureNotFound, FileMissing),
)
async def read_proof(closure_id: UUID, tx: TxDep, platform: PlatformDep) -> Response:
    """The proof of a death as it was handed over."""
    closure = await get_or(tx, Closure, closure_id, ClosureNotFound())
    if not (closure.proof_key and closure.proof_name and closure.proof_media_type and closure.proof_sha256):
        raise FileMissing
    stored = StoredFile(
        closure.proof_key,
        closure.proof_name,
        closure.proof_media_type,
        closure.proof_sha256,
        closure.proof_size or 0,
    )
    audit(tx, "member.death_proof_read", closure.member_id, closure=closure.id)
    return attachment(stored, await platform.files.read(stored.key))


@router.post(
    "/staff/members/{member_id}/content-handover",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, CourtDecisionOnly),
)
async def hand_over_content(member_id: UUID, body: CourtDecision, caller: CallerDep, tx: TxDep) -> HandoverView:
    """Open a dead member's content to heirs, by a court's decision and nothing less (ID-36)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    closure = await acts.open_closure(tx, member.id)
    if closure is None or closure.kind != ClosureKind.DEATH or body.decided_on > tx.today:
        raise CourtDecisionOnly
    handover = ContentHandover(
        member_id=member.id,
        court_decision_reference=body.court_decision_reference,
        decided_on=body.decided_on,
        recorded_by=caller.member_id,
        recorded_at=tx.now,
    )
    tx.add(handover)
    await tx.flush()
    audit(tx, "member.content_handed_over", member.id, handover=handover.id)
    return HandoverView.model_validate(handover)
