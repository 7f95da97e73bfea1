"""What people see of a provider's invoice."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from billing.invoice.domain import InvoiceStatus, Origin
from billing.invoice.faithful import Remark
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
    payment_on: date | None
    account_id: UUID | None = Field(description="Where it is paid: the account in force at the import")
    imported_at: datetime
    remarks: list[Remark] = Field(description="Differences that were accepted by rule")
    file_name: str | None
    file_sha256: str | None
