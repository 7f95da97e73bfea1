"""A provider's member with an address that a client company gave them: staff look at it first (ID-14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Forbidden, NotFound
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.roles import ProfileType


class ReviewNotFound(NotFound):
    """No such case."""

    code, title = "address_review_not_found", "There is no such case"


class AddressUnderReview(Forbidden):
    """Nothing goes on until staff have decided."""

    code, title = "address_under_review", "Your address belongs to a client's domain; our staff look at it first"


class AddressRefused(Forbidden):
    """Staff found that the address is the client's."""

    code, title = "address_refused", "Use the address of your own company, not one that a client gave you"


class ReviewStatus(StrEnum):
    """What staff made of it."""

    OPEN = "open"
    CLEARED = "cleared"
    REFUSED = "refused"


class ReviewActor(StrEnum):
    """Who decides."""

    STAFF = "staff"


MOVES: dict[ReviewStatus, Move[ReviewStatus, ReviewActor]] = {
    ReviewStatus.CLEARED: moves({ReviewStatus.OPEN}, {ReviewActor.STAFF}),
    ReviewStatus.REFUSED: moves({ReviewStatus.OPEN}, {ReviewActor.STAFF}),
}


class AddressReview(Base):
    """One member and the domain of their address, at most one case of each."""

    __tablename__ = "address_reviews"
    __table_args__ = (UniqueConstraint("member_id", "domain"), Index("ix_address_reviews_status", "status", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    domain: Mapped[str] = mapped_column(String(255))
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitations.id", ondelete="SET NULL"))
    """The invitation that waits for the decision, when the member came by one."""
    profile_type: Mapped[ProfileType] = mapped_column(String(20))
    """What the member wanted to be."""
    status: Mapped[ReviewStatus] = mapped_column(String(20))
    raised_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    comment: Mapped[str | None] = mapped_column(String(1000))

    @classmethod
    def raised(
        cls, member_id: UUID, domain: str, chosen: ProfileType, *, invitation_id: UUID | None, at: datetime
    ) -> AddressReview:
        """A case for staff."""
        return cls(
            id=new_id(),
            member_id=member_id,
            domain=domain,
            invitation_id=invitation_id,
            profile_type=chosen,
            status=ReviewStatus.OPEN,
            raised_at=at,
        )

    def decide(self, outcome: ReviewStatus, by: UUID, comment: str, at: datetime) -> None:
        """Clear or refuse, once. Raises IllegalMove."""
        self.status = check_move(MOVES, ReviewStatus(self.status), outcome, ReviewActor.STAFF)
        self.decided_by, self.comment, self.decided_at = by, comment, at

    def require_passing(self, chosen: ProfileType) -> None:
        """Say whether the member may go on as what they choose; a client's domain is no matter for a client.

        Raises:
            AddressUnderReview: staff have not decided yet.
            AddressRefused: staff refused, and the member would be a provider's.

        """
        if self.status == ReviewStatus.OPEN:
            raise AddressUnderReview
        if self.status == ReviewStatus.REFUSED and chosen != ProfileType.CLIENT:
            raise AddressRefused


def domain_and_parents(email_key: str) -> Iterator[str]:
    """The domain of an address and those above it: clients give suppliers `name@ext.client.example`."""
    labels = email_key.rpartition("@")[2].split(".")
    return (".".join(labels[first:]) for first in range(len(labels) - 1))
