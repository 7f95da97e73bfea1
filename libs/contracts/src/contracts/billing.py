"""Events of the billing service."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.event import Event
from contracts.values import Money


class InvoiceImported(Event, type="billing.InvoiceImported.v1", subject="invoice_id"):
    """The provider's invoice agrees with its pre-invoice (BL-05).

    `payable` is gross minus `fee`; `payment_on` is the guaranteed date, absent while the client's payment
    decides (BL-10).
    """

    invoice_id: UUID
    bpf_id: UUID
    cra_id: UUID
    mission_id: UUID
    provider_company_id: UUID
    number: str
    """The number that the provider gave to the invoice."""
    net: Money
    """Total without VAT."""
    vat: Money
    """Total of the VAT."""
    gross: Money
    """Total with VAT."""
    fee: Money
    """The platform's fee, withheld."""
    payable: Money
    """What the provider will receive."""
    payment_on: date | None
    imported_at: datetime


class PaymentScheduled(Event, type="billing.PaymentScheduled.v1", subject="invoice_id"):
    """The date of an invoice that waited for its client's payment is known from now on (BL-10, TS-13)."""

    invoice_id: UUID
    cra_id: UUID
    mission_id: UUID
    provider_company_id: UUID
    payment_on: date
    scheduled_at: datetime


class InvoicePaid(Event, type="billing.InvoicePaid.v1", subject="invoice_id"):
    """The bank has sent the provider's money (BL-36)."""

    invoice_id: UUID
    cra_id: UUID
    mission_id: UUID
    provider_company_id: UUID
    payable: Money
    """What the provider receives."""
    paid_on: date


class InvoiceCancelled(Event, type="billing.InvoiceCancelled.v1", subject="invoice_id"):
    """A credit note takes a provider's invoice back whole (BL-22)."""

    invoice_id: UUID
    cra_id: UUID
    mission_id: UUID
    provider_company_id: UUID
    credit_note_number: str
    """The number of the credit note that takes it back."""
    cancelled_at: datetime


class SubscriptionStatus(StrEnum):
    """Where a paid subscription stands."""

    ACTIVE = "active"
    CANCELLED = "cancelled"
    """It runs until its term and is not renewed (BL-33)."""
    ENDED = "ended"


class SubscriptionChanged(Event, type="billing.SubscriptionChanged.v1", subject="subscription_id"):
    """A company's paid subscription began, was renewed, cancelled or has ended (BL-32 to BL-35)."""

    subscription_id: UUID
    company_id: UUID
    plan: str
    """What the company subscribes to, by the name that the company service knows."""
    status: SubscriptionStatus
    starts_on: date
    """The first day of the running term."""
    ends_on: date
    """Its last day, included."""
    changed_at: datetime
