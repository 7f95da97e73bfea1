"""How requests are found, and by whom."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from chassis import Tx, get_locked
from marketplace.actor import Actor
from marketplace.budget.domain import SpendingLine
from marketplace.directory.references import Reference
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.rfp.domain import Rfp
from marketplace.rfp.refusals import RfpNotFound
from marketplace.rfp.status import OPEN, RfpStage, RfpStatus, stage_of


def visible_to(actor: Actor, today: date) -> ColumnElement[bool]:
    """What the actor may read: a client its own requests, a provider what its waves allow."""
    if actor.buys:
        return Rfp.client_company_id == actor.company_id
    return visible_to_provider(actor.company_id, today)


def visible_to_provider(company_id: UUID, today: date) -> ColumnElement[bool]:
    """What a provider may read on this business date: what is open to it, and whatever it answered."""
    answered = select(Proposal.id).where(Proposal.rfp_id == Rfp.id, Proposal.provider_company_id == company_id)
    return or_(open_to_provider(company_id, today), and_(Rfp.number.is_not(None), answered.exists()))


def open_to_provider(company_id: UUID, today: date) -> ColumnElement[bool]:
    """What a provider may answer on this business date.

    A request reaches the client's preferred providers first and the market on its day (domain facts 1.3); one that
    is addressed to a single provider reaches no other.
    """
    preferred = select(Reference.id).where(
        Reference.client_company_id == Rfp.client_company_id,
        Reference.provider_company_id == company_id,
        Reference.preferred,
        Reference.off_since.is_(None),
    )
    reached = or_(Rfp.market_opens_on <= today, preferred.exists())
    published = and_(Rfp.status == RfpStatus.PUBLISHED, Rfp.addressee_id.is_(None), reached)
    return or_(published, and_(Rfp.status.in_(OPEN), Rfp.addressee_id == company_id))


def listed_for(actor: Actor, today: date) -> ColumnElement[bool]:
    """What the actor's list shows: a client's own in every status, for a provider those open to proposals."""
    if actor.buys:
        return Rfp.client_company_id == actor.company_id
    return open_to_provider(actor.company_id, today)


async def rfp_of(tx: Tx, rfp_id: UUID, scope: ColumnElement[bool]) -> Rfp | None:
    """The request, within what the caller may see."""
    return (await tx.scalars(select(Rfp).where(Rfp.id == rfp_id, scope))).one_or_none()


async def own_rfp(tx: Tx, by: Actor, rfp_id: UUID) -> Rfp:
    """The client's own request, locked. Raises RfpNotFound."""
    return await get_locked(tx, Rfp, rfp_id, RfpNotFound(), Rfp.client_company_id == by.company_id)


async def stages_of(tx: Tx, rfps: Sequence[Rfp]) -> dict[UUID, RfpStage]:
    """How the client reads each of its own requests: its status, and what its proposals add to it."""
    published = [rfp.id for rfp in rfps if rfp.status == RfpStatus.PUBLISHED]
    selected = and_(
        Proposal.status == ProposalStatus.SELECTED, Proposal.daily_rate_amount * Rfp.days > SpendingLine.buyer_threshold
    )
    query = (
        select(Proposal.rfp_id, func.coalesce(func.bool_or(selected), false()))
        .join(Rfp, Rfp.id == Proposal.rfp_id)
        .outerjoin(SpendingLine, SpendingLine.id == Rfp.spending_line_id)
        .where(Proposal.rfp_id.in_(published), Proposal.status != ProposalStatus.CANCELLED)
        .group_by(Proposal.rfp_id)
    )
    answered = {row[0]: bool(row[1]) for row in await tx.execute(query)} if published else {}
    return {rfp.id: stage_of(RfpStatus(rfp.status), answered.get(rfp.id)) for rfp in rfps}
