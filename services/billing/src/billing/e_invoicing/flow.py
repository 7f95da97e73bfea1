"""What is handed over to the approved platform, what it tells, and how far both have come."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from billing.e_invoicing.codes import Actor
from billing.e_invoicing.domain import EInvoice, Step
from chassis.errors import Conflict, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves

RETRY_AFTER = (timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1))
"""Between two attempts to hand something over; the last one for ever, since the law asks for it to arrive."""
LEASE = timedelta(minutes=2)
"""For so long nobody else tries what somebody is handing over; longer than any request lasts."""
LONGEST_ERROR = 500


class FlowNotRefused(Conflict):
    """Only what the platform refused is handed over anew."""

    code, title = "flow_not_refused", "The platform has not refused it"


class FlowKind(StrEnum):
    """What is handed over."""

    INVOICE = "invoice"
    STATUS = "status"


class FlowStatus(StrEnum):
    """How far the platform has taken it."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"


FLOW_ALLOWED: dict[FlowStatus, Move[FlowStatus, Actor]] = {
    FlowStatus.SENT: moves({FlowStatus.QUEUED}, {Actor.PLATFORM}),
    FlowStatus.ACCEPTED: moves({FlowStatus.SENT}, {Actor.PLATFORM}),
    FlowStatus.REFUSED: moves({FlowStatus.QUEUED, FlowStatus.SENT}, {Actor.PLATFORM}),
}


class Flow(Base):
    """Something to hand over to the approved platform; its id is the tracking id there."""

    __tablename__ = "e_invoice_flows"
    __table_args__ = (
        Index("ix_e_invoice_flows_due_at", "due_at"),
        Index("ix_e_invoice_flows_invoice_id", "invoice_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey(EInvoice.invoice_id))
    kind: Mapped[str] = mapped_column(String(16))
    step_id: Mapped[UUID | None] = mapped_column(ForeignKey(Step.id))
    """The status to tell; nothing for the invoice itself."""
    status: Mapped[str] = mapped_column(String(16))
    flow_id: Mapped[str | None] = mapped_column(String(36))
    """The platform's own name of it."""
    due_at: Mapped[datetime | None]
    """When to try, or to ask, next; nothing once the platform has decided."""
    attempts: Mapped[int]
    error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    @classmethod
    def queue(cls, invoice_id: UUID, now: datetime, step: Step | None = None) -> Flow:
        """Hand over an invoice, or a status of it."""
        return cls(
            id=new_id(),
            invoice_id=invoice_id,
            kind=(FlowKind.STATUS if step else FlowKind.INVOICE).value,
            step_id=step.id if step else None,
            status=FlowStatus.QUEUED.value,
            due_at=now,
            attempts=0,
            created_at=now,
        )

    def take(self, now: datetime) -> None:
        """Nobody else tries it meanwhile; after a crash it is tried again."""
        self.due_at = now + LEASE
        self.attempts += 1

    def sent(self, flow_id: str, now: datetime) -> None:
        """The platform has it, and has yet to look at it."""
        self._move_to(FlowStatus.SENT)
        self.flow_id, self.sent_at, self.error, self.attempts = flow_id, now, None, 0
        self.due_at = now

    def accepted(self) -> None:
        """The platform's checks have passed."""
        self._move_to(FlowStatus.ACCEPTED)
        self.due_at, self.error = None, None

    def refused(self, why: str) -> None:
        """The platform does not take it as it is: people must look."""
        self._move_to(FlowStatus.REFUSED)
        self.due_at, self.error = None, why[:LONGEST_ERROR]

    def postponed(self, now: datetime, why: str | None = None) -> None:
        """It did not work, or there is no answer yet: later again."""
        self.due_at = now + RETRY_AFTER[min(self.attempts, len(RETRY_AFTER)) - 1]
        self.error = why[:LONGEST_ERROR] if why else None

    def retry(self, now: datetime) -> Flow:
        """Hand it over anew, under another name since the platform has closed this one. Raises FlowNotRefused."""
        require(self.status == FlowStatus.REFUSED, FlowNotRefused())
        anew = Flow.queue(self.invoice_id, now)
        anew.kind, anew.step_id = self.kind, self.step_id
        return anew

    def _move_to(self, target: FlowStatus) -> None:
        self.status = check_move(FLOW_ALLOWED, FlowStatus(self.status), target, Actor.PLATFORM).value


class Told(Base):
    """A flow that the platform brought us: each is applied once, and the newest says from when to ask on."""

    __tablename__ = "e_invoice_told"
    __table_args__ = (Index("ix_e_invoice_told_updated_at", "updated_at"),)

    flow_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    updated_at: Mapped[datetime]
    """By the platform's clock."""
    invoice_id: Mapped[UUID | None]
    problem: Mapped[str | None] = mapped_column(String(LONGEST_ERROR))
    """Why nothing came of it."""
    told_at: Mapped[datetime]


class Progress(Base):
    """How far the invoices of an origin are taken up: all up to this id, which sorts by time of creation."""

    __tablename__ = "e_invoice_progress"

    origin: Mapped[str] = mapped_column(String(16), primary_key=True)
    up_to: Mapped[UUID]
