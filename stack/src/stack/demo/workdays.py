"""Which days people work in France, and which month a demonstration can show on any day of the year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
SATURDAY = 5
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension, Whit Monday, in days after Easter."""


def today() -> date:
    """The present day where the platform keeps its calendar."""
    return datetime.now(PARIS).date()


def on_which_day(moment: str) -> date:
    """The business date of a moment in ISO format."""
    return datetime.fromisoformat(moment).astimezone(PARIS).date()


def easter(year: int) -> date:
    """Easter Sunday, by the Gregorian computus."""
    century, golden = year // 100, year % 19
    leap = century - century // 4 - (8 * century + 13) // 25
    epact = (leap + 19 * golden + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    offset = epact - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))


@cache
def holidays(year: int) -> frozenset[date]:
    """The days of article L3133-1 of the Code du travail."""
    fixed = {date(year, month, day) for month, day in FIXED_HOLIDAYS}
    return frozenset(fixed | {easter(year) + timedelta(days=after) for after in AFTER_EASTER})


def is_workday(day: date) -> bool:
    """Monday to Friday, no public holiday."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def workdays(start: date, end: date) -> Iterator[date]:
    """The workdays from `start` to `end`, both included."""
    for offset in range((end - start).days + 1):
        if is_workday(start + timedelta(days=offset)):
            yield start + timedelta(days=offset)


def last_of_month(day: date) -> date:
    """The last day of the month that `day` belongs to."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


WORKED = 18
"""Days of a month in the demonstration, when it has as many left."""
ORDERED = Decimal("60.0")
"""Days of the whole mission."""
LENGTH = timedelta(days=150)


class NoWorkdayLeft(Exception):
    """The mission cannot begin early enough for a single workday of the present month."""


@dataclass(frozen=True)
class Plan:
    """When the mission runs, and the days of its first month that the consultant enters."""

    start: date
    end: date
    worked: tuple[date, ...]

    @property
    def month(self) -> str:
        """The month of the CRA, `2026-11`."""
        return f"{self.worked[0]:%Y-%m}"

    @property
    def days(self) -> Decimal:
        """Days entered."""
        return Decimal(len(self.worked))

    @classmethod
    def beginning(cls, day: date, *, backdated: timedelta = timedelta(0)) -> Plan:
        """A mission that begins on `day`, or earlier in its month by `backdated` at most.

        The first workdays from its start are entered, days to come of the same month included, as a consultant
        does who sends the CRA before the month ends. Raises NoWorkdayLeft.
        """
        start = max(day - backdated, day.replace(day=1))
        worked = tuple(workdays(start, last_of_month(day)))[:WORKED]
        if not worked:
            raise NoWorkdayLeft(f"no workday is left in {day:%Y-%m}, and a mission cannot begin before {start}")
        return cls(start, start + LENGTH, worked)


_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def in_french(day: date) -> str:
    """The day as French letters write it: 1er janvier 2027."""
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"
