"""Off-topic proposals count against the person who sent them (domain facts 1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Forbidden, NotFound, require
from chassis.rows import Base, new_id
from marketplace.actor import Actor
from marketplace.proposal.domain import Proposal

COUNTED = timedelta(days=365)
"""How long an off-topic proposal counts."""


class SpamMarkNotFound(NotFound):
    """No such mark."""

    code, title = "spam_mark_not_found", "There is no such mark"


class SpamMarkLifted(Conflict):
    """It counts no more already."""

    code, title = "spam_mark_lifted", "This mark was lifted already"


class AnsweringBlocked(Forbidden):
    """Too many of one's proposals were off-topic; support may lift a mark."""

    code, title = (
        "answering_blocked",
        "Too many of your proposals were off-topic to answer requests now",
    )


class SpamMark(Base):
    """A client called a proposal off-topic."""

    __tablename__ = "spam_marks"
    __table_args__ = (Index(None, "author_id", "marked_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID]
    """Whose proposal it is."""
    provider_company_id: Mapped[UUID]
    client_company_id: Mapped[UUID]
    marked_by: Mapped[UUID]
    marked_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lifting_reason: Mapped[str | None]

    @classmethod
    def put(cls, proposal: Proposal, by: Actor, at: datetime) -> SpamMark:
        """On a proposal that was just called off-topic."""
        return cls(
            id=new_id(),
            proposal_id=proposal.id,
            author_id=proposal.author_id,
            provider_company_id=proposal.provider_company_id,
            client_company_id=proposal.client_company_id,
            marked_by=by.member_id,
            marked_at=at,
        )

    def lift(self, by: UUID, reason: str, at: datetime) -> None:
        """Support found it on topic. Raises SpamMarkLifted."""
        require(self.lifted_at is None, SpamMarkLifted())
        self.lifted_at, self.lifted_by, self.lifting_reason = at, by, reason


def blocked_until(marks: Sequence[datetime], limit: int, pause: timedelta) -> datetime | None:
    """Until when somebody with these marks, of any order and none lifted, may not answer; None if they ever could.

    Each mark that is at least the `limit`th of its twelve months closes the door for the pause.
    """
    ends = [at + pause for at in marks if sum(at - COUNTED < other <= at for other in marks) >= limit]
    return max(ends, default=None)
