"""Payment offers: when the provider is paid and at what fee, as dated data (BL-09 to BL-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from billing.invoice.workdays import business_days_after
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Money


@dataclass(frozen=True, slots=True)
class Offer:
    """A delay from the CRA's validation, in calendar or business days, and a fee in per cent of rate x days."""

    days: int
    business_days: bool
    fee_percent: Decimal


SCHEDULES: tuple[tuple[date, dict[PaymentOption, Offer]], ...] = (
    (
        date(2025, 4, 28),
        {
            PaymentOption.BASIC: Offer(60, business_days=False, fee_percent=Decimal(0)),
            PaymentOption.EXPRESS: Offer(30, business_days=False, fee_percent=Decimal("2.5")),
            PaymentOption.FLASH: Offer(3, business_days=True, fee_percent=Decimal(5)),
        },
    ),
)
"""Oldest first: from that day on, orders are issued at these offers."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the provider receives and when.

    `fee` is a share of the price without VAT; no VAT is charged on it. `net_after_fee` is the net price less
    the fee, the figure that the offers are quoted in; `payable` is what is really paid: gross less the fee.
    """

    fee: Money
    net_after_fee: Money
    payable: Money
    payment_on: date | None


def offer_of(option: PaymentOption, ordered_on: date) -> Offer:
    """The offer in force when the order was issued; it stays with the order (CT-18, CT-19)."""
    in_force = [offers for since, offers in SCHEDULES if since <= ordered_on]
    return (in_force[-1] if in_force else SCHEDULES[0][1])[option]


def settle(
    *,
    regime: PaymentRegime,
    offer: Offer,
    daily_rate: Money,
    days: Decimal,
    vat: Money,
    validated_on: date,
) -> Settlement:
    """Fee and guaranteed date of one month (BL-09, BL-14 to BL-17); neither back-to-back (BL-10, BL-13).

    The fee alone is rounded, half up, and what is paid is the remainder, so that both always add up to gross.
    The client's own payment moves nothing (BL-18, BL-19).
    """
    net = daily_rate.times(days)
    if regime is PaymentRegime.BACK_TO_BACK:
        return Settlement(Money.of(0), net, net + vat, None)
    fee = daily_rate.times(days * offer.fee_percent / 100)
    return Settlement(fee, net - fee, net + vat - fee, _due(offer, validated_on))


def _due(offer: Offer, start: date) -> date:
    """The start day itself does not count."""
    if not offer.business_days:
        return start + timedelta(days=offer.days)
    *_, last = islice(business_days_after(start), offer.days)
    return last
