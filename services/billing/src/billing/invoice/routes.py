"""Importing the provider's invoice, and reading accepted ones."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, Response, UploadFile
from pydantic import Field
from sqlalchemy import ColumnElement, and_, select

from billing.bpf.domain import Bpf, BpfAlreadyInvoiced, BpfNotFound, BpfStatus
from billing.bpf.queries import sold_by
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.directory.queries import account_in_force
from billing.invoice.comparison import Buyer
from billing.invoice.domain import (
    Invoice,
    InvoiceMismatch,
    InvoiceNotFound,
    InvoiceNumberUsed,
    InvoiceStatus,
    NotConfirmed,
    check_faithful,
)
from billing.own import OwnDep
from billing.reading.document import Reading
from billing.reading.refusals import (
    AmbiguousInvoice,
    DocumentTooHeavy,
    NoEmbeddedInvoice,
    NotAPdf,
    RulesBroken,
    SchemaInvalid,
    UnsupportedFormat,
    UnsupportedProfile,
    XmlRefused,
)
from billing.settings import BillingSettings
from chassis import Tx, audit, emit, get_locked
from chassis.auth import Caller, may
from chassis.errors import Forbidden, TemporarilyUnavailable, require
from chassis.files import (
    MAX_BYTES,
    PDF,
    FileMissing,
    FileNotAccepted,
    FileTooLarge,
    StoredFile,
    attachment,
    sniff,
)
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.permissions import Permission
from contracts.roles import Role
from contracts.values import Money, Month

router = Router("invoices")
SELLING = may(Permission.HANDLE_INVOICES)
"""A company's invoices are for those who sell for it; its consultants see none."""


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
    file_name: str
    file_sha256: str


@router.post(
    "/bpfs/{bpf_id}/invoice",
    access=SELLING,
    status_code=201,
    responses=documented(
        NotConfirmed,
        BpfNotFound,
        BpfAlreadyInvoiced,
        InvoiceNumberUsed,
        InvoiceMismatch,
        FileTooLarge,
        FileNotAccepted,
        NotAPdf,
        NoEmbeddedInvoice,
        AmbiguousInvoice,
        XmlRefused,
        UnsupportedFormat,
        UnsupportedProfile,
        SchemaInvalid,
        RulesBroken,
        DocumentTooHeavy,
        TemporarilyUnavailable,
        Forbidden,
    ),
)
async def import_invoice(
    bpf_id: UUID,
    *,
    file: UploadFile,
    confirmed: Annotated[bool, Form()],
    tx: TxDep,
    caller: CallerDep,
    platform: PlatformDep,
    own: OwnDep,
) -> InvoiceView:
    """Import the provider's Factur-X invoice of a BPF; `confirmed` says that its data are accurate (BL-05)."""
    require(confirmed, NotConfirmed(field="confirmed"))
    await _check_awaited(tx, bpf_id, caller)
    content = await _pdf(file)
    reading = await own.reader.read(content)
    bpf = await get_locked(tx, Bpf, bpf_id, BpfNotFound(), sold_by(caller))
    invoice = await _accept(tx, reading, bpf, caller, own.settings)
    stored = await platform.files.put(content, file.filename or "", accept=frozenset({PDF}))
    invoice.keep_file(key=stored.key, name=stored.name, sha256=stored.sha256, size=stored.size)
    tx.add(invoice)
    await tx.flush()
    audit(tx, "invoice.import", invoice.id, bpf=bpf.id, number=invoice.number, sha256=stored.sha256)
    return InvoiceView.model_validate(invoice)


async def _check_awaited(tx: Tx, bpf_id: UUID, caller: Caller) -> None:
    """Look before the file is read; the decision is made later, on the locked row."""
    mine = select(Bpf.status).where(Bpf.id == bpf_id, sold_by(caller))
    status = await tx.scalar(mine)
    require(status is not None, BpfNotFound())
    require(status == BpfStatus.OPEN, BpfAlreadyInvoiced())


