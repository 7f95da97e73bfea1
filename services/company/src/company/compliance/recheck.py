"""The check that the law wants repeated every six months while a mission runs (CO-37, CO-50)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import months_after
from chassis.errors import NotFound
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.words import words

EVERY = 6
"""Months between two checks (L8222-1 and D8222-5 of the Labour Code)."""


class RecheckStatus(StrEnum):
    """Where a re-check stands."""

    OPEN = "open"
    COMPLETED = "completed"
    LAPSED = "lapsed"
    """The last mission ended before anybody made it."""


class RecheckActor(StrEnum):
    """Who may try to move a re-check."""

    STAFF = "staff"
    CALENDAR = "calendar"


RECHECK_ALLOWED = {
    RecheckStatus.OPEN: moves(set(), set()),
    RecheckStatus.COMPLETED: moves({RecheckStatus.OPEN}, {RecheckActor.STAFF}),
    RecheckStatus.LAPSED: moves({RecheckStatus.OPEN}, {RecheckActor.CALENDAR}),
}


class RecheckNotFound(NotFound):
    """There is none by this id."""

    code, title = "recheck_not_found", "There is no such re-check"


class Vigilance(Base):
    """Until when a company, provider or client, has to be checked again and again.

    `checked_on` is the day of its latest order or completed re-check, `due_on` the first day without either for
    six months, `runs_until` the last day of its last mission.
    """

    __tablename__ = "vigilance"
    __table_args__ = (Index("ix_vigilance_due_on", "due_on"),)

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    checked_on: Mapped[date]
    due_on: Mapped[date]
    runs_until: Mapped[date]

    def cover(self, ordered_on: date, ends_on: date) -> None:
        """Another order, which stands for a check on its day; orders may arrive late and in any order."""
        self.runs_until = max(self.runs_until, ends_on)
        if ordered_on > self.checked_on:
            self.checked(ordered_on)

    def checked(self, on: date) -> None:
        """Count six months from this day."""
        self.checked_on, self.due_on = on, months_after(on, EVERY)

    @staticmethod
    def beginning(company_id: UUID, ordered_on: date, ends_on: date) -> dict[str, object]:
        """The row of a company's first order."""
        return {
            "company_id": company_id,
            "checked_on": ordered_on,
            "due_on": months_after(ordered_on, EVERY),
            "runs_until": ends_on,
        }


class Recheck(Base):
    """Work for staff: look at a company's documents again. A company has one open at most."""

    __tablename__ = "rechecks"
    __table_args__ = (
        Index("uq_rechecks_open", "company_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_rechecks_status_id", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    due_on: Mapped[date]
    status: Mapped[RecheckStatus] = mapped_column(words(RecheckStatus))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]

    @classmethod
    def open(cls, company_id: UUID, due_on: date, at: datetime) -> Recheck:
        """A re-check that is due."""
        return cls(id=new_id(), company_id=company_id, due_on=due_on, status=RecheckStatus.OPEN, opened_at=at)

    def complete(self, staff_id: UUID, at: datetime) -> None:
        """It was made. Raises IllegalMove."""
        self.status = check_move(RECHECK_ALLOWED, self.status, RecheckStatus.COMPLETED, RecheckActor.STAFF)
        self.closed_by, self.closed_at = staff_id, at

    def lapse(self, at: datetime) -> None:
        """Nobody needs it any more. Raises IllegalMove."""
        self.status = check_move(RECHECK_ALLOWED, self.status, RecheckStatus.LAPSED, RecheckActor.CALENDAR)
        self.closed_at = at
