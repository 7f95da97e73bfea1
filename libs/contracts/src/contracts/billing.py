"""Events of the billing service."""

from datetime import date, datetime
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
