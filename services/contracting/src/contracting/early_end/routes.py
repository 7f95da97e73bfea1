"""End a mission early: one side proposes a day, the other agrees or not (CT-28)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import StringConstraints, field_validator
from sqlalchemy import select

from chassis import Tx, audit, emit, get_locked
from chassis.auth import Caller, may
from chassis.errors import Forbidden, IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracting.bdc.domain import Bdc
from contracting.bdc.queries import bdc_of
from contracting.early_end.domain import (
    EarlyEnd,
    EarlyEndNotFound,
    EarlyEndStatus,
    MonthAlreadyValidated,
    NotAnEarlyEnd,
    NoticeNotWaived,
)
from contracting.mission.consumers import people_of
from contracting.mission.domain import Mission, MissionNotFound
from contracting.mission.gates import Side
from contracting.mission.queries import mission_seen_by, visible_to
from contracting.renewal.queries import check_settled_months
from contracts.notification import NotificationRequested
from contracts.permissions import Permission
from contracts.roles import CompanyKind, StaffScope
from contracts.values import Month, Name

router = Router("early-ends")

EITHER = may(Permission.NEGOTIATE_MISSIONS)
READERS = may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS)

Comment = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$",
    ),
]
"""A text of up to 2,000 characters, line breaks among them."""


class EarlyEndProposal(Body):
    """The last day, why, and whatever else there is to say."""

    ends_on: date
    reason: Name
    comment: Comment | None = None

    @field_validator("ends_on")
    @classmethod
    def _of_our_time(cls, day: date) -> date:
        Month.of(day)
        return day


class Acceptance(Body):
    """Agreement; `waive_notice` is needed when the day shortens the order's notice."""

    waive_notice: bool = False


class EarlyEndRefusal(Body):
    """Why not."""

    reason: Name


class EarlyEndView(View):
    """A proposal, and what came of it."""

    id: UUID
    mission_id: UUID
    bdc_id: UUID
    status: EarlyEndStatus
    proposed_by_side: CompanyKind
    ends_on: date
    former_ends_on: date
    shortens_notice: bool
    reason: str
    comment: str | None
    refusal_reason: str | None
    proposed_at: datetime
    decided_at: datetime | None
    version: int


@router.post(
    "/missions/{mission_id}/early-ends",
    access=EITHER,
    status_code=201,
    responses=documented(MissionNotFound, IllegalMove, Forbidden, NotAnEarlyEnd, MonthAlreadyValidated),
)
async def propose_early_end(mission_id: UUID, body: EarlyEndProposal, tx: TxDep, caller: CallerDep) -> EarlyEndView:
    """Propose a last day to the other side; after a refusal, another one."""
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), visible_to(caller))
    bdc = await bdc_of(tx, mission.id)
    if bdc is None:
        raise IllegalMove("its first order is still to be issued")
    await check_settled_months(tx, bdc.id, body.ends_on)
    refused = select(EarlyEnd).where(EarlyEnd.mission_id == mission.id, EarlyEnd.status == EarlyEndStatus.REFUSED)
    before = (await tx.scalars(refused.with_for_update())).one_or_none()
    if before is not None:
        before.replace(caller.company_kind)
        await tx.flush()
    proposal = EarlyEnd.propose(
        mission,
        bdc,
        body.ends_on,
        side=_side(caller),
        reason=body.reason,
        comment=body.comment,
        by=caller.member_id,
        at=tx.now,
        today=tx.today,
    )
    tx.add(proposal)
    await tx.flush()
    audit(tx, "early_end.proposed", proposal.id, mission=mission.id)
    emit(tx, _tell(mission, proposal, caller))
    return EarlyEndView.model_validate(proposal)


@router.get("/missions/{mission_id}/early-ends", access=READERS, responses=documented(MissionNotFound))
async def list_early_ends(mission_id: UUID, tx: TxDep, caller: CallerDep, page: PageDep) -> Page[EarlyEndView]:
    """What was proposed for a mission, and what came of it."""
    await mission_seen_by(tx, caller, mission_id)
    query = select(EarlyEnd).where(EarlyEnd.mission_id == mission_id)
    return await page_of(tx, query, EarlyEnd.id, page, EarlyEndView.model_validate)


@router.get("/early-ends/{early_end_id}", access=READERS, responses=documented(EarlyEndNotFound))
async def read_early_end(early_end_id: UUID, response: Response, tx: TxDep, caller: CallerDep) -> EarlyEndView:
    """One proposal."""
    proposal, _, _ = await _seen_by(tx, caller, early_end_id)
    set_etag(response, proposal.version)
    return EarlyEndView.model_validate(proposal)


