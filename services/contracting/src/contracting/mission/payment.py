"""When a provider is paid and what it costs them: regime, option, fee, settlement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chassis.errors import Unprocessable
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Days, Money

GUARANTEED_FROM = date(2025, 4, 28)
"""Framework contracts signed in France from this day on are paid on a guaranteed date (CT-29)."""

FRANCE = "FR"


class PaymentOptionNotAvailable(Unprocessable):
    """Express and Flash shorten a guaranteed date; without one there is nothing to shorten."""

    code, title = "payment_option_not_available", "This payment option is not available for this mission"


class FeeType(StrEnum):
    """How the platform's fee is computed."""

    NONE = "none"
    PERCENTAGE_OF_DAILY_RATE = "percentage_of_daily_rate"
    AMOUNT_PER_DAY = "amount_per_day"


class Trigger(StrEnum):
    """What the settlement term runs from."""

    CRA_VALIDATED = "cra_validated"
    CLIENT_PAID = "client_paid"


class DayCount(StrEnum):
    """Which days a term counts."""

    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order says of payment (CT-22). `days` is absent without a fixed term.

    `rate` is a percentage, or an amount in EUR for each day where the fee is one.
    """

    fee_type: FeeType
    rate: Decimal
    trigger: Trigger
    days: int | None
    counted_in: DayCount | None


_NOTHING = Decimal("0.0")

_GUARANTEED = {
    PaymentOption.BASIC: Terms(FeeType.NONE, _NOTHING, Trigger.CRA_VALIDATED, 60, DayCount.CALENDAR_DAYS),
    PaymentOption.EXPRESS: Terms(
        FeeType.PERCENTAGE_OF_DAILY_RATE, Decimal("2.5"), Trigger.CRA_VALIDATED, 30, DayCount.CALENDAR_DAYS
    ),
    PaymentOption.FLASH: Terms(
        FeeType.PERCENTAGE_OF_DAILY_RATE, Decimal("5.0"), Trigger.CRA_VALIDATED, 3, DayCount.BUSINESS_DAYS
    ),
}
_BACK_TO_BACK = Terms(FeeType.NONE, _NOTHING, Trigger.CLIENT_PAID, None, None)


@dataclass(frozen=True, slots=True)
class Scheme:
    """How fees were, or are, computed under contracts signed from a day on, until the next scheme (C4).

    `offered` is what an order may say; `former` are terms of older orders, which stay computable.
    """

    since: date
    offered: Mapping[PaymentOption, Terms]
    former: Mapping[str, Terms]


SCHEMES = (
    Scheme(
        date.min,
        {PaymentOption.BASIC: _BACK_TO_BACK},
        {
            "immediate": Terms(
                FeeType.AMOUNT_PER_DAY, Decimal("20.00"), Trigger.CRA_VALIDATED, 3, DayCount.BUSINESS_DAYS
            ),
            "flat": Terms(FeeType.PERCENTAGE_OF_DAILY_RATE, Decimal("5.0"), Trigger.CLIENT_PAID, None, None),
        },
    ),
    Scheme(GUARANTEED_FROM, _GUARANTEED, {}),
)
"""By the day of a French provider's framework contract; a provider abroad stays with the first."""


def scheme_of(country: str, signed_on: date) -> Scheme:
    """The scheme of a provider's country and of the day, in Paris, of their framework contract (C4)."""
    if country != FRANCE:
        return SCHEMES[0]
    return max((one for one in SCHEMES if one.since <= signed_on), key=lambda one: one.since)


def payment_regime(country: str, signed_on: date) -> PaymentRegime:
    """The regime of a provider's country and of the day, in Paris, of their framework contract (CT-29, BL-09, BL-10).

    `country` is ISO 3166-1 alpha-2.
    """
    offered = scheme_of(country, signed_on).offered
    return PaymentRegime.GUARANTEED_DATE if offered is _GUARANTEED else PaymentRegime.BACK_TO_BACK


def is_available(option: PaymentOption, regime: PaymentRegime) -> bool:
    """Whether a mission under this regime may have the option."""
    return option is PaymentOption.BASIC or regime is PaymentRegime.GUARANTEED_DATE


def terms_of(regime: PaymentRegime, option: PaymentOption) -> Terms:
    """Fee and settlement of an order. Raises PaymentOptionNotAvailable."""
    if not is_available(option, regime):
        raise PaymentOptionNotAvailable(field="option")
    return _GUARANTEED[option] if regime is PaymentRegime.GUARANTEED_DATE else _BACK_TO_BACK


def fee_of(terms: Terms, daily_rate: Money, days: Days) -> Money:
    """The fee for so many days, without VAT, half up to the cent (BL-15): on daily rate x days, or an amount a day."""
    if terms.fee_type is FeeType.AMOUNT_PER_DAY:
        return Money(amount=terms.rate).times(days)
    return daily_rate.times(days * terms.rate / 100)
