"""How a month is corrected: itself as long as it is open, with a later one once it is validated (TS-10, TS-11)."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Request, Response
from sqlalchemy import func, select

from chassis import Tx, audit, get_or
from chassis.auth import may, staff
from chassis.errors import Forbidden
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.problems import documented
from chassis.rows import new_id
from contracts.permissions import Permission
from contracts.roles import StaffScope
from contracts.timesheet import CraLineKind
from contracts.values import Month
from timesheet.cra.domain import Cra
from timesheet.cra.queries import cra_for, cra_of_month, days_in_other_months, reports_with_lines
from timesheet.cra.refusals import CraNotFound
from timesheet.cra.views import CraView
from timesheet.directory.missions import Mission
from timesheet.line.corrections import (
    Correction,
    CorrectionExceedsOrder,
    Corrections,
    LaterMonthCorrects,
    MonthNotCorrectable,
    TakesBackTooMuch,
    check_correctable,
    closing_report,
    how_to_correct,
)
from timesheet.line.domain import Line, TooManyLines
from timesheet.line.files import keep_file
from timesheet.line.queries import earlier_report
from timesheet.line.views import BillView, NewAdjustment
from timesheet.line.writing import FILES, WRITING, let_write, to_write, written
from timesheet.settings.queries import settings_of

router = Router("corrections")


class CorrectionView(View):
    """How the month can still be corrected."""

    how: Correction


async def _last_month(tx: Tx, mission_id: UUID) -> Month:
    """The last month of the mission's last order."""
    last = (await tx.execute(select(func.max(Mission.ends_on)).where(Mission.mission_id == mission_id))).scalar_one()
    return Month.of(last)


@router.get(
    "/cras/{cra_id}/correction", access=may(Permission.FOLLOW_MISSIONS), responses=documented(Forbidden, CraNotFound)
)
async def read_correction(cra_id: UUID, caller: CallerDep, tx: TxDep) -> CorrectionView:
    """How the month can be corrected from here: by whom it is sent back, with which month, or by the support."""
    cra = await cra_for(tx, cra_id, caller)
    return CorrectionView(how=how_to_correct(cra, await _last_month(tx, cra.mission.mission_id)))


@router.post(
    "/cras/{cra_id}/adjustments",
    access=may(Permission.REPORT_ACTIVITY),
    status_code=201,
    responses=documented(*WRITING, *FILES, MonthNotCorrectable, TakesBackTooMuch, CorrectionExceedsOrder, TooManyLines),
)
async def add_adjustment(
    *,
    cra_id: UUID,
    form: Annotated[NewAdjustment, Form(media_type="multipart/form-data")],
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
    request: Request,
    response: Response,
) -> BillView:
    """Count days more or less for an earlier month that is validated already. For the consultant (TS-11)."""
    cra = await to_write(tx, cra_id, caller, request)
    await let_write(tx, cra, caller, CraLineKind.ADJUSTMENT)
    bdc_id = form.bdc_id or cra.bdc_id
    corrected = check_correctable(await earlier_report(tx, cra, form.month, bdc_id, caller), cra)
    corrections = Corrections.of(await reports_with_lines(tx, cra.mission.mission_id))
    choices = await settings_of(tx, cra.mission.client_company_id)
    counted = await days_in_other_months(tx, corrected.mission, None)
    corrections.check(form.quantity, corrected, counted=counted, overrun=choices.overrun_allowed)
    line = Line(
        id=new_id(),
        kind=CraLineKind.ADJUSTMENT,
        title=corrected.mission.title,
        quantity=form.quantity,
        unit="DAY",
        unit_price=corrected.mission.daily_rate,
        month=form.month,
        bdc_id=bdc_id,
        comment=form.comment,
        file=await keep_file(tx, platform, cra, form.file) if form.file else None,
    )
    cra.put_line(line)
    return written(tx, cra, line, caller, response)


@router.post(
    "/staff/cras/{cra_id}/closing-report",
    access=staff(StaffScope.SUPPORT),
    status_code=201,
    responses=documented(CraNotFound, MonthNotCorrectable, LaterMonthCorrects),
)
async def open_closing_report(cra_id: UUID, tx: TxDep) -> CraView:
    """Open one more month for a mission that is over, so that its last one can be corrected. For the support."""
    last = await get_or(tx, Cra, cra_id, CraNotFound())
    mission = (await tx.scalars(select(Mission).where(Mission.bdc_id == last.bdc_id).with_for_update())).one()
    closing = closing_report(last, mission, await _last_month(tx, mission.mission_id))
    opened = await cra_of_month(tx, mission, closing.month)
    if opened is None:
        tx.add(opened := closing)
        await tx.flush()
        audit(tx, "cra.closing_report_opened", closing.id, corrects=last.id)
    return CraView.of(opened)
