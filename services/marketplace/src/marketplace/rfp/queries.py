"""How requests are found, and by whom."""

import re
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from chassis import Tx
from marketplace.actor import Actor
from marketplace.directory.references import Reference
from marketplace.proposal.domain import Proposal
from marketplace.rfp.domain import OPEN, Rfp, RfpStatus

_NUMBER = re.compile(r"(?:RFP-)?([0-9]{1,9})(?:-[0-9]{1,9})?", re.ASCII | re.IGNORECASE)
_STRAY_MINUS = re.compile(r'(?<!\S)-(?![^\W_]|"[^\W_])|(?<=\S)(?<!\w)-')
"""A minus that neither excludes a word or a phrase nor stands within a word.

PostgreSQL nests one negation per minus and fails with `tsquery stack too small` beyond 32.
"""


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


def listed_for(actor: Actor, today: date) -> Select[Rfp]:
    """What the actor's list shows: a client's own in every status, for a provider those open to proposals."""
    if actor.buys:
        return select(Rfp).where(Rfp.client_company_id == actor.company_id)
    return select(Rfp).where(open_to_provider(actor.company_id, today))


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
