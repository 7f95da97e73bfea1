"""Reading months and CRAs."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select

from chassis.auth import may
from chassis.errors import Forbidden
from chassis.http import CallerDep, Router, TxDep, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Month
from timesheet.cra.domain import Cra, CraStatus
from timesheet.cra.months import months_of, standing, waiting
from timesheet.cra.queries import (
    check_covered,
    cra_for,
    cra_of_month,
    days_in_other_months,
    visible_cras,
    without_days,
)
from timesheet.cra.refusals import CraNotFound, MonthOutsideMission
from timesheet.cra.views import CraView, CraWithDays, GridView, MonthsView, MonthView
from timesheet.directory.missions import Mission
from timesheet.directory.queries import MissionNotFound, order_of_month, orders_of, pending_renewal
from timesheet.directory.renewals import RenewalPending
from timesheet.settings.queries import settings_of

router = Router("cras")

Order = Annotated[UUID | None, Query(description="Which order, when a renewal starts inside the month")]


@router.get(
    "/missions/{mission_id}/months",
    access=may(Permission.FOLLOW_MISSIONS),
    responses=documented(Forbidden, MissionNotFound),
)
async def list_months(mission_id: UUID, caller: CallerDep, tx: TxDep) -> MonthsView:
    """Every month of the mission's orders, and where it stands (TS-03 to TS-07)."""
    orders = await orders_of(tx, mission_id, caller)
    query = without_days(select(Cra)).where(Cra.bdc_id.in_([order.bdc_id for order in orders]))
    cras = (await tx.scalars(query)).all()
    choices = await settings_of(tx, orders[0].client_company_id)
    months = [month for order in orders for month in months_of(order, cras, choices, tx.today)]
    if renewal := await pending_renewal(tx, mission_id):
        months += waiting(renewal, orders)
    return MonthsView(items=[MonthView.model_validate(month) for month in months])


@router.get(
    "/missions/{mission_id}/cras/{month}",
    access=may(Permission.FOLLOW_MISSIONS),
    responses=documented(Forbidden, MissionNotFound, MonthOutsideMission, RenewalPending),
)
async def read_month(
    *, mission_id: UUID, month: Month, caller: CallerDep, tx: TxDep, response: Response, bdc_id: Order = None
) -> GridView:
    """The month day by day: worked, week-end or holiday, and what is counted so far."""
    mission = await order_of_month(tx, mission_id, month, bdc_id, caller)
    await check_covered(tx, mission, month)
    cra = await cra_of_month(tx, mission, month)
    set_etag(response, cra.version if cra else 0)
    elsewhere = await days_in_other_months(tx, mission, month)
    choices = await settings_of(tx, mission.client_company_id)
    stands = standing(mission, month, cra, choices, tx.today)
    return GridView.showing(mission, stands, cra, elsewhere, weekends=choices.weekends_allowed)


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
