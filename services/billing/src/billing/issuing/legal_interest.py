"""The rate of late interest, by semester (C. com. L441-10 II)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

AGREED = Decimal(10)
"""Per cent a year, as the contract says (BL-20)."""
INDEMNITY = Decimal(40)
"""Euros for each invoice paid late, whatever the delay (C. com. D441-5)."""

LEGAL: tuple[tuple[date, Decimal], ...] = (
    (date(2024, 7, 1), Decimal("4.92")),
    (date(2025, 1, 1), Decimal("3.71")),
    (date(2025, 7, 1), Decimal("2.76")),
    (date(2026, 1, 1), Decimal("2.62")),
)
"""The legal rate between professionals, per cent, published for each semester: add a line when it is."""


def semester_of(day: date) -> date:
    """The first day of the semester."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)  # noqa: PLR2004 - June


def next_semester(day: date) -> date:
    """The first day of the semester after it."""
    return date(day.year, 7, 1) if day.month <= 6 else date(day.year + 1, 1, 1)  # noqa: PLR2004 - June


def legal_rate(day: date) -> Decimal:
    """Per cent a year: that of the day's semester, or the last one known; the first one before the table."""
    known = [rate for since, rate in LEGAL if since <= semester_of(day)]
    return known[-1] if known else LEGAL[0][1]


def late_rate(day: date) -> Decimal:
    """Per cent a year that a debt bears on that day: what was agreed, and never below three times the legal rate."""
    return max(AGREED, 3 * legal_rate(day))
