"""Which days are worked: Monday to Friday but for the public holidays of the place of work (L3133-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from contracts.values import Month
from timesheet.directory.missions import FRANCE

_FRIDAY = 4


class DayKind(StrEnum):
    """Why a day is, or is not, a working day."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day where the work is done; `name` is the holiday's, in French or as the country says."""

    date: date
    kind: DayKind
    name: str | None = None

    def may_count(self, *, weekends: bool) -> bool:
        """Whether it can be worked; a week-end where the client allows that, a public holiday never."""
        return self.kind is DayKind.WORKING or (weekends and self.kind is DayKind.WEEKEND)


_PARTS = {"FR-57": "57", "FR-67": "6AE", "FR-68": "6AE", "FR-6AE": "6AE"} | {
    f"FR-{part}": part for part in ("971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "PM", "TF", "WF")
}
"""Parts of France with days of their own: Alsace-Moselle (L3134-13), overseas (L3422-2)."""


@lru_cache(maxsize=64)
def _holidays_of(workplace: str, year: int) -> dict[date, str]:
    # Imported on first use: a tenth of a second and 20 MB that a process may never need.
    from holidays import country_holidays  # noqa: PLC0415

    country, _, part = workplace.partition("-")
    subdivision = _PARTS.get(workplace) if country == FRANCE else part or None
    language = "fr" if country == FRANCE else None
    try:
        return dict(country_holidays(country, subdiv=subdivision, years=year, language=language))
    except NotImplementedError:
        return _holidays_of(country, year) if part else {}


def day_of(day: date, workplace: str = FRANCE) -> CalendarDay:
    """Say what kind of day it is where the work is done; a holiday on a week-end is a holiday.

    A place whose holidays nobody has written down has none, and a part without its own has its country's.
    """
    name = _holidays_of(workplace, day.year).get(day)
    if name is not None:
        return CalendarDay(day, DayKind.HOLIDAY, name)
    return CalendarDay(day, DayKind.WEEKEND if day.weekday() > _FRIDAY else DayKind.WORKING)


def days_of(month: Month, workplace: str = FRANCE) -> list[CalendarDay]:
    """Every day of the month, where the work is done."""
    return [day_of(month.first.replace(day=number), workplace) for number in range(1, month.last.day + 1)]
