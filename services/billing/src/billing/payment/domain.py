"""Payment runs: proposed by one person, approved by another, handed to the bank once; nothing is paid twice (M6)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.invoice.domain import Invoice
from billing.invoice.workdays import bank_day_after, bank_day_up_to, is_bank_day
from chassis.errors import Conflict, Forbidden, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.roles import StaffScope
from contracts.values import Money

_END_TO_END_IDS = 99
"""Attempts that the 35 characters of an EndToEndId leave room for."""


class RunNotFound(NotFound):
    """No such payment run."""

    code, title = "payment_run_not_found", "No such payment run"


class OrderNotFound(NotFound):
    """No such line in this run."""

    code, title = "payment_order_not_found", "No such payment order"


class NothingDue(Conflict):
    """No invoice may leave on that day, or all of them are in other runs."""

    code, title = "nothing_due", "Nothing is due for payment by then"


class NotABankDay(Unprocessable):
    """Banks move no euros on that day, or it is over."""

    code, title = "not_a_bank_day", "Choose a day, from today on, on which banks are open"


class ApprovedByAuthor(Forbidden):
    """Two people stand behind every payment."""

    code, title = "approved_by_author", "Somebody else approves what you proposed"


class RunIsEmpty(Conflict):
    """Every line was dropped."""

    code, title = "payment_run_empty", "No payment is left in this run"


class RunIsLate(Conflict):
    """The day of execution is over: propose again."""

    code, title = "payment_run_late", "The day of this run has passed"


class MissionNotFound(NotFound):
    """No order of it is known, or it is another company's."""

    code, title = "mission_not_found", "No such mission"


class ImmediateNotAvailable(Unprocessable):
    """Only where the client's payment would decide is there something to be had (BL-11)."""

    code, title = "immediate_payment_not_available", "This mission is paid on a guaranteed date"


class ImmediateChosen(Conflict):
    """Once for an order, and not taken back."""

    code, title = "immediate_payment_chosen", "Immediate payment is chosen already"


class RunStatus(StrEnum):
    """Where a run stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    EXPORTED = "exported"
    """Its file was made: from here on the bank may have it."""
    DISCARDED = "discarded"


class OrderStatus(StrEnum):
    """Where one payment of a run stands."""

    PROPOSED = "proposed"
    DROPPED = "dropped"
    ORDERED = "ordered"
    EXECUTED = "executed"
    RETURNED = "returned"
    """Rejected, or given back by the bank."""


class OrderActor(StrEnum):
    """Who moves a payment."""

    FINANCE = "finance"
    BANK = "bank"


_FINANCE = {StaffScope.FINANCE}

RUN_MOVES: dict[RunStatus, Move[RunStatus, StaffScope]] = {
    RunStatus.APPROVED: moves({RunStatus.PROPOSED}, _FINANCE),
    RunStatus.EXPORTED: moves({RunStatus.APPROVED}, _FINANCE),
    RunStatus.DISCARDED: moves({RunStatus.PROPOSED, RunStatus.APPROVED}, _FINANCE),
}

ORDER_MOVES: dict[OrderStatus, Move[OrderStatus, OrderActor]] = {
    OrderStatus.DROPPED: moves({OrderStatus.PROPOSED}, {OrderActor.FINANCE}),
    OrderStatus.ORDERED: moves({OrderStatus.PROPOSED}, {OrderActor.FINANCE}),
    OrderStatus.EXECUTED: moves({OrderStatus.ORDERED}, {OrderActor.BANK}),
    OrderStatus.RETURNED: moves({OrderStatus.ORDERED, OrderStatus.EXECUTED}, {OrderActor.BANK}),
}

LIVE = (OrderStatus.PROPOSED, OrderStatus.ORDERED, OrderStatus.EXECUTED)
"""An invoice has at most one such order: a unique index sees to it."""


def executes_by(payment_on: date) -> date:
    """The day on which the bank is asked to pay: the last one it works on up to the date, so never too late."""
    return bank_day_up_to(payment_on)


def due_before(executes_on: date) -> date:
    """The first date of payment that is not yet for this day's run: the one that leaves on the next bank day."""
    return bank_day_after(executes_on)


def check_execution_day(day: date, today: date) -> None:
    """Raise NotABankDay unless money can move on that day, and it is not over."""
    require(day >= today and is_bank_day(day), NotABankDay(field="executes_on"))


