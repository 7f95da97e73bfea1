"""Time: aware UTC instants from one injected clock, business dates in Europe/Paris."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

Clock = Callable[[], datetime]
"""Returns the present instant, aware and in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def business_date(instant: datetime) -> date:
    """The calendar day in Paris at that instant."""
    return instant.astimezone(PARIS).date()


def instant_of(day: date) -> datetime:
    """The instant at which a calendar day begins in Paris."""
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def months_after(day: date, months: int) -> date:
    """The same day `months` later (earlier when negative), or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
