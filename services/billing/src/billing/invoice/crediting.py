"""The provider's own credit note: it takes an imported invoice back whole, and another may be imported (BL-22)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, Response, UploadFile
from sqlalchemy import select

from billing.bpf.domain import Bpf, BpfNotFound
from billing.bpf.queries import sold_by
from billing.invoice.accepting import check_not_reserved
from billing.invoice.credit_note import CreditNoteDate, CreditNoteNotFound, NotYourOwnInvoice, ProviderCreditNote
from billing.invoice.domain import Invoice, InvoiceNotFound, InvoiceNumberUsed, Origin
from billing.invoice.faithful import NotConfirmed
from billing.invoice.taking_back import take_back
from billing.issuing.domain import NotCreditable
from chassis import Tx, audit, get_locked
from chassis.auth import Caller, may
from chassis.errors import Forbidden, IllegalMove, TemporarilyUnavailable, require
from chassis.files import PDF, FileMissing, FileNotAccepted, FileTooLarge, StoredFile, attachment
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.problems import documented
from chassis.rows import new_id
from chassis.virus_scan import FileInfected
from contracts.permissions import Permission

router = Router("invoices")
SELLING = may(Permission.HANDLE_INVOICES)


class CreditNoteView(View):
    """The credit note that takes an invoice back."""

    id: UUID
    invoice_id: UUID
    number: str
    issued_on: date
    imported_at: datetime
    file_name: str
    file_sha256: str


@router.post(
    "/invoices/{invoice_id}/credit-note",
    access=SELLING,
    status_code=201,
    responses=documented(
        Forbidden,
        NotConfirmed,
        InvoiceNotFound,
        NotYourOwnInvoice,
        NotCreditable,
        InvoiceNumberUsed,
        CreditNoteDate,
        IllegalMove,
        FileTooLarge,
        FileNotAccepted,
        FileInfected,
        TemporarilyUnavailable,
    ),
)
async def import_credit_note(
    invoice_id: UUID,
    *,
    file: UploadFile,
    number: Annotated[str, Form(pattern="^[A-Za-z0-9+_/-]{1,35}$")],
    issued_on: Annotated[date, Form()],
    confirmed: Annotated[bool, Form(description="It takes back the whole of the invoice")],
    tx: TxDep,
    caller: CallerDep,
    platform: PlatformDep,
) -> CreditNoteView:
    """Take an imported invoice back by the provider's credit note; its BPF awaits another invoice."""
    require(confirmed, NotConfirmed(field="confirmed"))
    invoice, bpf = await _own(tx, invoice_id, caller)
    require(invoice.origin == Origin.IMPORTED, NotYourOwnInvoice())
    require(not invoice.is_credit, NotCreditable())
    require(invoice.issued_on <= issued_on <= tx.today, CreditNoteDate(field="issued_on"))
    await _check_unused(tx, number, caller.company)
    stored = await platform.files.keep(file, accept=frozenset({PDF}))
    note = ProviderCreditNote(
        id=new_id(),
        invoice_id=invoice_id,
        provider_company_id=caller.company,
        number=number,
        issued_on=issued_on,
        imported_by=caller.member_id,
        imported_at=tx.now,
        file_key=stored.key,
        file_name=stored.name,
        file_sha256=stored.sha256,
        file_size=stored.size,
    )
    await take_back(tx, bpf, invoice_id, note_id=note.id, number=number, reason=f"credit note {number}")
    tx.add(note)
    await tx.flush()
    audit(tx, "invoice.credit_note", invoice_id, credit_note=note.id, sha256=stored.sha256)
    return CreditNoteView.model_validate(note)


@router.get(
    "/invoices/{invoice_id}/credit-note",
    access=SELLING,
    responses=documented(Forbidden, InvoiceNotFound, CreditNoteNotFound),
)
async def read_credit_note(invoice_id: UUID, tx: TxDep, caller: CallerDep) -> CreditNoteView:
    """The credit note that cancelled an invoice."""
    return CreditNoteView.model_validate(await _note_of(tx, invoice_id, caller))


@router.get(
    "/invoices/{invoice_id}/credit-note/file",
    access=SELLING,
    response_class=Response,
    responses={
        200: {"description": "the credit note", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
        **documented(Forbidden, InvoiceNotFound, CreditNoteNotFound, FileMissing, TemporarilyUnavailable),
    },
)
async def read_credit_note_file(invoice_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep) -> Response:
    """The credit note as it was imported."""
    note = await _note_of(tx, invoice_id, caller)
    stored = StoredFile(note.file_key, note.file_name, PDF, note.file_sha256, note.file_size)
    return attachment(stored, await platform.files.read(stored.key))


async def _own(tx: Tx, invoice_id: UUID, caller: Caller) -> tuple[Invoice, Bpf]:
    """The caller's invoice, and its BPF locked, as whoever imports or pays locks it. Raises InvoiceNotFound."""
    mine = select(Invoice).where(Invoice.id == invoice_id, Invoice.provider_company_id == caller.company)
    invoice = (await tx.scalars(mine)).one_or_none()
    if invoice is None:
        raise InvoiceNotFound
    try:
        return invoice, await get_locked(tx, Bpf, invoice.bpf_id, BpfNotFound(), sold_by(caller))
    except BpfNotFound:
        raise InvoiceNotFound from None


async def _note_of(tx: Tx, invoice_id: UUID, caller: Caller) -> ProviderCreditNote:
    await _own(tx, invoice_id, caller)
    of_invoice = select(ProviderCreditNote).where(ProviderCreditNote.invoice_id == invoice_id)
    found = (await tx.scalars(of_invoice)).one_or_none()
    if found is None:
        raise CreditNoteNotFound
    return found


async def _check_unused(tx: Tx, number: str, company_id: UUID) -> None:
    """A provider gives each number once, whatever it numbers."""
    invoices = select(Invoice.id).where(Invoice.provider_company_id == company_id, Invoice.number == number)
    notes = select(ProviderCreditNote.id).where(
        ProviderCreditNote.provider_company_id == company_id, ProviderCreditNote.number == number
    )
    require(await tx.scalar(invoices.union(notes)) is None, InvoiceNumberUsed(field="number"))
    await check_not_reserved(tx, company_id, number)
