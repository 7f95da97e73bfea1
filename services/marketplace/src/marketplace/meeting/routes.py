"""Proposing, answering and cancelling qualification meetings (MK-07)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import AwareDatetime, Field
from sqlalchemy import exists, select

from chassis import Tx, audit, emit, get_locked
from chassis.auth import may
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.actor import Actor, acting
from marketplace.directory.domain import Company
from marketplace.meeting import notices
from marketplace.meeting.calendar import invitation
from marketplace.meeting.domain import (
    Invitation,
    Meeting,
    MeetingNotConfirmed,
    MeetingNotFound,
    MeetingStatus,
    MeetingWaiting,
    NotInteresting,
    Slot,
    SlotNotFuture,
    UnknownSlot,
)
from marketplace.proposal.domain import Proposal
from marketplace.proposal.queries import held, seen, visible_to
from marketplace.proposal.refusals import ProposalNotFound
from marketplace.values import Prose

router = Router("meetings")


class InvitationBody(Invitation, Body):
    """What a client proposes."""


class ConfirmationBody(Body):
    """The start of the slot that suits."""

    start: AwareDatetime


class RefusalBody(Body):
    """Why none suits, and what would."""

    reason: Prose
    other_slots: Annotated[list[Slot], Field(max_length=5)] = []


class MeetingCancellationBody(Body):
    """Why it does not take place."""

    reason: Prose


class MeetingView(View):
    """A meeting as both sides see it."""

    id: UUID
    proposal_id: UUID
    status: MeetingStatus
    slots: list[Slot]
    minutes: int
    place: str | None
    message: str | None
    agreed: Slot | None
    other_slots: list[Slot]
    reason: str | None
    proposed_at: datetime
    answered_at: datetime | None
    cancelled_at: datetime | None


@router.post(
    "/proposals/{proposal_id}/meetings",
    access=may(Permission.RUN_RFPS),
    status_code=201,
    responses=documented(ProposalNotFound, NotInteresting, MeetingWaiting, SlotNotFuture),
)
async def propose_meeting(proposal_id: UUID, body: InvitationBody, caller: CallerDep, tx: TxDep) -> MeetingView:
    """Propose one to five times for a meeting about an interesting proposal."""
    by = acting(caller)
    proposal = await held(tx, by, proposal_id)
    meeting = Meeting.propose(body, proposal, by, tx.now)
    waiting = exists().where(Meeting.proposal_id == proposal.id, Meeting.status == MeetingStatus.PROPOSED)
    if await tx.scalar(select(waiting)):
        raise MeetingWaiting
    tx.add(meeting)
    emit(tx, notices.proposed(meeting, proposal))
    audit(tx, "meeting.propose", meeting.id, proposal=proposal.id)
    return MeetingView.model_validate(meeting)


@router.get(
    "/proposals/{proposal_id}/meetings",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(ProposalNotFound),
)
async def list_meetings(proposal_id: UUID, page: PageDep, caller: CallerDep, tx: TxDep) -> Page[MeetingView]:
    """Every meeting about a proposal, the newest first."""
    proposal = await seen(tx, acting(caller), proposal_id)
    held_so_far = select(Meeting).where(Meeting.proposal_id == proposal.id)
    return await page_of(tx, held_so_far, Meeting.id, page, MeetingView.model_validate)


@router.get("/meetings/{meeting_id}", access=may(Permission.FOLLOW_RFPS), responses=documented(MeetingNotFound))
async def read_meeting(meeting_id: UUID, caller: CallerDep, tx: TxDep) -> MeetingView:
    """One meeting."""
    meeting, _ = await _of(tx, acting(caller), meeting_id)
    return MeetingView.model_validate(meeting)


@router.get(
    "/meetings/{meeting_id}/calendar",
    access=may(Permission.FOLLOW_RFPS),
    response_class=Response,
    responses={
        **documented(MeetingNotFound, MeetingNotConfirmed),
        200: {"content": {"text/calendar": {"schema": {"type": "string"}}}, "description": "An iCalendar file"},
    },
)
async def download_calendar(meeting_id: UUID, caller: CallerDep, tx: TxDep) -> Response:
    """The agreed time as an iCalendar file (RFC 5545)."""
    meeting, proposal = await _of(tx, acting(caller), meeting_id)
    headers = {"Content-Disposition": 'attachment; filename="meeting.ics"', "X-Content-Type-Options": "nosniff"}
    return Response(await _calendar(tx, meeting, proposal), media_type="text/calendar", headers=headers)


@router.post(
    "/meetings/{meeting_id}/confirmation",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(MeetingNotFound, UnknownSlot, SlotNotFuture, IllegalMove),
)
async def confirm_meeting(meeting_id: UUID, body: ConfirmationBody, caller: CallerDep, tx: TxDep) -> MeetingView:
    """Take one of the times; both sides are mailed an invitation for their calendars."""
    by = acting(caller)
    meeting, proposal = await _held(tx, by, meeting_id)
    meeting.confirm(body.start, by, tx.now)
    emit(tx, notices.confirmed(meeting, proposal, await _calendar(tx, meeting, proposal)))
    audit(tx, "meeting.confirm", meeting.id, proposal=proposal.id)
    return MeetingView.model_validate(meeting)


@router.post(
    "/meetings/{meeting_id}/refusal",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(MeetingNotFound, SlotNotFuture, IllegalMove),
)
async def decline_meeting(meeting_id: UUID, body: RefusalBody, caller: CallerDep, tx: TxDep) -> MeetingView:
    """Say why no time suits, and which would; the client may propose again."""
    by = acting(caller)
    meeting, proposal = await _held(tx, by, meeting_id)
    meeting.decline(body.reason, body.other_slots, by, tx.now)
    emit(tx, notices.declined(meeting, proposal))
    audit(tx, "meeting.decline", meeting.id, proposal=proposal.id)
    return MeetingView.model_validate(meeting)


@router.post(
    "/meetings/{meeting_id}/cancellation",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(MeetingNotFound, IllegalMove),
)
async def cancel_meeting(meeting_id: UUID, body: MeetingCancellationBody, caller: CallerDep, tx: TxDep) -> MeetingView:
    """Call it off, from either side; calendars that know the time are told."""
    by = acting(caller)
    meeting, proposal = await _held(tx, by, meeting_id)
    meeting.cancel(body.reason, by, tx.now)
    known = await _calendar(tx, meeting, proposal) if meeting.agreed else None
    emit(tx, notices.cancelled(meeting, proposal, known))
    audit(tx, "meeting.cancel", meeting.id, proposal=proposal.id)
    return MeetingView.model_validate(meeting)


async def _of(tx: Tx, actor: Actor, meeting_id: UUID) -> tuple[Meeting, Proposal]:
    query = (
        select(Meeting, Proposal)
        .join(Proposal, Proposal.id == Meeting.proposal_id)
        .where(Meeting.id == meeting_id, visible_to(actor))
    )
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        raise MeetingNotFound
    return found[0], found[1]


async def _held(tx: Tx, by: Actor, meeting_id: UUID) -> tuple[Meeting, Proposal]:
    """A meeting and its proposal, locked in the order of everybody: the proposal first."""
    meeting, proposal = await _of(tx, by, meeting_id)
    proposal = await held(tx, by, proposal.id)
    return await get_locked(tx, Meeting, meeting.id, MeetingNotFound()), proposal


async def _calendar(tx: Tx, meeting: Meeting, proposal: Proposal) -> str:
    client = await tx.get(Company, proposal.client_company_id)
    return invitation(meeting, proposal, client, tx.now)
