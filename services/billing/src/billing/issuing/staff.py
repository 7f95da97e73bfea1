"""What finance staff do with issued invoices: look, invoice by hand, take back."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select

from billing.bpf.vat import treatment_of_sale
from billing.directory.companies import Company
from billing.issuing.credit_note import Part, credit
from billing.issuing.domain import (
    IssuedInvoice,
    IssuedInvoiceNotFound,
    IssuedStatus,
    MoreThanIsLeft,
    NotCreditable,
    NothingToInvoice,
    PartyUnknown,
)
from billing.issuing.issue import BOOKED_HERE, issue
from billing.issuing.routes import FILE, ONE
from billing.issuing.sheet import Draft, DraftLine, Kind, Language
from billing.issuing.views import (
    XML_ANSWER,
    IssuedInvoiceDetail,
    IssuedInvoiceView,
    detail_of,
    pdf_answer,
    view_of,
    xml_answer,
)
from billing.own import OwnDep
from chassis import Tx, get_locked, get_or
from chassis.auth import staff
from chassis.documents import PDF_ANSWER
from chassis.errors import Forbidden, require
from chassis.http import Body, PlatformDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from chassis.rows import new_id
from contracts.roles import StaffScope
from contracts.values import Money, Name, Period, Quantity

router = Router("issued invoices, for staff")
FINANCE = staff(StaffScope.FINANCE)
LONGEST_TERM = 60
"""Days from the invoice that may be agreed at most (C. com. L441-10 I)."""
Unit = Annotated[str, Field(pattern=r"^(DAY|HUR|MON|C62)$")]
"""Days, hours, months or pieces (UN/ECE recommendation 20)."""


class LineBody(Body):
    """One line of an invoice made by hand, at the VAT of its customer."""

    name: Name
    quantity: Quantity
    unit: Unit
    unit_price: Money


class InvoiceBody(Body):
    """An invoice that follows from no report: agreed apart, for instance."""

    party_id: UUID
    title: Name
    period: Period
    lines: Annotated[list[LineBody], Field(min_length=1, max_length=100)]
    order_reference: Name | None = None
    due_days: Annotated[int, Field(ge=0, le=LONGEST_TERM)] | None = None
    language: Language = Language.FR


class PartBody(Body):
    """How much of a line is taken back; lines count from 0."""

    line: Annotated[int, Field(ge=0, le=999)]
    quantity: Quantity


class CreditBody(Body):
    """Why, and how much: all that is left unless parts are named."""

    reason: Name
    parts: Annotated[list[PartBody], Field(min_length=1, max_length=100)] | None = None


@router.get("/staff/issued-invoices", access=FINANCE, responses=documented(Forbidden))
async def list_issued_invoices(
    tx: TxDep,
    own: OwnDep,
    page: PageDep,
    *,
    status: Annotated[IssuedStatus | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    party_id: Annotated[UUID | None, Query()] = None,
) -> Page[IssuedInvoiceView]:
    """All that was issued, newest first."""
    asked = {IssuedInvoice.status: status, IssuedInvoice.kind: kind, IssuedInvoice.party_id: party_id}
    query = select(IssuedInvoice).where(*(column == wanted for column, wanted in asked.items() if wanted is not None))
    return await page_of(tx, query, IssuedInvoice.id, page, lambda row: view_of(row, own.settings))


@router.get("/staff/issued-invoices/{issued_invoice_id}", access=FINANCE, responses=ONE)
async def read_issued_invoice(issued_invoice_id: UUID, tx: TxDep, own: OwnDep) -> IssuedInvoiceDetail:
    """One of them, line by line."""
    return detail_of(await _one(tx, issued_invoice_id), own.settings)


@router.get(
    "/staff/issued-invoices/{issued_invoice_id}/document",
    access=FINANCE,
    response_class=Response,
    responses=PDF_ANSWER | FILE,
)
async def read_issued_document(issued_invoice_id: UUID, tx: TxDep, platform: PlatformDep) -> Response:
    """Its PDF/A-3."""
    return await pdf_answer(await _one(tx, issued_invoice_id), platform.files)


@router.get(
    "/staff/issued-invoices/{issued_invoice_id}/xml",
    access=FINANCE,
    response_class=Response,
    responses=XML_ANSWER | ONE,
)
async def read_issued_xml(issued_invoice_id: UUID, tx: TxDep) -> Response:
    """The electronic invoice alone (CII)."""
    return xml_answer(await _one(tx, issued_invoice_id))


@router.post(
    "/staff/issued-invoices",
    access=FINANCE,
    status_code=201,
    responses=documented(Forbidden, PartyUnknown, NothingToInvoice),
)
async def issue_by_hand(body: InvoiceBody, tx: TxDep, own: OwnDep) -> IssuedInvoiceDetail:
    """Issue an invoice to a company; its number is the next of the clients' series (BL-20)."""
    company = await get_or(tx, Company, body.party_id, PartyUnknown(field="party_id"))
    vat = treatment_of_sale(company.identity)
    draft = Draft(
        kind=Kind.CLIENT,
        party_id=body.party_id,
        source_id=new_id(),
        lines=[DraftLine(line.name, line.quantity, line.unit, line.unit_price, vat) for line in body.lines],
        period=body.period,
        title=body.title,
        order_reference=body.order_reference,
        due_days=body.due_days,
        language=body.language,
    )
    return detail_of(await issue(tx, own.settings, draft), own.settings)


@router.post(
    "/staff/issued-invoices/{issued_invoice_id}/credit-note",
    access=FINANCE,
    status_code=201,
    responses=documented(Forbidden, IssuedInvoiceNotFound, NotCreditable, MoreThanIsLeft),
)
async def make_credit_note(issued_invoice_id: UUID, body: CreditBody, tx: TxDep, own: OwnDep) -> IssuedInvoiceDetail:
    """Take an invoice to a company back, whole or in part; wholly taken back, it is cancelled (BL-22).

    A fee and a self-billed invoice are taken back with the provider's invoice.
    """
    invoice = await get_locked(tx, IssuedInvoice, issued_invoice_id, IssuedInvoiceNotFound())
    require(invoice.kind in BOOKED_HERE, NotCreditable())
    parts = [Part(part.line, part.quantity) for part in body.parts] if body.parts else None
    return detail_of(await credit(tx, invoice, body.reason, parts), own.settings)


async def _one(tx: Tx, invoice_id: UUID) -> IssuedInvoice:
    return await get_or(tx, IssuedInvoice, invoice_id, IssuedInvoiceNotFound())
