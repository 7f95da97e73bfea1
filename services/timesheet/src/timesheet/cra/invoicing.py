"""What a CRA shows of the invoice that bills it, as billing tells."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotReady

if TYPE_CHECKING:
    from contracts.billing import InvoiceCancelled, InvoiceImported, InvoicePaid, PaymentScheduled


class Invoiced:
    """The newest invoice of a CRA: another one comes only after the former was taken back by a credit note (BL-22).

    Invoices are told apart by their id, which grows with time.
    """

    version: Mapped[int]
    invoice_id: Mapped[UUID | None]
    invoice_number: Mapped[str | None]
    invoice_version: Mapped[int | None]
    payment_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    paid_version: Mapped[int | None]
    """The invoice's version that last said whether its money has left: a bank may give it back."""
    invoice_cancelled_at: Mapped[datetime | None] = mapped_column()

    def show_invoice(self, event: InvoiceImported) -> None:
        """Show its number, and when it will be paid where that is known; an older version changes nothing."""
        if self.invoice_id is not None and event.invoice_id < self.invoice_id:
            return
        another = event.invoice_id != self.invoice_id
        if another:
            self.paid_on = self.paid_version = self.invoice_cancelled_at = None
        if another or self.invoice_version is None or event.version > self.invoice_version:
            self.invoice_id, self.invoice_number = event.invoice_id, event.number
            self.payment_on, self.invoice_version = event.payment_on, event.version
            self.version += 1

    def show_date(self, event: PaymentScheduled) -> None:
        """Show the date that the invoice waited for (TS-13), or waits for anew once its money came back.

        Raises NotReady before the invoice is known.
        """
        if not self._is_shown(event.invoice_id):
            return
        if event.version > (self.paid_version or 0):
            self.version += self.paid_on is not None
            self.paid_on, self.paid_version = None, event.version
        newer = self.invoice_version is None or event.version >= self.invoice_version
        if newer and self.payment_on != event.payment_on:
            self.payment_on, self.invoice_version = event.payment_on, event.version
            self.version += 1

    def show_paid(self, event: InvoicePaid) -> None:
        """Show the day on which the money left (BL-36). Raises NotReady before the invoice is known."""
        if self._is_shown(event.invoice_id) and event.version >= (self.paid_version or 0):
            self.version += self.paid_on != event.paid_on
            self.paid_on, self.paid_version = event.paid_on, event.version

    def show_cancelled(self, event: InvoiceCancelled) -> None:
        """Show that a credit note took it back (BL-22). Raises NotReady before the invoice is known."""
        if self._is_shown(event.invoice_id) and self.invoice_cancelled_at is None:
            self.invoice_cancelled_at = event.cancelled_at
            self.version += 1

    def _is_shown(self, invoice_id: UUID) -> bool:
        if self.invoice_id is None or invoice_id > self.invoice_id:
            raise NotReady(f"invoice {invoice_id}")
        return invoice_id == self.invoice_id