class PaymentRun(Base):
    """Payments that leave on one day in one file."""

    __tablename__ = "payment_runs"
    __table_args__ = (CheckConstraint("approved_by <> proposed_by", name="approved_by_another"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    executes_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(16))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    exported_at: Mapped[datetime | None]
    file_key: Mapped[str | None] = mapped_column(String(64))
    """The file as it was first made: whoever fetches it again gets the same bytes."""
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    file_size: Mapped[int | None]
    version: Mapped[int]

    @classmethod
    def propose(cls, executes_on: date, *, by: UUID, at: datetime) -> PaymentRun:
        """Start a run, to be filled with what is due."""
        return cls(
            id=new_id(),
            executes_on=executes_on,
            status=RunStatus.PROPOSED.value,
            proposed_by=by,
            proposed_at=at,
            version=1,
        )

    def approve(self, orders: list[PaymentOrder], *, by: UUID, at: datetime, today: date) -> None:
        """A second person lets these payments go.

        Raises:
            ApprovedByAuthor: who proposed it may not.
            IllegalMove: it is decided already.
            RunIsLate, RunIsEmpty: nothing can leave on that day, or nothing is left.

        """
        require(by != self.proposed_by, ApprovedByAuthor())
        self._move_to(RunStatus.APPROVED)
        self.check_in_time(today)
        require(bool(orders), RunIsEmpty())
        self.approved_by, self.approved_at = by, at
        for order in orders:
            order.approve()

    def discard(self) -> None:
        """Let nothing of it go, as long as the bank was not told; its invoices are free. Raises IllegalMove."""
        self._move_to(RunStatus.DISCARDED)

    def check_open(self) -> None:
        """Raise IllegalMove unless lines may still be dropped."""
        check_move(RUN_MOVES, RunStatus(self.status), RunStatus.APPROVED, StaffScope.FINANCE)

    def check_in_time(self, today: date) -> None:
        """Raise RunIsLate when its day is over: a bank would refuse its file."""
        require(self.executes_on >= today, RunIsLate())

    def export(self, key: str | None, content: bytes, at: datetime) -> None:
        """Its file is made, once; none when every payment is made by hand. Raises IllegalMove."""
        self._move_to(RunStatus.EXPORTED)
        self.exported_at = at
        if key:
            self.file_key, self.file_sha256, self.file_size = key, sha256(content).hexdigest(), len(content)

    def _move_to(self, target: RunStatus) -> None:
        self.status = check_move(RUN_MOVES, RunStatus(self.status), target, StaffScope.FINANCE).value
        self.version += 1


class PaymentOrder(Base):
    """One payment of an invoice; after a return the next run makes another one."""

    __tablename__ = "payment_orders"
    __table_args__ = (
        UniqueConstraint("invoice_id", "attempt"),
        CheckConstraint("amount >= 0 AND set_off >= 0", name="nothing_negative"),
        CheckConstraint("(executed_on IS NULL) = (status <> 'executed')", name="executed_on_a_day"),
        Index("ix_payment_orders_run_id", "run_id", "id"),
        Index(
            "uq_payment_orders_live",
            "invoice_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'ordered', 'executed')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey(PaymentRun.id))
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey(Invoice.id))
    provider_company_id: Mapped[UUID]
    attempt: Mapped[int]
    end_to_end_id: Mapped[str] = mapped_column(String(35), unique=True)
    """What the statement will quote: the invoice's id and, from the second attempt on, which one; once for ever."""
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    """What is transferred: the invoice's payable less `set_off`."""
    set_off: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    """What the provider owes for invoices that were paid and then cancelled."""
    not_before: Mapped[date]
    """The first day that keeps to the invoice's date of payment."""
    account_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(String(16))
    executed_on: Mapped[date | None]
    return_reason: Mapped[str | None] = mapped_column(String(200))

    @classmethod
    def of(cls, run: PaymentRun, invoice: Invoice, *, attempt: int, account_id: UUID, owed: Decimal) -> PaymentOrder:
        """Pay an invoice with this run, less what its provider owes."""
        assert invoice.payment_on is not None
        assert attempt <= _END_TO_END_IDS
        set_off = min(owed, invoice.payable_amount)
        return cls(
            id=new_id(),
            run_id=run.id,
            invoice_id=invoice.id,
            provider_company_id=invoice.provider_company_id,
            attempt=attempt,
            end_to_end_id=invoice.id.hex if attempt == 1 else f"{invoice.id.hex}-{attempt}",
            amount=invoice.payable_amount - set_off,
            set_off=set_off,
            not_before=executes_by(invoice.payment_on),
            account_id=account_id,
            status=OrderStatus.PROPOSED.value,
        )

    @property
    def money(self) -> Money:
        """What is transferred."""
        return Money(amount=self.amount)

    def drop(self) -> None:
        """Leave it out of the run. Raises IllegalMove."""
        self._move_to(OrderStatus.DROPPED, OrderActor.FINANCE)

    def approve(self) -> None:
        """Let it go. Raises IllegalMove."""
        self._move_to(OrderStatus.ORDERED, OrderActor.FINANCE)

    def execute(self, on: date) -> None:
        """The bank's statement shows it. Raises IllegalMove."""
        self._move_to(OrderStatus.EXECUTED, OrderActor.BANK)
        self.executed_on = on

    def give_back(self, reason: str) -> None:
        """The bank rejected it or gave it back. Raises IllegalMove."""
        self._move_to(OrderStatus.RETURNED, OrderActor.BANK)
        self.executed_on, self.return_reason = None, reason

    def _move_to(self, target: OrderStatus, by: OrderActor) -> None:
        self.status = check_move(ORDER_MOVES, OrderStatus(self.status), target, by).value
