"""Who follows a request."""

from uuid import UUID

from sqlalchemy import select, tuple_

from chassis import Tx
from marketplace.directory.domain import Affiliation
from marketplace.favourite.domain import Favourite
from marketplace.proposal.domain import Proposal


async def interested_in(tx: Tx, rfp_id: UUID) -> list[UUID]:
    """The members to tell that the request is closed: it is their favourite, or they answered it (MK-03).

    Nobody else is told, nor anybody who has left the provider that they acted for.
    """
    marked = select(Favourite.member_id, Favourite.company_id).where(Favourite.rfp_id == rfp_id)
    answered = select(Proposal.author_id, Proposal.provider_company_id).where(Proposal.rfp_id == rfp_id)
    there = tuple_(Affiliation.member_id, Affiliation.company_id).in_(marked.union(answered))
    return sorted((await tx.scalars(select(Affiliation.member_id).where(there).distinct())).all())
