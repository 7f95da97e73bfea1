"""Filling in a month, day by day or a span at once; reminding whoever has not."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from starlette.requests import Request

from chassis import Tx, audit, emit
from chassis.auth import Caller, may
from chassis.errors import Forbidden, IllegalMove, VersionConflict, require
from chassis.http import CallerDep, Router, TxDep, check_if_match, set_etag
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Month
from timesheet.cra import messages
from timesheet.cra.days import DayWorked
from timesheet.cra.domain import Cra, refusal_to_begin
from timesheet.cra.months import refill, standing
from timesheet.cra.queries import check_covered, cra_of_month, days_in_other_months
from timesheet.cra.refusals import (
    AlreadyReminded,
    DaysExceedOrder,
    InvalidDays,
    MissionNotStarted,
    MonthNotBegun,
    MonthOutsideMission,
    NothingToRemind,
)
from timesheet.cra.reminders import SENT, Due, claim
from timesheet.cra.views import CraWithDays, FilledMonth, FilledSpan, MonthView
from timesheet.directory.missions import Mission, Part
from timesheet.directory.queries import MissionNotFound, order_of_month
from timesheet.directory.renewals import RenewalPending
from timesheet.settings.domain import ModuleOff
from timesheet.settings.queries import settings_of

router = Router("cras")

Order = Annotated[UUID | None, Query(description="Which order, when a renewal starts inside the month")]

_NOT_YET = (MissionNotFound, MonthOutsideMission, ModuleOff, MissionNotStarted, MonthNotBegun, RenewalPending)
_REFUSALS = documented(Forbidden, *_NOT_YET, IllegalMove, VersionConflict, InvalidDays, DaysExceedOrder)


@router.put("/missions/{mission_id}/cras/{month}", access=may(Permission.REPORT_ACTIVITY), responses=_REFUSALS)
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
    days = [day.worked() for day in body.days]
    return await _fill(tx, caller, mission, month=month, days=lambda _: days, request=request, response=response)


@router.put("/missions/{mission_id}/cras/{month}/fill", access=may(Permission.REPORT_ACTIVITY), responses=_REFUSALS)
async def fill_in_span(
    *,
    mission_id: UUID,
    month: Month,
    body: FilledSpan,
    caller: CallerDep,
    tx: TxDep,
    request: Request,
    response: Response,
    bdc_id: Order = None,
) -> CraWithDays:
    """Count the same for each working day of a week, any span or the whole month; the other days stay."""
    mission = await order_of_month(tx, mission_id, month, bdc_id, caller, locked=True)
    quantity = Decimal(body.quantity)

    def days(cra: Cra) -> Sequence[DayWorked]:
        return refill(mission, month, cra, body.period, quantity)

    return await _fill(tx, caller, mission, month=month, days=days, request=request, response=response)


async def _fill(
    tx: Tx,
    caller: Caller,
    mission: Mission,
    *,
    month: Month,
    days: Callable[[Cra], Sequence[DayWorked]],
    request: Request,
    response: Response,
) -> CraWithDays:
    """Fill in the month of an order whose row is locked: its months never count more days than it has."""
    await check_covered(tx, mission, month)
    by = mission.part_of(caller.member_id, caller.company, caller.role)
    cra = await cra_of_month(tx, mission, month, locked=True) or Cra.begin(mission, month, by=by, today=tx.today)
    check_if_match(request, cra.version)
    elsewhere = await days_in_other_months(tx, mission, month)
    choices = await settings_of(tx, mission.client_company_id)
    cra.fill(days(cra), elsewhere=elsewhere, by=by, choices=choices)
    tx.add(cra)
    set_etag(response, cra.version)
    return CraWithDays.showing(cra)


@router.post(
    "/missions/{mission_id}/cras/{month}/reminder",
    access=may(Permission.APPROVE_ACTIVITY),
    responses=documented(Forbidden, *_NOT_YET, NothingToRemind, AlreadyReminded),
)
async def remind_consultant(
    mission_id: UUID, month: Month, caller: CallerDep, tx: TxDep, bdc_id: Order = None
) -> MonthView:
    """Remind the consultant of a month that they have not sent, once a day at most. For the provider's sellers."""
    mission = await order_of_month(tx, mission_id, month, bdc_id, caller)
    await check_covered(tx, mission, month)
    by = mission.part_of(caller.member_id, caller.company, caller.role)
    require(by is Part.APPROVER, Forbidden("there is nobody else to remind"))
    choices = await settings_of(tx, mission.client_company_id)
    choices.require_module()
    if refusal := refusal_to_begin(mission, month, tx.today):
        raise refusal
    cra = await cra_of_month(tx, mission, month)
    require(cra is None or cra.status not in SENT, NothingToRemind())
    require(await claim(tx, mission.bdc_id, month, Due.SUBMISSION, tx.today), AlreadyReminded())
    emit(tx, messages.submission_due(mission, month))
    audit(tx, "cra.reminded", mission.bdc_id, month=month)
    return MonthView.model_validate(standing(mission, month, cra, choices, tx.today))
