"""What becomes of a proposal after its retention."""

from sqlalchemy import select

from chassis import Consumers, Tx
from contracts.contracting import BdcIssued
from marketplace.proposal.domain import Proposal

consumers = Consumers("marketplace")


@consumers.on(BdcIssued)
async def mark_won_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """The platform's order is out: what was being contracted is won (MK-10); a renewal's order changes nothing."""
    query = select(Proposal).where(Proposal.id == event.proposal_id).with_for_update()
    proposal = (await tx.scalars(query)).one_or_none()
    if proposal is not None:
        proposal.won_at = proposal.won_at or event.issued_at
