"""Reading accepted invoices."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import ColumnElement, and_, select

from billing.bpf.domain import Bpf
from billing.bpf.queries import sold_by
from billing.invoice.domain import Invoice, InvoiceNotFound, Origin
from billing.invoice.statuses import InvoiceStatus
from billing.invoice.views import InvoiceView
from billing.issuing.domain import DocumentNotMade, IssuedInvoice
from billing.issuing.views import pdf_answer
from billing.own import OwnDep
from chassis import Tx
from chassis.auth import Caller, may
from chassis.errors import Forbidden
from chassis.files import PDF, XML, FileMissing, StoredFile, attachment
from chassis.http import CallerDep, PlatformDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.roles import Role

router = Router("invoices")
SELLING = may(Permission.HANDLE_INVOICES)
"""A company's invoices are for those who sell for it; its consultants see none."""
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get("/invoices", access=SELLING, responses=documented(Forbidden))
async def list_invoices(
    tx: TxDep, caller: CallerDep, own: OwnDep, page: PageDep, status: Annotated[InvoiceStatus | None, Query()] = None
) -> Page[InvoiceView]:
    """The invoices that the caller may see, newest first (BL-30)."""
    query = select(Invoice).where(_sold_by(caller))
    if status:
        query = query.where(Invoice.status == status.value)
    contact = own.settings.accounting_contact
    return await page_of(tx, query, Invoice.id, page, lambda invoice: InvoiceView.of(invoice, contact))


@router.get("/invoices/{invoice_id}", access=SELLING, responses=documented(Forbidden, InvoiceNotFound))
async def read_invoice(invoice_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> InvoiceView:
    """One invoice with its status, the date of its payment, expected or past, and whom to ask (BL-36, BL-27)."""
    return InvoiceView.of(await _own_invoice(tx, invoice_id, caller), own.settings.accounting_contact)


@router.get(
    "/invoices/{invoice_id}/file",
    access=SELLING,
    response_class=Response,
    responses={
        200: {"description": "the invoice", "content": dict.fromkeys((PDF, XML), _BINARY)},
        **documented(Forbidden, InvoiceNotFound, FileMissing, DocumentNotMade),
    },
)
async def read_invoice_file(invoice_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep) -> Response:
    """The invoice as it was imported, byte for byte, or as the platform wrote it."""
    found = await _own_invoice(tx, invoice_id, caller)
    if found.origin == Origin.SELF_BILLED:
        return await pdf_answer(await _written_by_platform(tx, found), platform.files)
    key, name, sha256, size = found.file_key, found.file_name, found.file_sha256, found.file_size
    if key is None or name is None or sha256 is None or size is None:
        raise FileMissing
    stored = StoredFile(key, name, found.file_type or PDF, sha256, size)
    return attachment(stored, await platform.files.read(stored.key))


async def _written_by_platform(tx: Tx, invoice: Invoice) -> IssuedInvoice:
    same = (IssuedInvoice.party_id == invoice.provider_company_id) & (IssuedInvoice.number == invoice.number)
    return (await tx.scalars(select(IssuedInvoice).where(same))).one()


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
