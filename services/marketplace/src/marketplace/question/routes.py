"""Asking about a request, answering, and reading both (MK-05)."""

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from pydantic import ConfigDict
from sqlalchemy import ColumnElement, or_, select

from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import may
from chassis.errors import IllegalMove, VersionConflict
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit, admit_provider
from marketplace.actor import Actor, acting
from marketplace.question import notices
from marketplace.question.domain import PublicProse, Question, QuestionNotFound, QuestionStatus, RfpNotOpen
from marketplace.rfp.domain import Rfp
from marketplace.rfp.queries import rfp_of, visible_to
from marketplace.rfp.refusals import RfpNotFound

router = Router("questions")


class TextBody(Body):
    """What is asked, or answered."""

    text: PublicProse


class Asker(View):
    """The provider that asks."""

    company_id: UUID
    name: str


class QuestionView(View):
    """A question; who asked is shown to the client and to the asker's own colleagues."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    rfp_id: UUID
    status: QuestionStatus
    asked_by: Asker | None
    """Absent for another supplier's question."""
    mine: bool
    """Whether the caller's own company asked."""
    text: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    version: int


@router.post(
    "/rfps/{rfp_id}/questions",
    access=may(Permission.ANSWER_RFPS),
    status_code=201,
    responses=documented(RfpNotFound, RfpNotOpen, *MARKET_CLOSED),
)
async def ask_question(rfp_id: UUID, body: TextBody, caller: CallerDep, tx: TxDep, response: Response) -> QuestionView:
    """Ask the client before proposing; all who see the request will read it, without your name."""
    by = acting(caller)
    provider = await admit_provider(tx, by)
    rfp = await get_locked(tx, Rfp, rfp_id, RfpNotFound(), visible_to(by, tx.today))
    question = Question.ask(body.text, rfp, provider, by, tx.now)
    tx.add(question)
    emit(tx, notices.asked(question, rfp))
    audit(tx, "question.ask", question.id, rfp=rfp.id)
    return _shown(question, by, response)


@router.get(
    "/rfps/{rfp_id}/questions",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(RfpNotFound, *MARKET_CLOSED),
)
async def list_questions(rfp_id: UUID, page: PageDep, caller: CallerDep, tx: TxDep) -> Page[QuestionView]:
    """What was asked about a request, and the answers, the oldest first."""
    actor = acting(caller)
    await admit(tx, actor)
    if await rfp_of(tx, rfp_id, visible_to(actor, tx.today)) is None:
        raise RfpNotFound
    shown = or_(Question.status != QuestionStatus.HIDDEN, _own(actor))
    asked = select(Question).where(Question.rfp_id == rfp_id, shown)
    return await page_of(tx, asked, Question.id, page, lambda one: _shown(one, actor), oldest_first=True)


@router.put(
    "/questions/{question_id}",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(QuestionNotFound, IllegalMove, VersionConflict, *MARKET_CLOSED),
)
async def reword_question(
    question_id: UUID, body: TextBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> QuestionView:
    """Word one's company's question anew, as long as it has no answer."""
    by = acting(caller)
    await admit(tx, by)
    question = await _own_locked(tx, by, question_id)
    check_if_match(request, question.version)
    question.reword(body.text, by)
    audit(tx, "question.reword", question.id)
    return _shown(question, by, response)


@router.post(
    "/questions/{question_id}/answer",
    access=may(Permission.RUN_RFPS),
    responses=documented(QuestionNotFound, IllegalMove, VersionConflict),
)
async def answer_question(
    question_id: UUID, body: TextBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> QuestionView:
    """Answer for all who see the request, once; `If-Match` makes sure that the question is still the one read."""
    by = acting(caller)
    question = await _own_locked(tx, by, question_id)
    check_if_match(request, question.version)
    question.reply(body.text, by, tx.now)
    emit(tx, notices.answered(question, await get_or(tx, Rfp, question.rfp_id, RfpNotFound())))
    audit(tx, "question.answer", question.id, rfp=question.rfp_id)
    return _shown(question, by, response)


@router.post(
    "/questions/{question_id}/hiding",
    access=may(Permission.RUN_RFPS),
    responses=documented(QuestionNotFound, IllegalMove),
)
async def hide_question(question_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> QuestionView:
    """Take a question that is off topic away from other suppliers."""
    by = acting(caller)
    question = await _own_locked(tx, by, question_id)
    question.hide(by, tx.now)
    audit(tx, "question.hide", question.id, rfp=question.rfp_id)
    return _shown(question, by, response)


def _own(actor: Actor) -> ColumnElement[bool]:
    side = Question.client_company_id if actor.buys else Question.provider_company_id
    return side == actor.company_id


async def _own_locked(tx: Tx, by: Actor, question_id: UUID) -> Question:
    return await get_locked(tx, Question, question_id, QuestionNotFound(), _own(by))


def _shown(question: Question, to: Actor, response: Response | None = None) -> QuestionView:
    if response is not None:
        set_etag(response, question.version)
    mine = question.provider_company_id == to.company_id
    known = mine or question.client_company_id == to.company_id
    return QuestionView(
        id=question.id,
        rfp_id=question.rfp_id,
        status=QuestionStatus(question.status),
        asked_by=Asker(company_id=question.provider_company_id, name=question.provider_name) if known else None,
        mine=mine,
        text=question.text,
        asked_at=question.asked_at,
        answer=question.answer,
        answered_at=question.answered_at,
        version=question.version,
    )
