"""How an issued invoice is shown to whoever may see it."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi.responses import Response
from pydantic import PlainSerializer

from billing.issuing.cii import xml_of
from billing.issuing.domain import DocumentNotMade, IssuedInvoice, IssuedStatus
from billing.issuing.sheet import Kind, Language
from billing.settings import BillingSettings
from chassis.documents import pdf_download
from chassis.files import FileStore
from chassis.http import View
from contracts.values import Money, Period

XML = "application/xml"
XML_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {XML: {"schema": {"type": "string"}}}}}
Plain = Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]


class IssuedLineView(View):
    """One line, as the document shows it."""

    name: str
    quantity: Plain
    unit: str
    unit_price: Plain
    net: Plain
    category: str
    rate: Plain


class VatView(View):
    """The VAT of all lines of one rate."""

    category: str
    rate: Plain
    base: Plain
    amount: Plain
    reason: str | None


class IssuedInvoiceView(View):
    """An invoice or a credit note of the platform: what it says, and what is paid of it."""

    id: UUID
    kind: Kind
    type_code: str
    number: str
    status: IssuedStatus
    issued_on: date
    due_on: date
    title: str
    order_reference: str | None
    language: Language
    period: Period
    mission_id: UUID | None
    net: Money
    vat: Money
    gross: Money
    paid: Money
    credited: Money
    open: Money
    credits_id: UUID | None
    """The invoice that a credit note takes back."""
    document_ready: bool
    accounting_contact: str
    """Whom to ask about invoices (BL-27)."""


class IssuedInvoiceDetail(IssuedInvoiceView):
    """With its lines."""

    party_id: UUID
    lines: list[IssuedLineView]
    vat_breakdown: list[VatView]
    reason: str | None
    """Why a credit note was made."""


_COLUMNS = ("id", "kind", "type_code", "number", "status", "issued_on", "due_on", "mission_id", "credits_id")
_SUMS = ("net", "vat", "gross", "paid", "credited", "open")
_SAID = ("title", "order_reference", "language", "period")


def view_of(row: IssuedInvoice, settings: BillingSettings) -> IssuedInvoiceView:
    """The answer for a list."""
    return IssuedInvoiceView(**_shown(row, settings))


def detail_of(row: IssuedInvoice, settings: BillingSettings) -> IssuedInvoiceDetail:
    """The answer for one."""
    sheet = row.sheet
    return IssuedInvoiceDetail(
        **_shown(row, settings),
        party_id=row.party_id,
        lines=[IssuedLineView.model_validate(line) for line in sheet.lines],
        vat_breakdown=[VatView.model_validate(group) for group in sheet.vat],
        reason=sheet.reason,
    )


def _shown(row: IssuedInvoice, settings: BillingSettings) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _COLUMNS + _SUMS},
        **{name: row.content.get(name) for name in _SAID},
        "document_ready": row.document_key is not None,
        "accounting_contact": settings.accounting_contact,
    }


async def pdf_answer(row: IssuedInvoice, files: FileStore) -> Response:
    """The PDF/A-3 as it was made, once. Raises DocumentNotMade or FileMissing."""
    if row.document_key is None:
        raise DocumentNotMade
    return pdf_download(f"{row.number}.pdf", await files.read(row.document_key))


def xml_answer(row: IssuedInvoice) -> Response:
    """The electronic invoice alone, as the PDF holds it; without the name of whoever asked to be forgotten."""
    headers = {"Content-Disposition": f'attachment; filename="{row.number}.xml"', "X-Content-Type-Options": "nosniff"}
    return Response(xml_of(row), media_type=XML, headers=headers)
