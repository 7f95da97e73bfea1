"""Where the payment of an invoice stands, and who moves it on: one table."""

from __future__ import annotations

from enum import StrEnum

from chassis.transitions import Move, moves


class InvoiceStatus(StrEnum):
    """Where the payment stands (BL-23)."""

    AWAITING_CLIENT_PAYMENT = "awaiting_client_payment"
    SCHEDULED = "scheduled"
    ON_HOLD = "on_hold"
    """Contested or blocked: no run takes it."""
    IN_PAYMENT = "in_payment"
    """In an approved run."""
    PAID = "paid"
    CANCELLED = "cancelled"
    """Taken back whole by a credit note, and by nothing else (BL-22)."""


class PaymentActor(StrEnum):
    """Who or what moves a payment on."""

    CLIENT = "client"
    """The client's own payment, received or taken back."""
    PLATFORM = "platform"
    """Finance staff, or the settling of a contest."""
    BANK = "bank"
    CREDIT_NOTE = "credit_note"
    SET_OFF = "set_off"
    """Payments of other invoices were reduced by what a credit note takes back."""


_WAITING = {InvoiceStatus.AWAITING_CLIENT_PAYMENT, InvoiceStatus.SCHEDULED}

ALLOWED: dict[InvoiceStatus, Move[InvoiceStatus, PaymentActor]] = {
    InvoiceStatus.AWAITING_CLIENT_PAYMENT: moves({InvoiceStatus.SCHEDULED}, {PaymentActor.CLIENT})
    | moves({InvoiceStatus.ON_HOLD}, {PaymentActor.PLATFORM}),
    InvoiceStatus.SCHEDULED: moves({InvoiceStatus.AWAITING_CLIENT_PAYMENT}, {PaymentActor.CLIENT})
    | moves({InvoiceStatus.ON_HOLD}, {PaymentActor.PLATFORM})
    | moves({InvoiceStatus.IN_PAYMENT, InvoiceStatus.PAID}, {PaymentActor.BANK}),
    InvoiceStatus.ON_HOLD: moves(_WAITING, {PaymentActor.PLATFORM}),
    InvoiceStatus.IN_PAYMENT: moves({InvoiceStatus.SCHEDULED}, {PaymentActor.PLATFORM}),
    InvoiceStatus.PAID: moves({InvoiceStatus.IN_PAYMENT}, {PaymentActor.BANK})
    | moves(_WAITING, {PaymentActor.SET_OFF}),
    InvoiceStatus.CANCELLED: moves(_WAITING | {InvoiceStatus.ON_HOLD, InvoiceStatus.PAID}, {PaymentActor.CREDIT_NOTE}),
}
"""The bank gives a transfer back before or after it showed it; a paid invoice that is cancelled leaves a debt."""
