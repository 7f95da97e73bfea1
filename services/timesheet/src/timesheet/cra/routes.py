"""Filling in, submitting, validating and reading CRAs."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from starlette.requests import Request

from chassis import audit, emit
from chassis.auth import may
from chassis.errors import Forbidden, IllegalMove, VersionConflict, require
from chassis.http import CallerDep, HotTxDep, Router, TxDep, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Month
from timesheet.cra import messages
from timesheet.cra.domain import Cra, CraStatus
from timesheet.cra.months import months_of, standing
from timesheet.cra.queries import (
    cra_for,
    cra_of_month,
    cra_to_decide,
    days_in_other_months,
    visible_cras,
    without_days,
)
from timesheet.cra.refusals import (
    CraNotFound,
    DaysExceedOrder,
    EmptyCra,
    InvalidDays,
    MissionNotStarted,
    MonthNotBegun,
    MonthOutsideMission,
)
from timesheet.cra.views import (
    CraView,
    CraWithDays,
    FilledMonth,
    GridView,
    MonthsView,
    MonthView,
    Refusal,
)
from timesheet.directory.missions import Mission
from timesheet.directory.queries import MissionNotFound, order_of_month, orders_of

router = Router("cras")

Order = Annotated[UUID | None, Query(description="Which order, when a renewal starts inside the month")]


@router.get(
    "/missions/{mission_id}/months",
    access=may(Permission.FOLLOW_MISSIONS),
    responses=documented(Forbidden, MissionNotFound),
)
async def list_months(mission_id: UUID, caller: CallerDep, tx: TxDep) -> MonthsView:
    """Every month of the mission's orders, and where it stands (TS-05, TS-07)."""
    orders = await orders_of(tx, mission_id, caller)
    query = without_days(select(Cra)).where(Cra.bdc_id.in_([order.bdc_id for order in orders]))
    cras = (await tx.scalars(query)).all()
    months = (month for order in orders for month in months_of(order, cras, tx.today))
    return MonthsView(items=[MonthView.model_validate(month) for month in months])


@router.get(
    "/missions/{mission_id}/cras/{month}",
    access=may(Permission.FOLLOW_MISSIONS),
    responses=documented(Forbidden, MissionNotFound, MonthOutsideMission),
)
async def read_month(
    *, mission_id: UUID, month: Month, caller: CallerDep, tx: TxDep, response: Response, bdc_id: Order = None
) -> GridView:
    """The month day by day: worked, week-end or holiday, and what is counted so far."""
    mission = await order_of_month(tx, mission_id, month, bdc_id, caller)
    require(mission.covers(month), MonthOutsideMission())
    cra = await cra_of_month(tx, mission, month)
    set_etag(response, cra.version if cra else 0)
    elsewhere = await days_in_other_months(tx, mission, month)
    return GridView.showing(mission, standing(mission, month, cra, tx.today), cra, elsewhere)


@router.put(
    "/missions/{mission_id}/cras/{month}",
    access=may(Permission.REPORT_ACTIVITY),
    responses=documented(
        Forbidden,
        MissionNotFound,
        MonthOutsideMission,
        MissionNotStarted,
        MonthNotBegun,
        IllegalMove,
        VersionConflict,
        InvalidDays,
        DaysExceedOrder,
    ),
)
async def fill_in_month(
    *,
    mission_id: UUID,
    month: Month,
    body: FilledMonth,
    caller: CallerDep,
    tx: TxDep,
    request: Request,
    response: Response,
    bdc_id: Order = None,
) -> CraWithDays:
    """Replace the days of the month; the first time makes the CRA. For its consultant (TS-01)."""
    mission = await order_of_month(tx, mission_id, month, bdc_id, caller, locked=True)
    by = mission.part_of(caller.member_id, caller.company)
    cra = await cra_of_month(tx, mission, month, locked=True) or Cra.begin(mission, month, by=by, today=tx.today)
    check_if_match(request, cra.version)
    elsewhere = await days_in_other_months(tx, mission, month)
    cra.fill([day.worked() for day in body.days], elsewhere=elsewhere, by=by)
    tx.add(cra)
    set_etag(response, cra.version)
    return CraWithDays.showing(cra)


