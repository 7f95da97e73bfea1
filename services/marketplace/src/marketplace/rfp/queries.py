"""How requests are found, and by whom."""

import re
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from chassis import Tx
from marketplace.actor import Actor
from marketplace.proposal.domain import Proposal
from marketplace.rfp.domain import Rfp, RfpStatus

_NUMBER = re.compile(r"(?:RFP-)?([0-9]{1,9})(?:-[0-9]{1,9})?", re.ASCII | re.IGNORECASE)
_STRAY_MINUS = re.compile(r'(?<!\S)-(?![^\W_]|"[^\W_])|(?<=\S)(?<!\w)-')
"""A minus that neither excludes a word or a phrase nor stands within a word.

PostgreSQL nests one negation per minus and fails with `tsquery stack too small` beyond 32.
"""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """What the actor may read: a client its own requests, a provider the open ones and those it answered."""
    if actor.buys:
        return Rfp.client_company_id == actor.company_id
    answered = select(Proposal.id).where(Proposal.rfp_id == Rfp.id, Proposal.provider_company_id == actor.company_id)
    return or_(Rfp.status == RfpStatus.PUBLISHED, and_(Rfp.status == RfpStatus.AWARDED, answered.exists()))


def listed_for(actor: Actor) -> Select[Rfp]:
    """What the actor's list shows: a client's own in every status, for a provider those open to proposals."""
    if actor.buys:
        return select(Rfp).where(Rfp.client_company_id == actor.company_id)
    return select(Rfp).where(Rfp.status == RfpStatus.PUBLISHED)


def matching(words: str) -> ColumnElement[bool]:
    """Requests whose title, description or skills hold the words, or whose number they are (MK-01)."""
    asked = _STRAY_MINUS.sub(" ", words)
    found: list[ColumnElement[bool]] = [
        Rfp.search.bool_op("@@")(func.websearch_to_tsquery(config, asked)) for config in ("french", "simple")
    ]
    number = _NUMBER.fullmatch(words.strip())
    if number:
        found.append(Rfp.number == int(number[1]))
    return or_(*found)


async def rfp_of(tx: Tx, rfp_id: UUID, scope: ColumnElement[bool]) -> Rfp | None:
    """The request, within what the caller may see."""
    return (await tx.scalars(select(Rfp).where(Rfp.id == rfp_id, scope))).one_or_none()