@router.post(
    "/early-ends/{early_end_id}/acceptance",
    access=EITHER,
    responses=documented(
        EarlyEndNotFound, IllegalMove, Forbidden, NoticeNotWaived, NotAnEarlyEnd, MonthAlreadyValidated
    ),
)
async def accept_early_end(early_end_id: UUID, body: Acceptance, tx: TxDep, caller: CallerDep) -> EarlyEndView:
    """The other side agrees: the order ends on that day, and everybody who counts its days hears so."""
    proposal, mission, bdc = await _seen_by(tx, caller, early_end_id)
    rescheduled = proposal.accept(
        mission,
        bdc,
        waive_notice=body.waive_notice,
        side=caller.company_kind,
        by=caller.member_id,
        at=tx.now,
        today=tx.today,
    )
    await check_settled_months(tx, bdc.id, proposal.ends_on)
    mission.advance(tx.today)
    emit(tx, rescheduled)
    audit(tx, "early_end.accepted", proposal.id, mission=mission.id, bdc=bdc.id)
    emit(tx, _tell(mission, proposal, caller))
    return EarlyEndView.model_validate(proposal)


@router.post(
    "/early-ends/{early_end_id}/refusal",
    access=EITHER,
    responses=documented(EarlyEndNotFound, IllegalMove, Forbidden),
)
async def refuse_early_end(early_end_id: UUID, body: EarlyEndRefusal, tx: TxDep, caller: CallerDep) -> EarlyEndView:
    """The other side does not agree; the order stays, unless the proposer comes back with another day."""
    proposal, mission, _ = await _seen_by(tx, caller, early_end_id)
    proposal.refuse(mission, body.reason, side=caller.company_kind, by=caller.member_id, at=tx.now)
    audit(tx, "early_end.refused", proposal.id, mission=mission.id)
    emit(tx, _tell(mission, proposal, caller))
    return EarlyEndView.model_validate(proposal)


@router.post(
    "/early-ends/{early_end_id}/withdrawal",
    access=EITHER,
    responses=documented(EarlyEndNotFound, IllegalMove, Forbidden),
)
async def withdraw_early_end(early_end_id: UUID, tx: TxDep, caller: CallerDep) -> EarlyEndView:
    """The proposer lets the order stay as it is: takes the proposal back, or accepts its refusal."""
    proposal, mission, _ = await _seen_by(tx, caller, early_end_id)
    proposal.withdraw(mission, caller.company_kind)
    audit(tx, "early_end.withdrawn", proposal.id, mission=mission.id)
    emit(tx, _tell(mission, proposal, caller))
    return EarlyEndView.model_validate(proposal)


async def _seen_by(tx: Tx, caller: Caller, early_end_id: UUID) -> tuple[EarlyEnd, Mission, Bdc]:
    """A proposal that the caller's side sees, its mission locked before it. Raises EarlyEndNotFound."""
    query = select(Mission).join(EarlyEnd, EarlyEnd.mission_id == Mission.id)
    query = query.where(EarlyEnd.id == early_end_id, visible_to(caller)).with_for_update(of=Mission)
    mission = (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    if mission is None:
        raise EarlyEndNotFound
    proposal = await get_locked(tx, EarlyEnd, early_end_id, EarlyEndNotFound())
    return proposal, mission, await get_locked(tx, Bdc, proposal.bdc_id, EarlyEndNotFound())


def _side(caller: Caller) -> CompanyKind:
    return caller.company_kind or CompanyKind.CLIENT


def _tell(mission: Mission, proposal: EarlyEnd, caller: Caller) -> NotificationRequested:
    """The other side hears of it; both once it is agreed."""
    people = people_of(mission)
    other = Side.PROVIDER if caller.company_kind is CompanyKind.CLIENT else Side.CLIENT
    agreed = proposal.status is EarlyEndStatus.ACCEPTED
    return NotificationRequested(
        subject_id=proposal.id,
        template="early_end_changed",
        roles=list(people.values()) if agreed else [people[other]],
        context={
            "title": mission.title,
            "consultant_name": mission.consultant_name,
            "status": proposal.status,
            "end": proposal.ends_on.isoformat(),
            "former_end": proposal.former_ends_on.isoformat(),
            "reason": proposal.refusal_reason or proposal.reason,
        },
    )
