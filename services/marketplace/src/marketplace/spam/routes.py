"""Calling a proposal off-topic, and the platform's look at it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, true

from chassis import audit, emit, get_locked, get_or
from chassis.auth import may, staff
from chassis.clock import business_date
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.notification import NotificationRequested
from contracts.permissions import Permission
from contracts.roles import StaffScope
from marketplace.actor import acting
from marketplace.choice.domain import mark_spam, unmark_spam
from marketplace.proposal.domain import Proposal
from marketplace.proposal.queries import held_with_rfp, visible_to
from marketplace.proposal.refusals import ProposalNotFound
from marketplace.proposal.views import ProposalView
from marketplace.settings import MarketplaceSettings
from marketplace.spam.domain import COUNTED, SpamMark, SpamMarkLifted, SpamMarkNotFound
from marketplace.spam.queries import hold_author, marks_of, pause_of
from marketplace.values import Prose

router = Router("spam")


class LiftingBody(Body):
    """Why the proposal was on topic after all."""

    reason: Prose


class SpamMarkView(View):
    """A proposal that a client called off-topic."""

    id: UUID
    proposal_id: UUID
    author_id: UUID
    provider_company_id: UUID
    client_company_id: UUID
    marked_by: UUID
    marked_at: datetime
    lifted_at: datetime | None
    lifting_reason: str | None


@router.post(
    "/proposals/{proposal_id}/spam",
    access=may(Permission.RUN_RFPS),
    responses=documented(ProposalNotFound, IllegalMove),
)
async def mark_proposal(proposal_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> ProposalView:
    """Call a proposal off-topic: its author is told, warned, and may answer nothing for a while after too many."""
    by, settings = acting(caller), _settings(platform.own)
    proposal, _ = await held_with_rfp(tx, proposal_id, visible_to(by))
    mark_spam(proposal, by, tx.now)
    await hold_author(tx, proposal.author_id)
    tx.add(SpamMark.put(proposal, by, tx.now))
    await tx.flush()
    count = sum(at > tx.now - COUNTED for at in await marks_of(tx, proposal.author_id, settings))
    emit(tx, _told(proposal, count, settings))
    until = await pause_of(tx, proposal.author_id, settings)
    if until is not None:
        emit(tx, _blocked(proposal, count, until))
    audit(tx, "proposal.spam", proposal.id, author=proposal.author_id, count=count)
    return ProposalView.model_validate(proposal)


@router.get("/staff/spam-marks", access=staff(StaffScope.SUPPORT))
async def list_marks(page: PageDep, tx: TxDep, author_id: UUID | None = None) -> Page[SpamMarkView]:
    """What clients called off-topic, all of it or one person's, the newest first."""
    marks = select(SpamMark).where(SpamMark.author_id == author_id if author_id else true())
    return await page_of(tx, marks, SpamMark.id, page, SpamMarkView.model_validate)


@router.post(
    "/staff/spam-marks/{mark_id}/lifting",
    access=staff(StaffScope.SUPPORT),
    responses=documented(SpamMarkNotFound, SpamMarkLifted, IllegalMove),
)
async def lift_mark(mark_id: UUID, body: LiftingBody, caller: CallerDep, tx: TxDep) -> SpamMarkView:
    """It was on topic: it counts no more, and the client reads it again; what it led to ends with it."""
    found = await get_or(tx, SpamMark, mark_id, SpamMarkNotFound())
    proposal, _ = await held_with_rfp(tx, found.proposal_id, true())
    mark = await get_locked(tx, SpamMark, mark_id, SpamMarkNotFound())
    mark.lift(caller.member_id, body.reason, tx.now)
    if proposal.closed_at is None:
        unmark_spam(proposal, tx.now)
    context = {"rfp_reference": proposal.rfp_reference}
    emit(
        tx,
        NotificationRequested(
            subject_id=proposal.id, template="spam_lifted", members=[proposal.author_id], context=context
        ),
    )
    audit(tx, "proposal.spam_lifted", proposal.id, mark=mark.id, author=mark.author_id)
    return SpamMarkView.model_validate(mark)


def _settings(own: object) -> MarketplaceSettings:
    assert isinstance(own, MarketplaceSettings)
    return own


def _told(proposal: Proposal, count: int, settings: MarketplaceSettings) -> NotificationRequested:
    """With the limit, once it is near enough to be warned of."""
    limit = str(settings.spam_limit) if count >= settings.spam_warning else ""
    context = {"rfp_reference": proposal.rfp_reference, "count": str(count), "limit": limit}
    return NotificationRequested(
        subject_id=proposal.id, template="proposal_spam", members=[proposal.author_id], context=context
    )


def _blocked(proposal: Proposal, count: int, until: datetime) -> NotificationRequested:
    context = {"count": str(count), "until": f"{business_date(until):%Y-%m-%d}"}
    return NotificationRequested(
        subject_id=proposal.id, template="answering_blocked", members=[proposal.author_id], context=context
    )
