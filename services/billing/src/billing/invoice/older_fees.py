"""The platform's fee by the older general terms: a fixed amount for each billed unit, or a percentage (BL-28).

Today's terms charge nothing for orders of that time (BL-13) and are the only ones for newer orders; what an older
order itself stipulates is recorded with it, and computed as it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.directory.missions import MissionTerms
from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, Unprocessable, require
from contracts.values import Money

LAST_ORDER_DAY = date(2025, 4, 27)
"""Orders issued later are at the terms of 28 April 2025."""
_WHOLE = Decimal(100)


class OrderUnknown(NotFound):
    """No such order has been issued."""

    code, title = "order_unknown", "There is no such order"


class OlderFeesClosed(Conflict):
    """Only orders from before the present terms may stipulate such a fee."""

    code, title = "older_fees_closed", "This order is at the present terms"


class FeeAboveTheRate(Unprocessable):
    """The fee would take more than the price of a day."""

    code, title = "fee_above_the_rate", "The fee is more than the daily rate"


class OlderFeeKind(StrEnum):
    """How an older order's fee is reckoned."""

    PER_UNIT = "per_unit"
    """Euros for each billed day."""
    PERCENTAGE = "percentage"
    """Per cent of the price of each billed day."""


@dataclass(frozen=True, slots=True)
class OlderFee:
    """What an older order stipulates; one of the two is zero."""

    per_day: Money
    percent: Decimal


def stipulate(terms: MissionTerms, kind: OlderFeeKind, rate: Decimal) -> None:
    """Record what the order says; invoices that were accepted keep their fee.

    Raises:
        OlderFeesClosed: the order is of the present terms.
        FeeAboveTheRate: more than the daily rate, or than all of it.

    """
    require(business_date(terms.issued_at) <= LAST_ORDER_DAY, OlderFeesClosed())
    most = _WHOLE if kind is OlderFeeKind.PERCENTAGE else terms.daily_rate_amount
    require(0 < rate <= most, FeeAboveTheRate(field="rate"))
    terms.older_fee, terms.older_fee_rate = kind.value, rate


def older_fee_of(terms: MissionTerms) -> OlderFee | None:
    """What the order stipulates, if anything."""
    if terms.older_fee is None or terms.older_fee_rate is None:
        return None
    if terms.older_fee == OlderFeeKind.PERCENTAGE:
        return OlderFee(Money.of(0), terms.older_fee_rate)
    return OlderFee(Money.of(terms.older_fee_rate), Decimal(0))
