"""What the calendar brings: fixed reports on a month's last day, and reminders around it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from chassis import Tx, audit, emit
from chassis.clock import business_date
from chassis.personal_data import NOBODY
from chassis.sweeps import Sweep
from contracts.values import Month
from timesheet.cra import messages
from timesheet.cra.domain import Cra, Decision
from timesheet.cra.months import fixed_days
from timesheet.cra.queries import days_in_other_months, left_to_the_calendar
from timesheet.cra.reminders import remind_clients, remind_consultants
from timesheet.directory.missions import Mission, Part
from timesheet.settings.domain import ActivitySettings

_PART = 100


def month_to_report(today: date) -> Month:
    """The month that ends on that day in Paris, or else the last that ended: a missed day is made up for."""
    month = Month.of(today)
    return month if today == month.last else Month.of(month.first - timedelta(days=1))


async def report_fixed_months(tx: Tx, as_of: datetime) -> bool:
    """Report the fixed number of days for each month that its client fixed and nobody filled in; a part at a time."""
    month, after = month_to_report(business_date(as_of)), None
    while missions := await _with_fixed_report(tx, month, after):
        reported = await _report(tx, missions, month)
        if reported:
            return True
        after = missions[-1][0].bdc_id
    return False


async def _with_fixed_report(tx: Tx, month: Month, after: UUID | None) -> Sequence[tuple[Mission, ActivitySettings]]:
    """Missions whose rows are held as while a month is filled in: a month is the consultant's or the calendar's."""
    chosen = ActivitySettings.client_company_id == Mission.client_company_id
    query = select(Mission, ActivitySettings).join(ActivitySettings, chosen).where(left_to_the_calendar(month))
    query = query.where(Mission.starts_on <= month.last, Mission.ends_on >= month.first)
    if after is not None:
        query = query.where(Mission.bdc_id > after)
    query = query.order_by(Mission.bdc_id).limit(_PART).with_for_update(of=Mission, key_share=True)
    return [(mission, settings) for mission, settings in await tx.execute(query)]


async def _report(tx: Tx, missions: Sequence[tuple[Mission, ActivitySettings]], month: Month) -> bool:
    ids = [mission.bdc_id for mission, _ in missions]
    begun = set(await tx.scalars(select(Cra.bdc_id).where(Cra.bdc_id.in_(ids), Cra.month == month)))
    reported = False
    for mission, settings in missions:
        if mission.bdc_id in begun:
            continue
        left = mission.days - await days_in_other_months(tx, mission, month)
        if days := fixed_days(mission, month, left):
            cra = Cra.begin(mission, month, by=Part.CALENDAR, today=month.last)
            emit(tx, cra.report(days, Decision(Part.CALENDAR, settings.changed_by or NOBODY, tx.now)))
            emit(tx, messages.validated(cra))
            audit(tx, "cra.reported", cra.id, version=cra.version, days=cra.total_days)
            tx.add(cra)
            reported = True
    return reported


SWEEPS = [
    Sweep("report_fixed_months", timedelta(days=1), report_fixed_months),
    Sweep("remind_consultants", timedelta(days=1), remind_consultants),
    Sweep("remind_clients", timedelta(days=1), remind_clients),
]
