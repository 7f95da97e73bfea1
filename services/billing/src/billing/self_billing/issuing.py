"""From a specimen to a numbered invoice, and back by a credit note."""

from __future__ import annotations

from uuid import UUID

from billing.bpf.domain import Bpf, BpfNotFound, Issuer
from billing.bpf.lines import BpfLine
from billing.bpf.vat import NORMAL, OUTLAY, VatTreatment
from billing.company_settings.queries import language_of
from billing.directory.missions import MissionTerms
from billing.invoice.accepting import accept_invoice
from billing.invoice.domain import Invoice, InvoiceNotFound, Origin
from billing.invoice.statuses import InvoiceStatus
from billing.invoice.taking_back import take_back as take_invoice_back
from billing.issuing.credit_note import credit
from billing.issuing.domain import IssuedInvoice, IssuedInvoiceNotFound
from billing.issuing.issue import issue
from billing.issuing.sheet import Draft, DraftLine, Kind
from billing.payment.progress import hold, release
from billing.self_billing.domain import CONTESTED, SelfBill
from billing.self_billing.mandate import Mandate
from billing.self_billing.queries import propose_specimen
from billing.settings import BillingSettings
from chassis import Tx, audit, emit, get_locked
from contracts.contracting import Offer


async def issue_specimen(tx: Tx, settings: BillingSettings, specimen: SelfBill, by: UUID) -> Invoice:
    """Number the invoice in the provider's own series (type 389), and take it as the provider's (domain facts 2.4).

    Raises:
        IllegalMove: it is no specimen any more.
        BpfAlreadyInvoiced: the provider's own invoice came first.

    """
    bpf = await get_locked(tx, Bpf, specimen.bpf_id, BpfNotFound())
    bpf.check_open()
    mandate = await tx.get_one(Mandate, specimen.mandate_id)
    document = await issue(tx, settings, await _draft(tx, bpf, specimen.id))
    invoice = await accept_invoice(
        tx,
        bpf,
        number=document.number,
        issued_on=document.issued_on,
        origin=Origin.SELF_BILLED,
        by=Issuer.PLATFORM,
        member_id=by,
    )
    specimen.issue(
        by=by,
        at=tx.now,
        on=document.issued_on,
        number=document.number,
        invoice_id=invoice.id,
        issued_invoice_id=document.id,
        days=mandate.contest_days,
    )
    emit(tx, specimen.told_issued(bpf, invoice.gross))
    audit(tx, "self_bill.issue", specimen.id, invoice=invoice.id, number=document.number)
    return invoice


async def _draft(tx: Tx, bpf: Bpf, source_id: UUID) -> Draft:
    """The BPF's content, word for word."""
    return Draft(
        kind=Kind.SELF_BILLED,
        party_id=bpf.provider_company_id,
        source_id=source_id,
        lines=lines_of(bpf),
        period=bpf.period,
        title=f"{bpf.title}, {bpf.month}",
        order_reference=bpf.order_reference,
        language=await language_of(tx, bpf.provider_company_id),
        person=bpf.consultant_name,
        mission_id=bpf.mission_id,
    )


def lines_of(bpf: Bpf) -> list[DraftLine]:
    """What the invoice bills, line by line as the BPF does."""
    return [
        DraftLine(bpf.description(line), line.quantity, line.unit, line.unit_price, _vat(line, bpf))
        for line in bpf.lines
    ]


def _vat(line: BpfLine, bpf: Bpf) -> VatTreatment:
    """A line without VAT among others that bear it is an outlay; else the provider's own case says why."""
    if line.vat_category == NORMAL.category:
        return VatTreatment(line.vat_category, line.vat_rate, None)
    return OUTLAY if bpf.vat_category == NORMAL.category else bpf.treatment


async def hold_payment(tx: Tx, self_bill: SelfBill) -> None:
    """Pay nothing of a contested invoice; what is on its way or paid already can only be credited."""
    invoice = await _invoice_of(tx, self_bill)
    if invoice.status in {InvoiceStatus.SCHEDULED, InvoiceStatus.AWAITING_CLIENT_PAYMENT}:
        await hold(tx, invoice.id, CONTESTED)


async def release_payment(tx: Tx, self_bill: SelfBill) -> None:
    """The invoice stands: let the payment go on that was held for the contest, and for nothing else."""
    invoice = await _invoice_of(tx, self_bill)
    if invoice.hold_reason == CONTESTED:
        await release(tx, invoice.id)


async def _invoice_of(tx: Tx, self_bill: SelfBill) -> Invoice:
    return await get_locked(tx, Invoice, self_bill.invoice_id, InvoiceNotFound())


async def take_back(tx: Tx, self_bill: SelfBill, reason: str) -> None:
    """Take a contested invoice back by a credit note (type 261): its BPF is open again, and another specimen follows.

    Raises:
        IllegalMove: its money is on the way.

    """
    document = await get_locked(tx, IssuedInvoice, self_bill.issued_invoice_id, IssuedInvoiceNotFound())
    bpf = await get_locked(tx, Bpf, self_bill.bpf_id, BpfNotFound())
    note = await credit(tx, document, reason)
    assert self_bill.invoice_id is not None  # what is taken back was issued
    await take_invoice_back(tx, bpf, self_bill.invoice_id, note_id=note.id, number=note.number, reason=reason)
    terms = await tx.get_one(MissionTerms, bpf.bdc_id)
    await propose_specimen(tx, bpf, Offer(terms.offer))
