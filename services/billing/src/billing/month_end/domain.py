"""The end of a month: every validated report billed, documented, booked, and the payments due proposed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import instant_of
from chassis.errors import Conflict, NotFound, Unprocessable
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.values import Month


class MonthEndNotFound(NotFound):
    """No such month end."""

    code, title = "month_end_not_found", "No such month end"


class MonthEndExists(Conflict):
    """The month is being ended: what was validated late is taken up by going on with it."""

    code, title = "month_end_running", "This month is being ended already"


class MonthNotBegun(Unprocessable):
    """No report of it can be validated yet."""

    code, title = "month_not_begun", "This month has not begun"


class Step(StrEnum):
    """What is done, in this order."""

    CLIENT_INVOICES = "client_invoices"
    """Each BPF of the month is invoiced to its client, numbered and booked."""
    DOCUMENTS = "documents"
    """Each of these invoices has its file."""
    PAYMENT_RUN = "payment_run"
    """What is due to providers by the next bank day is proposed; two people decide."""


class MonthEndStatus(StrEnum):
    """Where it stands."""

    RUNNING = "running"
    FINISHED = "finished"


class Actor(StrEnum):
    """Who moves it."""

    FINANCE = "finance"
    WORKER = "worker"


ALLOWED: dict[MonthEndStatus, Move[MonthEndStatus, Actor]] = {
    MonthEndStatus.RUNNING: moves({MonthEndStatus.FINISHED}, {Actor.FINANCE}),
    MonthEndStatus.FINISHED: moves({MonthEndStatus.RUNNING}, {Actor.WORKER}),
}


class MonthEnd(Base):
    """One month's end. Each step asks the books what is left to do, so that it goes on after any interruption."""

    __tablename__ = "month_ends"
    __table_args__ = (Index("ix_month_ends_running", "id", postgresql_where=text("status = 'running'")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    month_text: Mapped[str] = mapped_column("month", String(7), unique=True)
    status: Mapped[str] = mapped_column(String(16))
    step: Mapped[str] = mapped_column(String(24))
    after: Mapped[UUID]
    """The last pre-invoice that was looked at: the next batch goes on behind it."""
    done: Mapped[dict[str, int]] = mapped_column(JSONB)
    """How much each step did, as it goes."""
    left: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What a step could not do, by its name: how many, and the first reason."""
    started_by: Mapped[UUID]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """All its batches belong to the trace of the request that started it."""
    version: Mapped[int]

    @classmethod
    def start(cls, month: Month, *, by: UUID, at: datetime, traceparent: str | None) -> MonthEnd:
        """Begin with the first step."""
        return cls(
            id=new_id(),
            month_text=str(month),
            status=MonthEndStatus.RUNNING.value,
            step=Step.CLIENT_INVOICES.value,
            after=_before(month),
            done=dict.fromkeys(Step, 0),
            left={},
            started_by=by,
            started_at=at,
            traceparent=traceparent,
            version=1,
        )

    @property
    def month(self) -> Month:
        """The month that ends."""
        return Month(self.month_text)

    def again(self, *, by: UUID, at: datetime, traceparent: str | None) -> None:
        """Go through it once more, for what was validated since. Raises IllegalMove while it runs."""
        self._move_to(MonthEndStatus.RUNNING, Actor.FINANCE)
        self.step, self.after = Step.CLIENT_INVOICES.value, _before(self.month)
        self.left, self.finished_at = {}, None
        self.started_by, self.started_at, self.traceparent = by, at, traceparent

    def did(self, count: int) -> None:
        """Count what the present step did."""
        self.done = self.done | {self.step: self.done.get(self.step, 0) + count}
        self.version += 1

    def cannot(self, count: int, why: str) -> None:
        """Name what the present step leaves undone, and why the first of it."""
        before = self.left.get(self.step, {"count": 0, "reason": why})
        self.left = self.left | {self.step: before | {"count": before["count"] + count}}

    def waits_for(self, count: int, why: str) -> None:
        """Say what the present step waits for; 0 when it waits no more."""
        others = {step: left for step, left in self.left.items() if step != self.step}
        self.left = others | ({self.step: {"count": count, "reason": why}} if count else {})

    def step_over(self, at: datetime) -> None:
        """The present step is done: on to the next, or to the end."""
        steps = list(Step)
        following = steps.index(Step(self.step)) + 1
        if following < len(steps):
            self.step = steps[following].value
            self.version += 1
            return
        self._move_to(MonthEndStatus.FINISHED, Actor.WORKER)
        self.finished_at = at

    def _move_to(self, target: MonthEndStatus, by: Actor) -> None:
        self.status = check_move(ALLOWED, MonthEndStatus(self.status), target, by).value
        self.version += 1


def _before(month: Month) -> UUID:
    """An id before those of all pre-invoices of a month: ids sort by time, and none is made before its month."""
    return UUID(int=int(instant_of(month.first).timestamp() * 1000) << 80)
