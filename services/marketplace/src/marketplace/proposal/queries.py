"""Whose proposals may be read."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, select

from chassis import Tx
from marketplace.actor import Actor
from marketplace.proposal.domain import Proposal, ProposalStatus


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The proposals sent to a client, or those of the provider's own company."""
    if actor.buys:
        return Proposal.client_company_id == actor.company_id
    return Proposal.provider_company_id == actor.company_id


async def is_proposed(tx: Tx, rfp_id: UUID, consultant_id: UUID) -> bool:
    """Whether a live proposal offers this consultant for this request."""
    live = (
        Proposal.rfp_id == rfp_id,
        Proposal.consultant_id == consultant_id,
        Proposal.status != ProposalStatus.CANCELLED,
    )
    return bool(await tx.scalar(select(exists().where(*live))))
