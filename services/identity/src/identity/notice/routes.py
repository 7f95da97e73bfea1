"""Notices to a member, and the member's answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import select

from chassis.audit import audit
from chassis.auth import MEMBER, staff
from chassis.db import Tx, get_locked
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from identity.member.domain import Member, MemberNotFound
from identity.notice.acts import give_notice
from identity.notice.domain import Notice, NoticeAnswered, NoticeNotFound
from identity.sanction.routes import NOT_ERASED, Paragraph

router = Router("notices")

LEGAL = staff(StaffScope.LEGAL)

Answer = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$",
    ),
]


class NewNotice(Body):
    """What the member does wrong, and what they must do about it."""

    breach: Paragraph
    demand: Paragraph


class NewAnswer(Body):
    """What the member says to it."""

    answer: Answer


class NoticeView(View):
    """One notice; from `runs_until` on it counts as unheeded, unless it was answered."""

    id: UUID
    member_id: UUID
    breach: str
    demand: str
    sent_at: datetime
    runs_until: datetime
    answered_at: datetime | None
    answer: str | None


@router.post("/staff/members/{member_id}/notices", access=LEGAL, status_code=201, responses=documented(MemberNotFound))
async def notify_breach(member_id: UUID, body: NewNotice, caller: CallerDep, tx: TxDep) -> NoticeView:
    """Demand that a breach stops; eight days without an answer later, the account may be terminated (ID-46)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    notice = await give_notice(tx, member, breach=body.breach, demand=body.demand, by=caller.member_id, mail=True)
    return NoticeView.model_validate(notice)


@router.get("/staff/members/{member_id}/notices", access=LEGAL)
async def list_notices(member_id: UUID, tx: TxDep, page: PageDep) -> Page[NoticeView]:
    """A member's notices, newest first."""
    query = select(Notice).where(Notice.member_id == member_id)
    return await page_of(tx, query, Notice.id, page, NoticeView.model_validate)


@router.post(
    "/staff/members/{member_id}/notices/{notice_id}/answer",
    access=LEGAL,
    status_code=201,
    responses=documented(NoticeNotFound, NoticeAnswered),
)
async def record_answer(member_id: UUID, notice_id: UUID, body: NewAnswer, caller: CallerDep, tx: TxDep) -> NoticeView:
    """Record what a member wrote back, who may be suspended and unable to answer here."""
    return await _answer(tx, notice_id, member_id, body.answer, caller.member_id)


@router.get("/members/me/notices", access=MEMBER)
async def list_my_notices(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[NoticeView]:
    """Notices to you, newest first."""
    query = select(Notice).where(Notice.member_id == caller.member_id)
    return await page_of(tx, query, Notice.id, page, NoticeView.model_validate)


@router.post(
    "/members/me/notices/{notice_id}/answer",
    access=MEMBER,
    status_code=201,
    responses=documented(NoticeNotFound, NoticeAnswered),
)
async def answer_notice(notice_id: UUID, body: NewAnswer, caller: CallerDep, tx: TxDep) -> NoticeView:
    """Answer a notice; an answered one leads to no termination (ID-46)."""
    return await _answer(tx, notice_id, caller.member_id, body.answer, caller.member_id)


async def _answer(tx: Tx, notice_id: UUID, member_id: UUID, text: str, by: UUID) -> NoticeView:
    notice = await get_locked(tx, Notice, notice_id, NoticeNotFound(), Notice.member_id == member_id)
    notice.record_answer(text, by, tx.now)
    audit(tx, "notice.answered", notice.id, member=member_id)
    return NoticeView.model_validate(notice)
