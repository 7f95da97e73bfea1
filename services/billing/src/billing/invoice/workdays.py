"""Business days in France, and of banks: rules of the law, where a library of all countries would weigh 13 MB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

_SATURDAY = 5
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension, Whit Monday."""


def business_days_after(start: date) -> Iterator[date]:
    """Monday to Friday but for public holidays, from the next day on (BL-17)."""
    day = start
    while True:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in public_holidays(day.year):
            yield day


def business_day_from(day: date) -> date:
    """That day, or the next business day."""
    return next(business_days_after(day - timedelta(days=1)))


def bank_day_up_to(day: date) -> date:
    """The last day up to then on which banks move euros: a payment due on a Sunday leaves on the Friday before."""
    while not is_bank_day(day):
        day -= timedelta(days=1)
    return day


def bank_day_after(day: date) -> date:
    """The next day on which banks move euros."""
    day += timedelta(days=1)
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day


def is_bank_day(day: date) -> bool:
    """Whether TARGET, the system that settles euros, is open: Monday to Friday but for six days a year."""
    good_friday, easter_monday = (_easter(day.year) + timedelta(days=days) for days in (-2, 1))
    closed = (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)} or day in {good_friday, easter_monday}
    return day.weekday() < _SATURDAY and not closed


@cache
def public_holidays(year: int) -> frozenset[date]:
    """The holidays of mainland France (Code du travail, art. L3133-1)."""
    easter = _easter(year)
    fixed = {date(year, month, day) for month, day in _FIXED}
    return frozenset(fixed | {easter + timedelta(days=days) for days in _AFTER_EASTER})


def _easter(year: int) -> date:
    """The Gregorian computus (Meeus, Jones, Butcher): Sunday after the first full moon of spring."""
    golden, century, of_century = year % 19, year // 100, year % 100
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - moon_shift + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