async def _pdf(file: UploadFile) -> bytes:
    content = await file.read(MAX_BYTES + 1)
    require(len(content) <= MAX_BYTES, FileTooLarge(f"at most {MAX_BYTES} bytes are taken", field="file"))
    sniff(content, file.filename or "", frozenset({PDF}))
    return content


async def _accept(tx: Tx, reading: Reading, bpf: Bpf, caller: Caller, operator: BillingSettings) -> Invoice:
    """Hold the invoice against its BPF and take it; raises as `check_faithful` does.

    Raises:
        BpfAlreadyInvoiced: another one came first.
        InvoiceNumberUsed: for another month.

    """
    bpf.check_open()
    provider = await tx.get_one(Company, bpf.provider_company_id)
    terms = await tx.get_one(MissionTerms, bpf.bdc_id)
    buyer = Buyer(operator.operator_name, operator.operator_siren, operator.operator_vat_number)
    check_faithful(reading, bpf, provider.identity, buyer, tx.today)
    await _check_number_unused(tx, reading.invoice.number, caller.company)
    assert caller.role is not None
    bpf.mark_invoiced(caller.role)
    invoice, imported = Invoice.accept(reading.invoice, bpf, terms, by=caller.member_id, at=tx.now)
    account = await account_in_force(tx, bpf.provider_company_id, tx.now)
    invoice.account_id = account.bank_details_id if account else None
    emit(tx, imported)
    if told := invoice.scheduled():
        emit(tx, told)
    return invoice


async def _check_number_unused(tx: Tx, number: str | None, company_id: UUID) -> None:
    used = select(Invoice.id).where(Invoice.provider_company_id == company_id, Invoice.number == number)
    require(await tx.scalar(used) is None, InvoiceNumberUsed(field="number"))


@router.get("/invoices", access=SELLING, responses=documented(Forbidden))
async def list_invoices(
    tx: TxDep, caller: CallerDep, page: PageDep, status: Annotated[InvoiceStatus | None, Query()] = None
) -> Page[InvoiceView]:
    """The invoices that the caller may see, newest first (BL-30)."""
    query = select(Invoice).where(_sold_by(caller))
    if status:
        query = query.where(Invoice.status == status.value)
    return await page_of(tx, query, Invoice.id, page, InvoiceView.model_validate)


@router.get("/invoices/{invoice_id}", access=SELLING, responses=documented(Forbidden, InvoiceNotFound))
async def read_invoice(invoice_id: UUID, tx: TxDep, caller: CallerDep) -> InvoiceView:
    """One invoice with its status and expected payment date (BL-36)."""
    return InvoiceView.model_validate(await _own_invoice(tx, invoice_id, caller))


@router.get(
    "/invoices/{invoice_id}/file",
    access=SELLING,
    response_class=Response,
    responses={
        200: {"description": "the invoice", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
        **documented(Forbidden, InvoiceNotFound, FileMissing),
    },
)
async def read_invoice_file(invoice_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep) -> Response:
    """The invoice as it was imported, byte for byte."""
    found = await _own_invoice(tx, invoice_id, caller)
    stored = StoredFile(found.file_key, found.file_name, PDF, found.file_sha256, found.file_size)
    return attachment(stored, await platform.files.read(stored.key))


def _sold_by(caller: Caller) -> ColumnElement[bool]:
    """The company's, and for a sales manager those of the consultants that they supervise (CO-05)."""
    ours = Invoice.provider_company_id == caller.company
    if caller.role is Role.COMMERCIAL:
        return and_(ours, Invoice.bpf_id.in_(select(Bpf.id).where(sold_by(caller))))
    return ours


async def _own_invoice(tx: Tx, invoice_id: UUID, caller: Caller) -> Invoice:
    mine = select(Invoice).where(Invoice.id == invoice_id, _sold_by(caller))
    found = (await tx.scalars(mine)).one_or_none()
    if found is None:
        raise InvoiceNotFound
    return found
