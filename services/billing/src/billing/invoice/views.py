"""What people see of a provider's invoice."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from billing.invoice.domain import Invoice, Origin
from billing.invoice.faithful import Remark
from billing.invoice.statuses import InvoiceStatus
from chassis.http import View
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Money, Month


class InvoiceView(View):
    """An accepted invoice, what is paid of it and when (BL-23, BL-36)."""

    id: UUID
    bpf_id: UUID
    bpf_reference: str
    cra_id: UUID
    mission_id: UUID
    title: str
    consultant_name: str
    month: Month
    number: str
    origin: Origin
    type_code: str = Field(description="380 invoice, 381 credit note, 389 and 261 the same self-billed (UNTDID 1001)")
    issued_on: date
    status: InvoiceStatus
    net: Money
    vat: Money
    gross: Money
    fee: Money
    net_after_fee: Money
    payable: Money
    payment_option: PaymentOption
    payment_regime: PaymentRegime
    immediate: bool = Field(description="Paid within days for an amount a day, whenever the client pays")
    payment_on: date | None = Field(description="When it is due; absent while the client's payment decides")
    paid_on: date | None
    hold_reason: str | None
    account_id: UUID | None = Field(description="Where it is paid: the account in force at the import")
    imported_at: datetime
    remarks: list[Remark] = Field(description="Differences that were accepted by rule")
    file_name: str | None
    file_sha256: str | None
    accounting_contact: str = Field(description="Whom to ask about it")

    @classmethod
    def of(cls, invoice: Invoice, accounting_contact: str) -> InvoiceView:
        """The answer for an invoice, with whom to ask about it (BL-27)."""
        shown = {name: getattr(invoice, name) for name in cls.model_fields.keys() - {"accounting_contact"}}
        return cls(**shown, accounting_contact=accounting_contact)
