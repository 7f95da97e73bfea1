"""Payment offers: when the provider is paid and at what fee, as dated data (BL-09 to BL-19)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from billing.bpf.domain import Bpf
from billing.directory.missions import MissionTerms
from billing.invoice.older_fees import older_fee_of
from billing.invoice.workdays import business_day_from, business_days_after
from chassis.clock import business_date
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Money


@dataclass(frozen=True, slots=True)
class Offer:
    """A delay from the CRA's validation, in calendar or business days, and a fee: a share of rate x days, or a price.

    Without a delay, the client's payment decides (BL-10).
    """

    days: int | None
    business_days: bool = False
    fee_percent: Decimal = Decimal(0)
    """Of daily rate x days."""
    fee_per_day: Money = Money.of(0)  # noqa: RUF009 - frozen

    def fee(self, daily_rate: Money, days: Decimal) -> Money:
        """What is withheld for so many days; the product is rounded once, half up.

        Never below zero: what was withheld for days that a later month takes back stays withheld, since a fee is
        taken back with its own invoice alone (decision 0014).
        """
        days = max(days, Decimal(0))
        return daily_rate.times(days * self.fee_percent / 100) + self.fee_per_day.times(days)

    def due(self, start: date) -> date | None:
        """The day of payment; the start day itself does not count."""
        if self.days is None:
            return None
        if not self.business_days:
            return start + timedelta(days=self.days)
        *_, last = islice(business_days_after(start), self.days)
        return last


BACK_TO_BACK = Offer(None)
"""Once the client has paid, without a fee (BL-10, BL-13)."""
IMMEDIATE = Offer(3, business_days=True, fee_per_day=Money.of(20))
"""Chosen in the place of back-to-back: three business days, which are three to five calendar days (BL-11, BL-12)."""

SCHEDULES: tuple[tuple[date, dict[PaymentOption, Offer]], ...] = (
    (
        date(2025, 4, 28),
        {
            PaymentOption.BASIC: Offer(60),
            PaymentOption.EXPRESS: Offer(30, fee_percent=Decimal("2.5")),
            PaymentOption.FLASH: Offer(3, business_days=True, fee_percent=Decimal(5)),
        },
    ),
)
"""Oldest first: from that day on, orders are issued at these offers."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the provider receives and when.

    `fee` is withheld from the payment; `net_after_fee` is the net price less the fee, the figure that the offers
    are quoted in; `payable` is what is really paid: gross less the fee. Without a date, the client's payment decides.
    """

    fee: Money
    net_after_fee: Money
    payable: Money
    payment_on: date | None


def offer_for(regime: PaymentRegime, option: PaymentOption, ordered_on: date, *, immediate: bool) -> Offer:
    """The offer in force when the order was issued; it stays with the order (CT-18, CT-19, BL-25)."""
    if regime is PaymentRegime.BACK_TO_BACK:
        return IMMEDIATE if immediate else BACK_TO_BACK
    in_force = [offers for since, offers in SCHEDULES if since <= ordered_on]
    return (in_force[-1] if in_force else SCHEDULES[0][1])[option]


def settle(
    *,
    offer: Offer,
    daily_rate: Money,
    days: Decimal,
    net: Money,
    vat: Money,
    start: date,
    client_paid_on: date | None = None,
) -> Settlement:
    """Fee and date of one month (BL-09 to BL-17); `net` and `vat` are the invoice's, which may hold more than days.

    The fee alone is rounded, half up, and what is paid is the remainder, so that both always add up to gross.
    The client's own payment moves nothing (BL-18, BL-19) but where it decides (BL-10).
    """
    fee = offer.fee(daily_rate, days)
    payment_on = offer.due(start)
    if payment_on is None and client_paid_on is not None:
        payment_on = business_day_from(client_paid_on)
    return Settlement(fee, net - fee, net + vat - fee, payment_on)


def settlement_of(bpf: Bpf, terms: MissionTerms) -> Settlement:
    """Fee and date of a BPF at the terms of its order."""
    return settle(
        offer=_offer_of(terms),
        daily_rate=bpf.unit_price,
        days=bpf.days,
        net=bpf.net,
        vat=bpf.vat,
        start=max(bpf.validated_on, terms.immediate_from or bpf.validated_on),
        client_paid_on=bpf.client_paid_on,
    )


def _offer_of(terms: MissionTerms) -> Offer:
    """The order's offer; what an older order stipulates comes on top (BL-28)."""
    offer = offer_for(terms.regime, terms.option, business_date(terms.issued_at), immediate=terms.is_immediate)
    older = older_fee_of(terms)
    if older is None:
        return offer
    percent, per_day = offer.fee_percent + older.percent, offer.fee_per_day + older.per_day
    return replace(offer, fee_percent=percent, fee_per_day=per_day)
