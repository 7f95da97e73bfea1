"""The provider's invoice: accepted only when it says what its BPF says, and then payable on a known date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.bpf.domain import Bpf, BpfKind
from billing.columns import Totals
from billing.directory.missions import MissionTerms
from billing.invoice.offers import settlement_of
from billing.invoice.statuses import ALLOWED, InvoiceStatus, PaymentActor
from billing.invoice.workdays import business_day_from
from chassis.errors import Conflict, IllegalMove, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move
from contracts.billing import InvoiceCancelled, InvoiceImported, InvoicePaid, PaymentScheduled
from contracts.contracting import PaymentRegime
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS, PROVIDER_ROLES
from contracts.values import Money


class InvoiceNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "invoice_not_found", "No such invoice"


class InvoiceNumberUsed(Conflict):
    """An invoice number is given once (CGI ann. II, art. 242 nonies A, 7°)."""

    code, title = "invoice_number_used", "You have used this invoice number before"


class Origin(StrEnum):
    """How the invoice came to be."""

    IMPORTED = "imported"
    """The provider wrote it and handed it in."""
    SELF_BILLED = "self_billed"
    """The platform wrote it in the provider's name, under its mandate."""


TYPE_CODES = {
    (Origin.IMPORTED, BpfKind.INVOICE): "380",
    (Origin.IMPORTED, BpfKind.CREDIT): "381",
    (Origin.SELF_BILLED, BpfKind.INVOICE): "389",
    (Origin.SELF_BILLED, BpfKind.CREDIT): "261",
}
"""UNTDID 1001, of the subset that the French rules know (BR-FR-04)."""


