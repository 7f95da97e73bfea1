"""Which days are worked in France: Monday to Friday but for the public holidays of L3133-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

_FRIDAY = 4


class DayKind(StrEnum):
    """Why a day is, or is not, a working day."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the French calendar; `name` is the holiday's, in French."""

    date: date
    kind: DayKind
    name: str | None = None


@lru_cache(maxsize=16)
def _holidays_of(year: int) -> dict[date, str]:
    # Imported on first use: a tenth of a second and 20 MB that a process may never need.
    from holidays import country_holidays  # noqa: PLC0415

    return dict(country_holidays("FR", years=year, language="fr"))


def day_of(day: date) -> CalendarDay:
    """Say what kind of day it is; a holiday on a week-end is a holiday."""
    name = _holidays_of(day.year).get(day)
    if name is not None:
        return CalendarDay(day, DayKind.HOLIDAY, name)
    return CalendarDay(day, DayKind.WEEKEND if day.weekday() > _FRIDAY else DayKind.WORKING)
