"""Whose proposals may be read, and how they are held while somebody decides."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select

from chassis import Tx, get_locked
from marketplace.actor import Actor
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.proposal.refusals import ProposalNotFound
from marketplace.proposal.tabs import Tab
from marketplace.rfp.domain import Rfp
from marketplace.rfp.refusals import RfpNotFound

_APPOINTED = Proposal.status == ProposalStatus.APPOINTED
IN_TAB: dict[Tab, ColumnElement[bool]] = {
    Tab.IN_PROGRESS: and_(~_APPOINTED, Proposal.closed_at.is_(None)),
    Tab.CONTRACTING: and_(_APPOINTED, Proposal.won_at.is_(None)),
    Tab.WON: and_(_APPOINTED, Proposal.won_at.is_not(None)),
    Tab.LOST: and_(~_APPOINTED, Proposal.closed_at.is_not(None)),
}
"""`Proposal.tab`, for lists."""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The proposals sent to a client, or those of the provider's own company."""
    if actor.buys:
        return Proposal.client_company_id == actor.company_id
    return Proposal.provider_company_id == actor.company_id


async def is_proposed(tx: Tx, rfp_id: UUID, consultant_id: UUID | None, *, but: UUID | None = None) -> bool:
    """Whether a live proposal, another than one of them, offers this consultant for this request."""
    live = (
        Proposal.rfp_id == rfp_id,
        Proposal.consultant_id == consultant_id,
        Proposal.status != ProposalStatus.CANCELLED,
        Proposal.id != but if but else Proposal.id.is_not(None),
    )
    with tx.no_autoflush:  # what is about to be written is asked about, not yet written
        return bool(await tx.scalar(select(exists().where(*live))))


async def seen(tx: Tx, actor: Actor, proposal_id: UUID) -> Proposal:
    """A proposal to read. Raises ProposalNotFound."""
    found = (await tx.scalars(select(Proposal).where(Proposal.id == proposal_id, visible_to(actor)))).one_or_none()
    if found is None:
        raise ProposalNotFound
    return found


async def held(tx: Tx, actor: Actor, proposal_id: UUID) -> Proposal:
    """A proposal to change. Raises ProposalNotFound."""
    return await get_locked(tx, Proposal, proposal_id, ProposalNotFound(), visible_to(actor))


async def held_with_rfp(tx: Tx, proposal_id: UUID, scope: ColumnElement[bool]) -> tuple[Proposal, Rfp]:
    """A proposal and its request, both locked, the request first as everywhere. Raises ProposalNotFound."""
    rfp_id = await tx.scalar(select(Proposal.rfp_id).where(Proposal.id == proposal_id, scope))
    if rfp_id is None:
        raise ProposalNotFound
    rfp = await get_locked(tx, Rfp, rfp_id, RfpNotFound())
    return await get_locked(tx, Proposal, proposal_id, ProposalNotFound(), scope), rfp


async def lose_others(tx: Tx, rfp_id: UUID, at: datetime) -> list[Proposal]:
    """The request, which the caller has locked, closed: every proposal but an appointed one is lost; return them."""
    open_ones = select(Proposal).where(
        Proposal.rfp_id == rfp_id, Proposal.status != ProposalStatus.APPOINTED, Proposal.closed_at.is_(None)
    )
    lost = list(await tx.scalars(open_ones.order_by(Proposal.id).with_for_update()))
    for proposal in lost:
        proposal.lose(at)
    return lost
