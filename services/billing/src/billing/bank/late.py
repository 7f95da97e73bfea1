"""What a late payment costs: interest for each day and rate, and the fixed indemnity (BL-21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing.issuing.legal_interest import INDEMNITY, late_rate, next_semester
from contracts.values import Money

DAYS_A_YEAR = 365
"""Also in a leap year: the contract's rate is for 365 days."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Part of the debt, and the day on which it came in."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row with the same sum open at the same rate; both ends included."""

    start: date
    end: date
    unpaid: Money
    rate: Decimal
    """Per cent a year."""

    @property
    def days(self) -> int:
        """How many."""
        return (self.end - self.start).days + 1

    @property
    def interest(self) -> Decimal:
        """In euros, not rounded."""
        return self.unpaid.amount * self.rate * self.days / (100 * DAYS_A_YEAR)


@dataclass(frozen=True, slots=True)
class LateCharges:
    """What an invoice's lateness comes to so far."""

    stretches: Sequence[Stretch]

    @property
    def interest(self) -> Money:
        """Of all stretches, rounded once."""
        return Money.of(sum((each.interest for each in self.stretches), Decimal(0)).quantize(Decimal("1e-12")))

    @property
    def indemnity(self) -> Money:
        """Once for an invoice that was late by a day or more."""
        return Money.of(INDEMNITY if self.stretches else 0)

    @property
    def total(self) -> Money:
        """Both together."""
        return self.interest + self.indemnity

    @property
    def days(self) -> int:
        """Days late so far."""
        return sum(each.days for each in self.stretches)


def late_charges(owed: Money, due_on: date, payments: Sequence[Payment], until: date) -> LateCharges:
    """Interest from the day after the due date to the day of payment, or to `until`, both included.

    `owed` leaves out what credit notes took back: it never was. A payment counts from the day after it: its own day
    still bears interest. Each 1 January and 1 July the rate may change.
    """
    changes = {each.on + timedelta(days=1) for each in payments}
    found, start = [], due_on + timedelta(days=1)
    while start <= until:
        left = owed.amount - sum((each.amount.amount for each in payments if each.on < start), Decimal(0))
        if left <= 0:
            break
        following = min([next_semester(start), until + timedelta(days=1), *(day for day in changes if day > start)])
        found.append(Stretch(start, following - timedelta(days=1), Money(amount=left), late_rate(start)))
        start = following
    return LateCharges(found)
