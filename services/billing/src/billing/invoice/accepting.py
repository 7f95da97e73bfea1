"""How a provider's invoice enters the books, whether the provider wrote it or the platform in its name."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from billing.bpf.domain import Bpf, Invoicer
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.directory.queries import account_in_force, supervisors_of
from billing.invoice.booking import book
from billing.invoice.domain import Invoice, InvoiceNumberUsed, Origin
from billing.issuing.domain import own_series
from billing.issuing.fee import invoice_fee
from billing.issuing.issue import own_key
from billing.issuing.sheet import Party
from billing.settings import billing_settings
from chassis import Tx, emit
from chassis.errors import require


async def accept_invoice(
    tx: Tx, bpf: Bpf, *, number: str, issued_on: date, origin: Origin, by: Invoicer, member_id: UUID
) -> Invoice:
    """Take the invoice of a locked BPF: fixed, booked, told; the caller adds its file.

    Raises:
        BpfAlreadyInvoiced: another one came first.
        InvoiceNumberUsed: for another month, or it is of the series that the platform keeps for this provider.
        Forbidden: this role invoices nothing.

    """
    bpf.check_open()
    used = select(Invoice.id).where(Invoice.provider_company_id == bpf.provider_company_id, Invoice.number == number)
    require(await tx.scalar(used) is None, InvoiceNumberUsed(field="number"))
    if origin is Origin.IMPORTED:
        await check_not_reserved(tx, bpf.provider_company_id, number)
    terms = await tx.get_one(MissionTerms, bpf.bdc_id)
    bpf.mark_invoiced(by)
    invoice, imported = Invoice.accept(
        bpf, terms, number=number, issued_on=issued_on, origin=origin, by=member_id, at=tx.now
    )
    account = await account_in_force(tx, bpf.provider_company_id, tx.now)
    invoice.account_id = account.bank_details_id if account else None
    tx.add(invoice)
    await book(tx, invoice, bpf)
    await invoice_fee(tx, billing_settings(), bpf, invoice_id=invoice.id, number=number, fee=invoice.fee)
    emit(tx, imported)
    if told := invoice.scheduled(await supervisors_of(tx, bpf.provider_company_id, bpf.consultant_id)):
        emit(tx, told)
    return invoice


async def check_not_reserved(tx: Tx, provider_id: UUID, number: str) -> None:
    """Raise InvoiceNumberUsed for a number of the series in which the platform writes in this provider's name."""
    provider = await tx.get_one(Company, provider_id)
    reserved = own_series(own_key(Party.of(provider.identity), provider_id))
    said = "numbers that begin so are those of the invoices that the platform writes in your name"
    require(not number.startswith(reserved), InvoiceNumberUsed(said, field="number"))
