"""What a member looks for, kept by a name; what is new is told once a day (MK-01, MK-02)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from contracts.values import Name
from marketplace.actor import Actor
from marketplace.rfp.criteria import Criteria

MOST = 20
"""Saved searches of one member."""


class SavedSearchNotFound(NotFound):
    """No such search of yours."""

    code, title = "saved_search_not_found", "There is no such saved search"


class TooManySavedSearches(Conflict):
    """One has to go first."""

    code, title = "too_many_saved_searches", f"At most {MOST} searches can be saved"


class SavedSearch(Base):
    """One member's, while acting for one provider."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        Index("ix_saved_searches_listed", "member_id", "company_id", "id"),
        Index("ix_saved_searches_due", "looked_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    member_id: Mapped[UUID]
    company_id: Mapped[UUID]
    name: Mapped[str]
    criteria: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[datetime]
    looked_until: Mapped[datetime]
    """What was published later is new."""
    looked_on: Mapped[date]
    """The business date of the last look: what its waves opened to the company later is new as well."""

    @property
    def sought(self) -> Criteria:
        """What it looks for."""
        return Criteria.model_validate(self.criteria)

    @classmethod
    def save(cls, name: Name, criteria: Criteria, by: Actor, *, others: int, at: datetime, today: date) -> SavedSearch:
        """Keep it; what is published from now on is new. Raises TooManySavedSearches when there are 20 `others`."""
        require(others < MOST, TooManySavedSearches())
        saved = cls(
            id=new_id(), version=0, member_id=by.member_id, company_id=by.company_id, saved_at=at, looked_on=today
        )
        saved.look_until(at, today)
        saved.change(name, criteria)
        return saved

    def change(self, name: Name, criteria: Criteria) -> None:
        """Look for something else from the next day on, or by another name."""
        self.name, self.criteria = name, criteria.model_dump(mode="json")
        self.version += 1

    def look_until(self, instant: datetime, today: date) -> None:
        """All that was to be seen by then is known."""
        self.looked_until, self.looked_on = instant, today
