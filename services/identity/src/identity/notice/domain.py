"""A formal notice: what a member must stop, and the eight days that they have for it (terms, article 8.02)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import PARIS
from chassis.errors import Conflict, NotFound
from chassis.rows import Base, new_id

PERIOD = timedelta(days=8)
"""Calendar days, to the hour in Paris, that a notice leaves (ID-46)."""


class NoticeNotFound(NotFound):
    """No such notice to this member."""

    code, title = "notice_not_found", "There is no such notice"


class NoticeAnswered(Conflict):
    """The member answered it."""

    code, title = "notice_answered", "This notice was answered"


class NoticeStillRuns(Conflict):
    """Its eight days are not over (ID-46)."""

    code, title = "notice_still_runs", "The eight days of this notice are not over"


class Notice(Base):
    """One notice to one member, dated by its sending."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_member_id", "member_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    breach: Mapped[str] = mapped_column(String(1000))
    demand: Mapped[str] = mapped_column(String(1000))
    sent_by: Mapped[UUID]
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(2000))
    answer_recorded_by: Mapped[UUID | None]
    """The member, or the person of the staff whom they wrote to."""

    @classmethod
    def give(cls, member_id: UUID, *, breach: str, demand: str, by: UUID, at: datetime) -> Notice:
        """Demand that a breach stops."""
        return cls(id=new_id(), member_id=member_id, breach=breach, demand=demand, sent_by=by, sent_at=at)

    @property
    def runs_until(self) -> datetime:
        """The instant from which it counts as unheeded: eight days later, at the same hour in Paris."""
        return (self.sent_at.astimezone(PARIS) + PERIOD).astimezone(UTC)

    def record_answer(self, text: str, by: UUID, at: datetime) -> None:
        """The member answers, at any time before the termination. Raises NoticeAnswered the second time."""
        if self.answered_at is not None:
            raise NoticeAnswered
        self.answered_at, self.answer, self.answer_recorded_by = at, text, by

    def require_unheeded(self, at: datetime) -> None:
        """Raise NoticeAnswered or NoticeStillRuns unless it stayed without answer for eight days (ID-46)."""
        if self.answered_at is not None:
            raise NoticeAnswered(field="notice_id")
        if at < self.runs_until:
            raise NoticeStillRuns(f"they end at {self.runs_until.isoformat(timespec='seconds')}", field="notice_id")
