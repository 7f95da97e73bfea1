"""Who of the staff is at what, so that two people do not do the same work."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base
from company.words import words

CLAIM_LASTS = timedelta(hours=4)
"""What somebody took and left is free again after this."""


class WorkKind(StrEnum):
    """What may wait for staff with the scope compliance."""

    COMPANY = "company"
    DOCUMENT = "document"
    IDENTITY_CHANGE = "identity_change"
    BANK_CHANGE = "bank_change"
    CAPACITY = "capacity"
    HEADLESS = "headless"
    """Nobody runs the company any more: the last head's account was erased."""


class WorkItemNotFound(NotFound):
    """Absent, or done."""

    code, title = "work_item_not_found", "Nothing of the kind is waiting"


class ClaimedByAnother(Conflict):
    """A colleague is at it."""

    code, title = "claimed_by_another", "A colleague is working on this"


class WorkClaim(Base):
    """Somebody is at something, since when."""

    __tablename__ = "work_claims"

    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[WorkKind] = mapped_column(words(WorkKind))
    claimed_by: Mapped[UUID]
    claimed_at: Mapped[datetime]

    def holds(self, at: datetime) -> bool:
        """Say whether it still keeps others away."""
        return at < self.claimed_at + CLAIM_LASTS

    def take(self, by: UUID, at: datetime) -> None:
        """Make it one's own, or last longer. Raises ClaimedByAnother."""
        require(self.claimed_by == by or not self.holds(at), ClaimedByAnother())
        self.claimed_by, self.claimed_at = by, at
