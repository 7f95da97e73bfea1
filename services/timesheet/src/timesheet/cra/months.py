"""What one sees of a month: where it stands, and each of its days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from contracts.values import Month
from timesheet.cra.calendar import DayKind, day_of
from timesheet.cra.domain import Cra, refusal_to_begin
from timesheet.directory.missions import Mission


class MonthStatus(StrEnum):
    """The statuses of a CRA, and the two that come before there is one."""

    NOT_STARTED = "not_started"
    OPEN = "open"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    VALIDATED = "validated"


@dataclass(frozen=True, slots=True)
class MissionMonth:
    """One month of one order; `reason` says why it cannot be filled in yet."""

    bdc_id: UUID
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


def months_of(mission: Mission, cras: Iterable[Cra], today: date) -> Iterator[MissionMonth]:
    """Every month that the order touches, in order, and none outside (TS-07)."""
    by_month = {cra.month: cra for cra in cras if cra.bdc_id == mission.bdc_id}
    return (standing(mission, month, by_month.get(month), today) for month in mission.period.months())


def standing(mission: Mission, month: Month, cra: Cra | None, today: date) -> MissionMonth:
    """Where the month stands: as its CRA, or open, or why not yet (TS-05)."""
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
    if refusal := refusal_to_begin(mission, month, today):
        return MissionMonth(mission.bdc_id, month, MonthStatus.NOT_STARTED, reason=refusal.code)
    return MissionMonth(mission.bdc_id, month, MonthStatus.OPEN)


def grid(mission: Mission, month: Month, cra: Cra | None) -> list[GridDay]:
    """Each day of the calendar month, with what the CRA counts for it."""
    entries = cra.entries if cra else {}
    days = (month.first + timedelta(days=n) for n in range(month.last.day))
    return [_grid_day(mission, day, entries.get(day.isoformat(), "0")) for day in days]


def _grid_day(mission: Mission, day: date, quantity: str) -> GridDay:
    known = day_of(day)
    fillable = known.kind is DayKind.WORKING and mission.starts_on <= day <= mission.ends_on
    return GridDay(day, known.kind, known.name, fillable, Decimal(quantity))
