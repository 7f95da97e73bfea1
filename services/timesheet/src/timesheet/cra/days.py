"""The days of a month that count, and what is wrong with those that do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chassis.errors import FieldError
from timesheet.cra.calendar import day_of
from timesheet.directory.missions import Mission


@dataclass(frozen=True, slots=True)
class DayWorked:
    """Half a day or a day, on a date."""

    date: date
    quantity: Decimal


def faults_of(days: Sequence[DayWorked], mission: Mission, month: str, *, weekends: bool) -> list[FieldError]:
    """Name every day that cannot be counted, by its place in the list."""
    errors, seen = [], set[date]()
    for place, day in enumerate(days):
        twice = ("duplicate_date", f"{day.date} is there twice") if day.date in seen else None
        if fault := twice or _fault(day.date, mission, month, weekends=weekends):
            errors.append(FieldError(f"days.{place}.date", *fault))
        seen.add(day.date)
    return errors


def _fault(day: date, mission: Mission, month: str, *, weekends: bool) -> tuple[str, str] | None:
    if f"{day:%Y-%m}" != month:
        return "outside_month", f"{day} is not in {month}"
    if not mission.includes(day):
        return "outside_mission", f"{day} is not between {mission.starts_on} and {mission.ends_on}"
    known = day_of(day, mission.workplace)
    if not known.may_count(weekends=weekends):
        return "not_a_working_day", f"{day} is a {known.kind}{f' ({known.name})' if known.name else ''}"
    return None
