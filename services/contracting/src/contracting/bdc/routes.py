"""Issue the platform's order, and let both sides read it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi.responses import Response
from pydantic import PlainSerializer, WithJsonSchema
from sqlalchemy import select

from chassis import emit, get_locked
from chassis.auth import may, staff
from chassis.documents import PDF_ANSWER, pdf_download
from chassis.errors import IllegalMove, TemporarilyUnavailable
from chassis.files import FileMissing
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracting.bdc.domain import Bdc, BdcNotFound, GatesOpen
from contracting.bdc.issuing import issue
from contracting.bdc.queries import bdc_seen_by, visible_to
from contracting.early_end.domain import MonthAlreadyValidated
from contracting.mission.domain import BdcAlreadyIssued, Mission, MissionNotFound
from contracting.mission.payment import DayCount, FeeType, Trigger
from contracting.own import OwnDep
from contracts.contracting import Offer, PaymentOption, PaymentRegime
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.permissions import Permission
from contracts.roles import CLIENT_ROLES, SELLERS, StaffScope
from contracts.values import Days, Money, Period

router = Router("bdcs")

Percent = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:.1f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}\.[0-9]$"}),
]


class FeeView(View):
    """The platform's fee: its kind, its base and its amount for exactly the days ordered (CT-22)."""

    type: FeeType
    rate_percent: Percent
    base: Money
    amount: Money


class SettlementView(View):
    """When the provider is paid (CT-22)."""

    trigger: Trigger
    days: int | None
    counted_in: DayCount | None


class BdcSummary(View):
    """An order in a list."""

    id: UUID
    reference: str
    mission_id: UUID
    line: int
    offer: Offer
    title: str
    client_company_id: UUID
    client_name: str
    provider_company_id: UUID
    provider_name: str
    consultant_id: UUID
    consultant_name: str
    daily_rate: Money
    days: Days
    period: Period
    issued_at: datetime


class BdcView(BdcSummary):
    """An order with its full terms."""

    rfp_reference: str
    proposal_id: UUID
    operational_manager_id: UUID
    total: Money
    payment_option: PaymentOption
    payment_regime: PaymentRegime
    client_order_reference: str
    notice_months: int
    special_conditions: str | None
    sha256: str | None
    fee: FeeView
    settlement: SettlementView

    @classmethod
    def of(cls, bdc: Bdc) -> BdcView:
        """Show an order."""
        terms = bdc.terms
        apart = {
            "fee": FeeView(type=terms.fee_type, rate_percent=terms.rate, base=bdc.total, amount=bdc.fee),
            "settlement": SettlementView(trigger=terms.trigger, days=terms.days, counted_in=terms.counted_in),
        }
        return cls(**apart, **{name: getattr(bdc, name) for name in cls.model_fields if name not in apart})


@router.post(
    "/missions/{mission_id}/bdc",
    access=staff(StaffScope.CONTRACTS),
    status_code=201,
    responses=documented(
        MissionNotFound, BdcAlreadyIssued, GatesOpen, MonthAlreadyValidated, IllegalMove, TemporarilyUnavailable
    ),
)
async def issue_bdc(mission_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep, own: OwnDep) -> BdcView:
    """Issue the platform's next order, sealed: all five gates hold at this instant, and until the commit (CT-10)."""
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound())
    bdc = await issue(tx, mission, platform, own, by=caller.member_id)
    emit(tx, _announcement(bdc))
    return BdcView.of(bdc)


@router.get("/bdcs", access=may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS))
async def list_bdcs(tx: TxDep, caller: CallerDep, page: PageDep) -> Page[BdcSummary]:
    """The orders of one's side (CT-23); all of them for staff."""
    return await page_of(tx, select(Bdc).where(visible_to(caller)), Bdc.id, page, BdcSummary.model_validate)


@router.get(
    "/bdcs/{bdc_id}",
    access=may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS),
    responses=documented(BdcNotFound),
)
async def read_bdc(bdc_id: UUID, tx: TxDep, caller: CallerDep) -> BdcView:
    """An order with its fee and settlement terms (CT-22)."""
    return BdcView.of(await bdc_seen_by(tx, caller, bdc_id))


@router.get(
    "/bdcs/{bdc_id}/document",
    access=may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS),
    responses=documented(BdcNotFound, FileMissing) | PDF_ANSWER,
    response_class=Response,
)
async def download_bdc(bdc_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep) -> Response:
    """The sealed order, as it was issued (CT-23)."""
    document = (await bdc_seen_by(tx, caller, bdc_id)).document
    if document is None:
        raise FileMissing
    return pdf_download(document.name, await platform.files.read(document.key))


def _announcement(bdc: Bdc) -> NotificationRequested:
    return NotificationRequested(
        subject_id=bdc.id,
        template="bdc_issued",
        members=[bdc.consultant_id, bdc.operational_manager_id],
        roles=[
            RoleInCompany(company_id=bdc.provider_company_id, roles=sorted(SELLERS)),
            RoleInCompany(company_id=bdc.client_company_id, roles=sorted(CLIENT_ROLES)),
        ],
        context={
            "bdc_reference": bdc.reference,
            "title": bdc.title,
            "consultant_name": bdc.consultant_name,
            "start": bdc.starts_on.isoformat(),
            "end": bdc.ends_on.isoformat(),
        },
    )
