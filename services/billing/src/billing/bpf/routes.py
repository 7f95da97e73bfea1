"""Reading BPF; nobody edits them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlalchemy import select

from billing.bpf.document import write
from billing.bpf.domain import Bpf, BpfKind, BpfNotFound, BpfStatus
from billing.bpf.lines import Rate
from billing.bpf.queries import visible_to
from billing.own import OwnDep
from billing.settings import BillingSettings
from chassis import Tx
from chassis.auth import Caller, may
from chassis.documents import PDF_ANSWER, pdf_download
from chassis.errors import Forbidden
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.company import LegalIdentity
from contracts.permissions import Permission
from contracts.timesheet import CraLineKind
from contracts.values import Money, Month, Period, Quantity

router = Router("bpfs")


class BuyerView(View):
    """Whom the invoice is addressed to: the platform's operator."""

    name: str
    address: str
    siren: str
    vat_number: str


class BpfLineView(View):
    """One line, as the invoice must show it."""

    kind: CraLineKind
    description: str
    quantity: Quantity
    unit: str
    unit_price: Money
    net: Money
    vat_category: str
    vat_rate: Rate


class VatGroupView(View):
    """The VAT of one category and rate."""

    category: str
    rate: Rate
    base: Money
    amount: Money


class BpfView(View):
    """A BPF: everything that the provider's invoice has to repeat."""

    id: UUID
    reference: str
    kind: BpfKind
    status: BpfStatus
    cra_id: UUID
    mission_id: UUID
    bdc_id: UUID
    order_reference: str
    title: str
    month: Month
    period: Period
    consultant_id: UUID
    consultant_name: str
    lines: list[BpfLineView]
    vat_groups: list[VatGroupView]
    net: Money
    vat: Money
    gross: Money
    vat_mention: str | None
    seller: LegalIdentity
    buyer: BuyerView
    validated_at: datetime
    issued_on: date


_LINE = ("kind", "quantity", "unit", "unit_price", "net", "vat_category", "vat_rate")


def view_of(bpf: Bpf, operator: BillingSettings) -> BpfView:
    """The answer for a BPF."""
    same = ("id", "reference", "kind", "status", "cra_id", "mission_id", "bdc_id", "order_reference", "title", "month")
    more = ("period", "consultant_id", "consultant_name", "net", "vat", "gross", "vat_mention", "seller", "vat_groups")
    last = ("validated_at", "issued_on")
    lines = [
        BpfLineView(description=bpf.description(line), **{name: getattr(line, name) for name in _LINE})
        for line in bpf.lines
    ]
    buyer = BuyerView(
        name=operator.operator_name,
        address=operator.operator_address,
        siren=operator.operator_siren,
        vat_number=operator.operator_vat_number,
    )
    return BpfView(**{name: getattr(bpf, name) for name in same + more + last}, lines=lines, buyer=buyer)


@router.get("/bpfs", access=may(Permission.READ_BPFS), responses=documented(Forbidden))
async def list_bpfs(
    tx: TxDep, caller: CallerDep, own: OwnDep, page: PageDep, status: Annotated[BpfStatus | None, Query()] = None
) -> Page[BpfView]:
    """The BPF that the caller may see, newest first."""
    query = select(Bpf).where(visible_to(caller))
    if status:
        query = query.where(Bpf.status == status.value)
    return await page_of(tx, query, Bpf.id, page, lambda bpf: view_of(bpf, own.settings))


@router.get("/bpfs/{bpf_id}", access=may(Permission.READ_BPFS), responses=documented(Forbidden, BpfNotFound))
async def read_bpf(bpf_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> BpfView:
    """One BPF (BL-03)."""
    return view_of(await _seen(tx, bpf_id, caller), own.settings)


@router.get(
    "/bpfs/{bpf_id}/document",
    access=may(Permission.READ_BPFS),
    response_class=Response,
    responses={**PDF_ANSWER, **documented(Forbidden, BpfNotFound)},
)
async def read_bpf_document(bpf_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> Response:
    """One BPF as a PDF (BL-03)."""
    bpf = await _seen(tx, bpf_id, caller)
    return pdf_download(f"{bpf.reference}.pdf", await write(bpf, own.settings))


async def _seen(tx: Tx, bpf_id: UUID, caller: Caller) -> Bpf:
    found = (await tx.scalars(select(Bpf).where(Bpf.id == bpf_id, visible_to(caller)))).one_or_none()
    if found is None:
        raise BpfNotFound
    return found
