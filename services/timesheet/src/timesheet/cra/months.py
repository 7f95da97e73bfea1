"""What one sees of a month: where it stands, and each of its days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from contracts.values import Month, Period
from timesheet.cra.calendar import DayKind, days_of
from timesheet.cra.days import DayWorked
from timesheet.cra.domain import Cra, refusal_to_begin
from timesheet.directory.missions import Mission
from timesheet.directory.renewals import Renewal, RenewalPending
from timesheet.settings.domain import ActivitySettings, ModuleOff


class MonthStatus(StrEnum):
    """The statuses of a CRA, and the two that come before there is one."""

    NOT_STARTED = "not_started"
    OPEN = "open"
    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    VALIDATED = "validated"


FIXED_DAYS = Decimal(18)
"""What a fixed report counts, where the order and the month have as many."""


@dataclass(frozen=True, slots=True)
class MissionMonth:
    """One month of one order, or of a renewal that has none yet; `reason` says why it cannot be filled in."""

    bdc_id: UUID | None
    month: Month
    status: MonthStatus
    reason: str | None = None
    cra_id: UUID | None = None
    total_days: Decimal = Decimal(0)
    invoice_number: str | None = None
    payment_on: date | None = None
    paid_on: date | None = None
    invoice_cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GridDay:
    """One day of a month; `fillable` says whether it may be counted."""

    date: date
    kind: DayKind
    name: str | None
    fillable: bool
    quantity: Decimal


def months_of(mission: Mission, cras: Iterable[Cra], choices: ActivitySettings, today: date) -> Iterator[MissionMonth]:
    """Every month that the order touches, in order, and none outside (TS-07)."""
    by_month = {cra.month: cra for cra in cras if cra.bdc_id == mission.bdc_id}
    return (standing(mission, month, by_month.get(month), choices, today) for month in mission.period.months())


def standing(mission: Mission, month: Month, cra: Cra | None, choices: ActivitySettings, today: date) -> MissionMonth:
    """Where the month stands: as its CRA, or open, or why not (TS-03, TS-05)."""
    if cra is not None:
        return MissionMonth(
            mission.bdc_id,
            month,
            MonthStatus(cra.status),
            cra_id=cra.id,
            total_days=cra.total_days,
            invoice_number=cra.invoice_number,
            payment_on=cra.payment_on,
            paid_on=cra.paid_on,
            invoice_cancelled_at=cra.invoice_cancelled_at,
        )
    if not choices.module_on:
        return MissionMonth(mission.bdc_id, month, MonthStatus.NOT_STARTED, reason=ModuleOff.code)
    if refusal := refusal_to_begin(mission, month, today):
        return MissionMonth(mission.bdc_id, month, MonthStatus.NOT_STARTED, reason=refusal.code)
    return MissionMonth(mission.bdc_id, month, MonthStatus.OPEN)


def waiting(renewal: Renewal, orders: Iterable[Mission]) -> Iterator[MissionMonth]:
    """The months that only the renewal touches: none can be filled in before its order (TS-06)."""
    ordered = {month for order in orders for month in order.period.months()}
    return (
        MissionMonth(None, month, MonthStatus.NOT_STARTED, reason=RenewalPending.code)
        for month in renewal.months()
        if month not in ordered
    )


def grid(mission: Mission, month: Month, cra: Cra | None, *, weekends: bool) -> list[GridDay]:
    """Each day of the calendar month, with what the CRA counts for it."""
    entries = cra.entries if cra else {}
    return [
        GridDay(
            known.date,
            known.kind,
            known.name,
            mission.includes(known.date) and known.may_count(weekends=weekends),
            Decimal(entries.get(known.date.isoformat(), "0")),
        )
        for known in days_of(month, mission.workplace)
    ]


def working_days(mission: Mission, month: Month) -> list[date]:
    """The days of the month that belong to the order and are worked where it is done; never a week-end."""
    return [
        known.date
        for known in days_of(month, mission.workplace)
        if mission.includes(known.date) and known.may_count(weekends=False)
    ]


def refill(mission: Mission, month: Month, cra: Cra, period: Period | None, quantity: Decimal) -> list[DayWorked]:
    """What the CRA counts once every working day of the period, or of the month, counts as much; the others stay."""
    within = period or Period(start=month.first, end=month.last)
    counted = {date.fromisoformat(day): Decimal(n) for day, n in cra.entries.items()}
    counted |= {day: quantity for day in working_days(mission, month) if within.start <= day <= within.end}
    return [DayWorked(day, n) for day, n in counted.items() if n]


def fixed_days(mission: Mission, month: Month, left: Decimal) -> list[DayWorked]:
    """What a fixed report counts: eighteen days, or what the order or the month has left, from the first day on."""
    most, days = min(FIXED_DAYS, left), list[DayWorked]()
    for day in working_days(mission, month):
        if most <= 0:
            break
        days.append(DayWorked(day, min(Decimal(1), most)))
        most -= 1
    return days