class Invoice(Totals, Base):
    """An accepted invoice: its figures are frozen on import, whatever changes later (M10)."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("provider_company_id", "number"),
        UniqueConstraint("provider_company_id", "file_sha256"),
        CheckConstraint("fee + payable = net + vat", name="fee_and_payable_are_gross"),
        CheckConstraint("(net + vat < 0) = (type_code IN ('381', '261'))", name="credit_is_negative"),
        CheckConstraint(
            "status IN ('on_hold', 'cancelled') OR (payment_on IS NULL) = (status = 'awaiting_client_payment')",
            name="dated_when_scheduled",
        ),
        CheckConstraint("status = 'cancelled' OR (paid_on IS NULL) = (status <> 'paid')", name="paid_on_a_day"),
        CheckConstraint("(hold_reason IS NULL) = (status <> 'on_hold')", name="held_for_a_reason"),
        Index("ix_invoices_due", "payment_on", postgresql_where=text("status = 'scheduled'")),
        Index("ix_invoices_provider", "provider_company_id", "id"),
        Index("uq_invoices_bpf_id", "bpf_id", unique=True, postgresql_where=text("status <> 'cancelled'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    bpf_id: Mapped[UUID]
    """Which has one invoice that stands; those that credit notes took back stay beside it."""
    bpf_reference: Mapped[str] = mapped_column(String(32))
    cra_id: Mapped[UUID]
    mission_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200))
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str] = mapped_column(String(200))
    month: Mapped[str] = mapped_column(String(7))
    number: Mapped[str] = mapped_column(String(35))
    origin: Mapped[str] = mapped_column(String(16))
    type_code: Mapped[str] = mapped_column(String(3))
    issued_on: Mapped[date]
    net_amount: Mapped[Decimal] = mapped_column("net", Numeric(14, 2))
    vat_amount: Mapped[Decimal] = mapped_column("vat", Numeric(14, 2))
    fee_amount: Mapped[Decimal] = mapped_column("fee", Numeric(14, 2))
    payable_amount: Mapped[Decimal] = mapped_column("payable", Numeric(14, 2))
    payment_option: Mapped[str] = mapped_column(String(16))
    payment_regime: Mapped[str] = mapped_column(String(16))
    immediate: Mapped[bool]
    """Paid within days against an amount for each, whenever the client pays (BL-11)."""
    payment_on: Mapped[date | None]
    """The day on which it is due, and no earlier; the bank is asked for the last day it works up to then."""
    paid_on: Mapped[date | None]
    hold_reason: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[UUID | None]
    """Where it is paid: the account in force at the import (CO-45)."""
    imported_by: Mapped[UUID]
    imported_at: Mapped[datetime]
    file_key: Mapped[str | None] = mapped_column(String(64))
    """The document itself, once there is one."""
    file_name: Mapped[str | None] = mapped_column(String(120))
    file_type: Mapped[str | None] = mapped_column(String(20))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    file_size: Mapped[int | None]
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Differences that were accepted by rule."""
    version: Mapped[int]

    @classmethod
    def accept(
        cls, bpf: Bpf, terms: MissionTerms, *, number: str, issued_on: date, origin: Origin, by: UUID, at: datetime
    ) -> tuple[Invoice, InvoiceImported]:
        """Take an invoice that agrees with its BPF, and fix what is paid and when (BL-05, BL-09 to BL-19)."""
        due = settlement_of(bpf, terms)
        copied = ("cra_id", "mission_id", "provider_company_id", "title", "consultant_id", "consultant_name")
        invoice = cls(
            **{name: getattr(bpf, name) for name in copied},
            id=new_id(),
            bpf_id=bpf.id,
            bpf_reference=bpf.reference,
            month=bpf.month_text,
            number=number,
            issued_on=issued_on,
            origin=origin.value,
            type_code=TYPE_CODES[origin, bpf.kind],
            remarks=[],
            net_amount=bpf.net_amount,
            vat_amount=bpf.vat_amount,
            fee_amount=due.fee.amount,
            payable_amount=due.payable.amount,
            payment_option=terms.payment_option,
            payment_regime=terms.payment_regime,
            immediate=terms.is_immediate,
            payment_on=due.payment_on,
            status=(InvoiceStatus.SCHEDULED if due.payment_on else InvoiceStatus.AWAITING_CLIENT_PAYMENT).value,
            imported_by=by,
            imported_at=at,
            version=1,
        )
        return invoice, invoice._imported()

    def keep_file(self, *, key: str, name: str, media_type: str, sha256: str, size: int) -> None:
        """Remember where the document itself is."""
        self.file_key, self.file_name, self.file_type = key, name, media_type
        self.file_sha256, self.file_size = sha256, size

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note: its amounts are below zero, and it is set off against what is owed."""
        return self.gross.amount < 0

    @property
    def fee(self) -> Money:
        """The platform's fee, withheld from the payment."""
        return Money(amount=self.fee_amount)

    @property
    def net_after_fee(self) -> Money:
        """Net less the fee: the figure in which the offers are quoted."""
        return self.net - self.fee

    @property
    def payable(self) -> Money:
        """What the provider receives: gross less the fee."""
        return Money(amount=self.payable_amount)

    def client_paid(self, on: date, at: datetime) -> PaymentScheduled | None:
        """The client paid this month: what waited for it is payable on that day, or the next business day (BL-10).

        A guaranteed date stays where it is, whenever the client pays (BL-18, BL-19).
        """
        if self.payment_on is not None or self.status == InvoiceStatus.CANCELLED:
            return None
        self.payment_on = business_day_from(on)
        if self.status == InvoiceStatus.AWAITING_CLIENT_PAYMENT:
            self._move_to(InvoiceStatus.SCHEDULED, PaymentActor.CLIENT)
        else:
            self.version += 1
        return PaymentScheduled(payment_on=self.payment_on, scheduled_at=at, **self._identified())

    def client_payment_undone(self) -> None:
        """The client's payment was matched in error: wait on, unless the provider's money is on its way."""
        waits = self.payment_regime == PaymentRegime.BACK_TO_BACK and not self.immediate
        if waits and self.status in {InvoiceStatus.SCHEDULED, InvoiceStatus.ON_HOLD}:
            if self.status == InvoiceStatus.SCHEDULED:
                self._move_to(InvoiceStatus.AWAITING_CLIENT_PAYMENT, PaymentActor.CLIENT)
            self.payment_on = None

    def hold(self, reason: str) -> None:
        """Contested or blocked: pay nothing until it is released. Raises IllegalMove."""
        self._move_to(InvoiceStatus.ON_HOLD, PaymentActor.PLATFORM)
        self.hold_reason = reason

    def release(self) -> None:
        """Go on where the payment stood. Raises IllegalMove."""
        require(self.status == InvoiceStatus.ON_HOLD, IllegalMove(f"it is {self.status}, not on hold"))
        target = InvoiceStatus.SCHEDULED if self.payment_on else InvoiceStatus.AWAITING_CLIENT_PAYMENT
        self._move_to(target, PaymentActor.PLATFORM)
        self.hold_reason = None

    def put_in_payment(self) -> None:
        """A run with it is approved. Raises IllegalMove."""
        self._move_to(InvoiceStatus.IN_PAYMENT, PaymentActor.PLATFORM)

    def pay(self, on: date) -> InvoicePaid:
        """The bank sent the money. Raises IllegalMove."""
        self._move_to(InvoiceStatus.PAID, PaymentActor.BANK)
        self.paid_on = on
        return InvoicePaid(payable=self.payable, paid_on=on, **self._identified())

    def set_off(self, on: date) -> InvoicePaid:
        """A credit note: payments of other invoices were reduced by all of it. Raises IllegalMove."""
        require(self.is_credit, IllegalMove("only a credit note is set off"))
        self._move_to(InvoiceStatus.PAID, PaymentActor.SET_OFF)
        self.paid_on = on
        self.payment_on = self.payment_on or on
        return InvoicePaid(payable=self.payable, paid_on=on, **self._identified())

    def come_back(self, at: datetime) -> PaymentScheduled:
        """The bank gave the transfer back: the next run tries again. Raises IllegalMove."""
        assert self.payment_on is not None  # what was in payment had a date
        self._move_to(InvoiceStatus.SCHEDULED, PaymentActor.BANK)
        self.paid_on = None
        return PaymentScheduled(payment_on=self.payment_on, scheduled_at=at, **self._identified())

    def cancel(self, credit_note_number: str, at: datetime) -> InvoiceCancelled:
        """A credit note takes it back whole (BL-22). Raises IllegalMove while its money is on the way."""
        self._move_to(InvoiceStatus.CANCELLED, PaymentActor.CREDIT_NOTE)
        self.hold_reason = None
        return InvoiceCancelled(credit_note_number=credit_note_number, cancelled_at=at, **self._identified())

    def _move_to(self, target: InvoiceStatus, by: PaymentActor) -> None:
        self.status = check_move(ALLOWED, InvoiceStatus(self.status), target, by).value
        self.version += 1

    def scheduled(self, supervisors: Sequence[UUID]) -> NotificationRequested | None:
        """Tell whoever runs the provider, and looks after the consultant, the date (TS-13); nothing without one."""
        if self.payment_on is None:
            return None
        words = {"payable": f"{self.payable.amount:.2f}", "payment_date": self.payment_on.isoformat()}
        return self._told("payment_scheduled", supervisors, words)

    def sent(self, transferred: Money, on: date, supervisors: Sequence[UUID]) -> NotificationRequested:
        """Tell them that the bank has sent the money, less what was set off."""
        words = {"payable": f"{transferred.amount:.2f}", "paid_on": on.isoformat()}
        return self._told("payment_sent", supervisors, words)

    def _told(self, template: str, supervisors: Sequence[UUID], words: dict[str, str]) -> NotificationRequested:
        return NotificationRequested(
            subject_id=self.id,
            template=template,
            members=list(supervisors),
            roles=[RoleInCompany(company_id=self.provider_company_id, roles=sorted(HEADS & PROVIDER_ROLES))],
            context={"invoice_number": self.number, "title": self.title} | words,
        )

    def _identified(self) -> dict[str, Any]:
        same = ("cra_id", "mission_id", "provider_company_id", "version")
        return {"invoice_id": self.id} | {name: getattr(self, name) for name in same}

    def _imported(self) -> InvoiceImported:
        return InvoiceImported(
            version=self.version,
            invoice_id=self.id,
            bpf_id=self.bpf_id,
            cra_id=self.cra_id,
            mission_id=self.mission_id,
            provider_company_id=self.provider_company_id,
            number=self.number,
            net=self.net,
            vat=self.vat,
            gross=self.gross,
            fee=self.fee,
            payable=self.payable,
            payment_on=self.payment_on,
            imported_at=self.imported_at,
        )
