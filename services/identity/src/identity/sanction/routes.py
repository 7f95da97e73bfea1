"""What the platform's jurists decide against a member, and take back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select

from chassis.auth import staff
from chassis.db import get_locked
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from identity.closing.domain import AlreadyDeactivated, ReturnNotOpen, ReturnPeriodOver
from identity.member.domain import Member, MemberNotFound
from identity.notice.domain import NoticeAnswered, NoticeNotFound, NoticeStillRuns
from identity.own import OwnDep
from identity.profile.domain import Section
from identity.sanction.acts import impose, lift
from identity.sanction.domain import (
    BLOCKABLE,
    EndNotPossible,
    Ground,
    GroundDoesNotFit,
    Measure,
    NoticeNeeded,
    Sanction,
    SanctionIncomplete,
    SanctionNotFound,
    SanctionReason,
    SanctionStatus,
    SanctionType,
)
from identity.standing.domain import Standing, StandingActor

router = Router("sanctions")

LEGAL = staff(StaffScope.LEGAL)
NOT_ERASED = Member.standing != Standing.ERASED

PATH = "/staff/members/{member_id}/sanctions"

Paragraph = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=1000,
        pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$",
    ),
]
"""A text of up to 1,000 characters, line breaks among them."""

Blockable = Literal["company", "marketplace", "contracting", "timesheet", "billing"]


class Imposition(Body):
    """What is imposed, why, and by what right; which details go with which type, the refusal says.

    `demand` goes with suspend, `sections` with hide_profile, `services` with block_service, `messages` with
    delete_messages; `notice_id` with a termination for breach. `ends_on` is the last day on which it holds.
    """

    type: SanctionType
    reason: SanctionReason
    ground: Ground
    explanation: Paragraph
    demand: Paragraph | None = None
    notice_id: UUID | None = None
    ends_on: date | None = None
    sections: Annotated[list[Section], Field(max_length=5)] = []
    services: Annotated[list[Blockable], Field(max_length=5)] | Literal["all"] = []
    messages: Annotated[list[UUID], Field(max_length=500)] = []
    refuse_future_access: bool = False

    def measure(self) -> Measure:
        """The same for the rules."""
        said = self.model_dump(exclude={"notice_id", "services"})
        return Measure(**said, services=BLOCKABLE if self.services == "all" else self.services)


class SanctionView(View):
    """One sanction; `ends_on` is the last day on which it holds, absent when it holds for good."""

    id: UUID
    member_id: UUID
    type: SanctionType
    reason: SanctionReason
    ground: Ground
    explanation: str
    notice_id: UUID | None
    sections: list[str]
    services: list[str]
    messages: list[str]
    refuse_future_access: bool
    status: SanctionStatus
    imposed_by: UUID
    imposed_at: datetime
    ends_on: date | None
    ended_at: datetime | None


@router.post(
    PATH,
    access=LEGAL,
    status_code=201,
    responses=documented(
        MemberNotFound,
        SanctionIncomplete,
        GroundDoesNotFit,
        EndNotPossible,
        NoticeNeeded,
        NoticeNotFound,
        NoticeAnswered,
        NoticeStillRuns,
        AlreadyDeactivated,
    ),
)
async def impose_sanction(member_id: UUID, body: Imposition, caller: CallerDep, tx: TxDep, own: OwnDep) -> SanctionView:
    """Sanction a member at once, live sessions included, with a mail that says why (ID-44 to ID-49)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    sanction = await impose(tx, own, member, body.measure(), notice_id=body.notice_id, by=caller.member_id)
    return SanctionView.model_validate(sanction)


@router.get(PATH, access=LEGAL)
async def list_sanctions(member_id: UUID, tx: TxDep, page: PageDep) -> Page[SanctionView]:
    """A member's sanctions, newest first."""
    query = select(Sanction).where(Sanction.member_id == member_id)
    return await page_of(tx, query, Sanction.id, page, SanctionView.model_validate)


@router.post(
    PATH + "/{sanction_id}/lifting",
    access=LEGAL,
    status_code=201,
    responses=documented(MemberNotFound, SanctionNotFound, IllegalMove, ReturnNotOpen, ReturnPeriodOver),
)
async def lift_sanction(member_id: UUID, sanction_id: UUID, tx: TxDep) -> SanctionView:
    """Take a sanction back before its end."""
    member = await get_locked(tx, Member, member_id, MemberNotFound())
    sanction = await get_locked(tx, Sanction, sanction_id, SanctionNotFound(), Sanction.member_id == member_id)
    await lift(tx, member, sanction, SanctionStatus.LIFTED, StandingActor.LEGAL)
    return SanctionView.model_validate(sanction)