@router.get("/cras", access=may(Permission.FOLLOW_MISSIONS), responses=documented(Forbidden))
async def list_cras(
    *,
    caller: CallerDep,
    tx: TxDep,
    page: PageDep,
    month: Annotated[Month | None, Query()] = None,
    status: Annotated[CraStatus | None, Query()] = None,
    mission_id: Annotated[UUID | None, Query()] = None,
) -> Page[CraView]:
    """The CRAs of the caller's missions, newest first (TS-14)."""
    query = without_days(visible_cras(caller))
    wanted = {Cra.month: month, Cra.status: status, Mission.mission_id: mission_id}
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    return await page_of(tx, query, Cra.id, page, CraView.of)


@router.get("/cras/{cra_id}", access=may(Permission.FOLLOW_MISSIONS), responses=documented(Forbidden, CraNotFound))
async def read_cra(cra_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> CraWithDays:
    """One CRA with its days, and its invoice once there is one."""
    cra = await cra_for(tx, cra_id, caller)
    set_etag(response, cra.version)
    return CraWithDays.showing(cra)


@router.post(
    "/cras/{cra_id}/submission",
    access=may(Permission.REPORT_ACTIVITY),
    hot=True,
    responses=documented(Forbidden, CraNotFound, IllegalMove, VersionConflict, EmptyCra),
)
async def submit_cra(cra_id: UUID, caller: CallerDep, tx: HotTxDep, request: Request) -> CraView:
    """Send the month to the operational manager; from then on it is not edited. For its consultant (TS-10)."""
    cra = await cra_to_decide(tx, cra_id, caller)
    check_if_match(request, cra.version)
    cra.submit(by=cra.mission.part_of(caller.member_id, caller.company), at=tx.now)
    emit(tx, messages.submitted(cra))
    audit(tx, "cra.submitted", cra.id, version=cra.version, days=cra.total_days)
    return CraView.of(cra)


@router.post(
    "/cras/{cra_id}/validation",
    access=may(Permission.VALIDATE_ACTIVITY),
    hot=True,
    responses=documented(Forbidden, CraNotFound, IllegalMove, VersionConflict),
)
async def validate_cra(cra_id: UUID, caller: CallerDep, tx: HotTxDep, request: Request) -> CraView:
    """Agree to every day of the month, for good. For the mission's operational manager (TS-12)."""
    cra = await cra_to_decide(tx, cra_id, caller)
    check_if_match(request, cra.version)
    by = cra.mission.part_of(caller.member_id, caller.company)
    emit(tx, cra.validate(by=by, member_id=caller.member_id, at=tx.now))
    emit(tx, messages.validated(cra))
    audit(tx, "cra.validated", cra.id, version=cra.version, days=cra.total_days)
    return CraView.of(cra)


@router.post(
    "/cras/{cra_id}/refusal",
    access=may(Permission.VALIDATE_ACTIVITY),
    hot=True,
    responses=documented(Forbidden, CraNotFound, IllegalMove, VersionConflict),
)
async def refuse_cra(cra_id: UUID, body: Refusal, caller: CallerDep, tx: HotTxDep, request: Request) -> CraView:
    """Send the month back to the consultant, with the reason. For the mission's operational manager (TS-10)."""
    cra = await cra_to_decide(tx, cra_id, caller)
    check_if_match(request, cra.version)
    cra.refuse(body.reason, by=cra.mission.part_of(caller.member_id, caller.company))
    emit(tx, messages.refused(cra))
    audit(tx, "cra.refused", cra.id, version=cra.version)
    return CraView.of(cra)
