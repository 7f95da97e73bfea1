"""A round of negotiation: one side names a daily rate, the other accepts, stops, or names another.

Whoever accepts has not won anything: the proposal's rate changes, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.roles import BUYERS, SELLERS, CompanyKind, Role
from contracts.values import Money, Value
from marketplace.actor import Actor
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.values import Price, Prose


class RoundStatus(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    STOPPED = "stopped"
    COUNTERED = "countered"


_EITHER: set[Role] = set(BUYERS | SELLERS)

MOVES: dict[RoundStatus, Move[RoundStatus, Role]] = {
    RoundStatus.ACCEPTED: moves({RoundStatus.OPEN}, _EITHER),
    RoundStatus.STOPPED: moves({RoundStatus.OPEN}, _EITHER),
    RoundStatus.COUNTERED: moves({RoundStatus.OPEN}, _EITHER),
}
"""Always by the side that did not make the offer (`NotYourTurn`)."""
NEGOTIABLE = frozenset({ProposalStatus.INTERESTING, ProposalStatus.SELECTED})


class RoundNotFound(NotFound):
    """No such offer, or not yours to see."""

    code, title = "round_not_found", "There is no such offer"


class NotNegotiable(Conflict):
    """The rate is spoken of only while the proposal is interesting or selected."""

    code, title = "not_negotiable", "The rate of this proposal is not open to negotiation"


class RoundOpen(Conflict):
    """One offer at a time."""

    code, title = "round_open", "An offer waits for its answer already"


class NotYourTurn(Conflict):
    """Nobody answers their own offer."""

    code, title = "not_your_turn", "This offer is for the other side to answer"


class Offer(Value):
    """A daily rate, and what is said to it."""

    daily_rate: Price
    """Price of a day, without VAT."""
    comment: Prose | None = None


class Round(Base):
    """One offer and its answer."""

    __tablename__ = "negotiation_rounds"
    __table_args__ = (
        Index(None, "proposal_id", "id"),
        Index("uq_negotiation_rounds_open", "proposal_id", unique=True, postgresql_where=text("status = 'open'")),
        CheckConstraint("daily_rate_amount > 0", name="daily_rate_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(20))
    offered_by: Mapped[CompanyKind] = mapped_column(String(20))
    """The side that named the rate."""
    author_id: Mapped[UUID]
    daily_rate_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    comment: Mapped[str | None]
    offered_at: Mapped[datetime]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]

    @property
    def daily_rate(self) -> Money:
        """Price of a day, without VAT."""
        return Money(amount=self.daily_rate_amount)

    @classmethod
    def offer(cls, offer: Offer, proposal: Proposal, by: Actor, at: datetime) -> Round:
        """Name a rate. Raises NotNegotiable."""
        check_negotiable(proposal)
        return cls(
            id=new_id(),
            version=1,
            proposal_id=proposal.id,
            status=RoundStatus.OPEN,
            offered_by=side_of(by),
            author_id=by.member_id,
            daily_rate_amount=offer.daily_rate.amount,
            comment=offer.comment,
            offered_at=at,
        )

    def accept(self, proposal: Proposal, by: Actor, at: datetime) -> None:
        """Agree: the proposal's rate is this one from now on. Raises NotNegotiable, NotYourTurn or IllegalMove."""
        self.answer(RoundStatus.ACCEPTED, by, at)
        check_negotiable(proposal)
        proposal.daily_rate_amount = self.daily_rate_amount
        proposal.version += 1

    def answer(self, answer: RoundStatus, by: Actor, at: datetime) -> None:
        """Accept, stop or counter. Raises NotYourTurn or IllegalMove."""
        status = check_move(MOVES, RoundStatus(self.status), answer, by.role)
        require(side_of(by) != self.offered_by, NotYourTurn())
        self.status, self.answered_by, self.answered_at = status, by.member_id, at
        self.version += 1


def side_of(by: Actor) -> CompanyKind:
    """On which side somebody acts."""
    return CompanyKind.CLIENT if by.buys else CompanyKind.PROVIDER


def check_negotiable(proposal: Proposal) -> None:
    """Raise NotNegotiable unless the client is interested and has not chosen yet."""
    require(ProposalStatus(proposal.status) in NEGOTIABLE, NotNegotiable())
