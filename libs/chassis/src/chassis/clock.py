"""Time: aware UTC instants from one injected clock, business dates in Europe/Paris."""

from collections.abc import Callable
from datetime import UTC, date, datetime
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
