"""Negotiating: the client begins, then each side answers the other's offer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select

from chassis import Tx, audit, emit, get_locked
from chassis.auth import may
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.roles import CompanyKind
from contracts.values import Money
from marketplace.actor import Actor, acting
from marketplace.negotiation import notices
from marketplace.negotiation.domain import (
    NotNegotiable,
    NotYourTurn,
    Offer,
    Round,
    RoundNotFound,
    RoundOpen,
    RoundStatus,
)
from marketplace.proposal.domain import Proposal
from marketplace.proposal.queries import held, held_with_rfp, seen, visible_to
from marketplace.proposal.refusals import DailyRateAboveMaximum, ProposalNotFound

router = Router("negotiations")


class OfferBody(Offer, Body):
    """A daily rate, and what is said to it."""


class RoundView(View):
    """One offer and its answer."""

    id: UUID
    proposal_id: UUID
    status: RoundStatus
    offered_by: CompanyKind
    daily_rate: Money
    comment: str | None
    offered_at: datetime
    answered_at: datetime | None


@router.post(
    "/proposals/{proposal_id}/negotiation-rounds",
    access=may(Permission.RUN_RFPS),
    status_code=201,
    responses=documented(ProposalNotFound, NotNegotiable, RoundOpen),
)
async def open_negotiation(proposal_id: UUID, body: OfferBody, caller: CallerDep, tx: TxDep) -> RoundView:
    """Offer a daily rate for an interesting or selected proposal; the client alone begins."""
    by = acting(caller)
    proposal = await held(tx, by, proposal_id)
    offered = Round.offer(body, proposal, by, tx.now)
    waiting = exists().where(Round.proposal_id == proposal.id, Round.status == RoundStatus.OPEN)
    if await tx.scalar(select(waiting)):
        raise RoundOpen
    tx.add(offered)
    emit(tx, notices.offered(offered, proposal, proposal.author_id))
    audit(tx, "negotiation.offer", offered.id, proposal=proposal.id, side=offered.offered_by)
    return RoundView.model_validate(offered)


@router.get(
    "/proposals/{proposal_id}/negotiation-rounds",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(ProposalNotFound),
)
async def list_rounds(proposal_id: UUID, page: PageDep, caller: CallerDep, tx: TxDep) -> Page[RoundView]:
    """Every offer and its answer, the newest first."""
    proposal = await seen(tx, acting(caller), proposal_id)
    history = select(Round).where(Round.proposal_id == proposal.id)
    return await page_of(tx, history, Round.id, page, RoundView.model_validate)


@router.post(
    "/negotiation-rounds/{round_id}/acceptance",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(RoundNotFound, NotNegotiable, NotYourTurn, IllegalMove),
)
async def accept_offer(round_id: UUID, caller: CallerDep, tx: TxDep) -> RoundView:
    """Agree to the other side's rate: the proposal's rate changes, and nothing else."""
    by = acting(caller)
    offered, proposal = await _answerable(tx, by, round_id)
    offered.accept(proposal, by, tx.now)
    emit(tx, notices.answered(offered, proposal))
    audit(tx, "negotiation.accept", offered.id, proposal=proposal.id, version=proposal.version)
    return RoundView.model_validate(offered)


@router.post(
    "/negotiation-rounds/{round_id}/stop",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(RoundNotFound, NotYourTurn, IllegalMove),
)
async def stop_negotiation(round_id: UUID, caller: CallerDep, tx: TxDep) -> RoundView:
    """Leave the rate as it is."""
    by = acting(caller)
    offered, proposal = await _answerable(tx, by, round_id)
    offered.answer(RoundStatus.STOPPED, by, tx.now)
    emit(tx, notices.answered(offered, proposal))
    audit(tx, "negotiation.stop", offered.id, proposal=proposal.id)
    return RoundView.model_validate(offered)


@router.post(
    "/negotiation-rounds/{round_id}/counter-offer",
    access=may(Permission.FOLLOW_RFPS),
    status_code=201,
    responses=documented(RoundNotFound, NotNegotiable, NotYourTurn, IllegalMove, DailyRateAboveMaximum),
)
async def counter_offer(round_id: UUID, body: OfferBody, caller: CallerDep, tx: TxDep) -> RoundView:
    """Name another rate; the answer is the other side's again."""
    by = acting(caller)
    proposal_id = await _proposal_of(tx, by, round_id)
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    offered = await get_locked(tx, Round, round_id, RoundNotFound())
    offered.answer(RoundStatus.COUNTERED, by, tx.now)
    proposal.check_rate(body.daily_rate, rfp)
    countered = Round.offer(body, proposal, by, tx.now)
    await tx.flush()  # the answered offer closes before the next one opens
    tx.add(countered)
    emit(tx, notices.offered(countered, proposal, offered.author_id))
    audit(tx, "negotiation.counter", countered.id, proposal=proposal.id, side=countered.offered_by)
    return RoundView.model_validate(countered)


async def _proposal_of(tx: Tx, by: Actor, round_id: UUID) -> UUID:
    query = (
        select(Proposal.id).join(Round, Round.proposal_id == Proposal.id).where(Round.id == round_id, visible_to(by))
    )
    found = await tx.scalar(query)
    if found is None:
        raise RoundNotFound
    return found


async def _answerable(tx: Tx, by: Actor, round_id: UUID) -> tuple[Round, Proposal]:
    """An offer and its proposal, locked in the order of everybody: the proposal first."""
    proposal = await held(tx, by, await _proposal_of(tx, by, round_id))
    return await get_locked(tx, Round, round_id, RoundNotFound()), proposal
