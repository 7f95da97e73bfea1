"""Reading BPF; nobody edits them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import PlainSerializer
from sqlalchemy import select

from billing.bpf.domain import UNIT, Bpf, BpfNotFound, BpfStatus
from billing.bpf.queries import visible_to
from billing.own import OwnDep
from billing.settings import BillingSettings
from chassis.auth import may
from chassis.errors import Forbidden
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.company import LegalIdentity
from contracts.permissions import Permission
from contracts.values import Days, Money, Month, Period

router = Router("bpfs")

Rate = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.2f}", return_type=str)]
"""Per cent, with two decimals, as text."""


class BuyerView(View):
    """Whom the invoice is addressed to: the platform's operator."""

    name: str
    address: str
    siren: str
    vat_number: str


class BpfLineView(View):
    """One line, as the invoice must show it."""

    description: str
    quantity: Days
    unit: str
    unit_price: Money
    net: Money
    vat_category: str
    vat_rate: Rate


class BpfView(View):
    """A BPF: everything that the provider's invoice has to repeat."""

    id: UUID
    reference: str
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
    net: Money
    vat: Money
    gross: Money
    vat_mention: str | None
    seller: LegalIdentity
    buyer: BuyerView
    validated_at: datetime
    issued_on: date


def view_of(bpf: Bpf, operator: BillingSettings) -> BpfView:
    """The answer for a BPF."""
    same = ("id", "reference", "status", "cra_id", "mission_id", "bdc_id", "order_reference", "title", "month")
    more = ("period", "consultant_id", "consultant_name", "net", "vat", "gross", "vat_mention", "seller")
    last = ("validated_at", "issued_on")
    line = BpfLineView(
        description=f"{bpf.title}, {bpf.consultant_name}, {bpf.month}"[:1000],
        quantity=bpf.days,
        unit=UNIT,
        unit_price=bpf.unit_price,
        net=bpf.net,
        vat_category=bpf.vat_category,
        vat_rate=bpf.vat_rate,
    )
    buyer = BuyerView(
        name=operator.operator_name,
        address=operator.operator_address,
        siren=operator.operator_siren,
        vat_number=operator.operator_vat_number,
    )
    return BpfView(**{name: getattr(bpf, name) for name in same + more + last}, lines=[line], buyer=buyer)


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
    found = (await tx.scalars(select(Bpf).where(Bpf.id == bpf_id, visible_to(caller)))).one_or_none()
    if found is None:
        raise BpfNotFound
    return view_of(found, own.settings)
