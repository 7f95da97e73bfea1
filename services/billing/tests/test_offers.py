"""Fees and guaranteed dates."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from holidays import country_holidays
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing.invoice.offers import IMMEDIATE, SCHEDULES, offer_for, settle
from billing.invoice.workdays import (
    bank_day_after,
    bank_day_up_to,
    business_day_from,
    business_days_after,
    is_bank_day,
    public_holidays,
)
from chassis.clock import business_date
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Money

ORDERED = date(2025, 4, 28)
BACK_TO_BACK = PaymentRegime.BACK_TO_BACK
amounts = st.decimals(min_value="0.01", max_value="99999.99", places=2)
halves = st.integers(min_value=0, max_value=62).map(lambda n: Decimal(n) / 2)


def settled(
    option,
    *,
    rate="500.00",
    days="18",
    validated_on=date(2026, 11, 2),
    regime=None,
    vat=None,
    immediate=False,
    paid=None,
):
    net = Money(amount=Decimal(rate)).times(Decimal(days))
    return settle(
        offer=offer_for(regime, option, ORDERED, immediate=immediate),
        daily_rate=Money(amount=Decimal(rate)),
        days=Decimal(days),
        net=net,
        vat=vat if vat is not None else net.times(Decimal("0.2")),
        start=validated_on,
        client_paid_on=paid,
    )


class TestFee:
    @pytest.mark.req("BL-14")
    def test_basic_is_free(self):
        due = settled(PaymentOption.BASIC)
        assert (due.fee, due.net_after_fee, due.payable) == (Money.of(0), Money.of(9000), Money.of(10800))

    @pytest.mark.req("BL-15")
    def test_express_takes_two_and_a_half_per_cent_of_rate_times_days(self):
        due = settled(PaymentOption.EXPRESS)
        assert (due.fee, due.net_after_fee) == (Money.of(225), Money.of(8775))
        assert due.payable == Money.of(10800 - 225)

    @pytest.mark.req("BL-16")
    def test_flash_takes_five_per_cent_of_rate_times_days(self):
        due = settled(PaymentOption.FLASH)
        assert (due.fee, due.net_after_fee) == (Money.of(450), Money.of(8550))
        assert due.payable == Money.of(10800 - 450)

    @pytest.mark.req("BL-13")
    @pytest.mark.parametrize("option", PaymentOption)
    def test_back_to_back_has_no_fee_whatever_the_option(self, option):
        assert settled(option, regime=PaymentRegime.BACK_TO_BACK).fee == Money.of(0)

    @pytest.mark.req("BL-12")
    def test_immediate_takes_twenty_euros_for_each_day_of_work(self):
        due = settled(PaymentOption.BASIC, regime=BACK_TO_BACK, immediate=True)
        assert (due.fee, due.net_after_fee, due.payable) == (Money.of(360), Money.of(8640), Money.of(10440))
        assert settled(PaymentOption.BASIC, regime=BACK_TO_BACK, immediate=True, days="0.5").fee == Money.of(10)

    def test_what_is_no_day_of_work_bears_no_fee(self):
        """Expenses stand in the net price, and not in rate x days."""
        offer = offer_for(PaymentRegime.GUARANTEED_DATE, PaymentOption.FLASH, ORDERED, immediate=False)
        amounts = {"daily_rate": Money.of(500), "net": Money.of(9100), "vat": Money.of(1820)}
        due = settle(offer=offer, days=Decimal(18), start=date(2026, 11, 2), **amounts)
        assert (due.fee, due.payable) == (Money.of(450), Money.of(10470))

    def test_a_tie_is_rounded_up(self):
        assert settled(PaymentOption.FLASH, rate="0.10", days="1").fee == Money.of("0.01")

    def test_the_product_is_rounded_once(self):
        """500.19 x 0.5 x 5 % is 12.50475; of the rounded net, 250.10, it would be 12.505."""
        assert settled(PaymentOption.FLASH, rate="500.19", days="0.5").fee == Money.of("12.50")

    @settings(max_examples=500)
    @given(
        rate=amounts,
        days=halves,
        option=st.sampled_from(PaymentOption),
        percent=st.sampled_from(["20", "10", "5.5", "2.1", "0"]),
    )
    @example(rate=Decimal("0.10"), days=Decimal(1), option=PaymentOption.FLASH, percent="5.5")
    def test_fee_and_payable_always_add_up_to_gross(self, rate, days, option, percent):
        net = Money(amount=rate).times(days)
        vat = net.times(Decimal(percent) / 100)
        due = settled(option, rate=str(rate), days=str(days), vat=vat)
        assert due.fee + due.payable == net + vat
        assert due.net_after_fee + vat == due.payable
        assert Decimal(0) <= due.fee.amount <= net.amount


class TestVatRounding:
    @pytest.mark.parametrize(
        ("base", "percent", "vat"),
        [("1.00", "5.5", "0.06"), ("3.00", "5.5", "0.17"), ("2.99", "5.5", "0.16"), ("2.50", "2.1", "0.05")],
    )
    def test_ties_go_up(self, base, percent, vat):
        """HALF_EVEN would give 0.16 for the second."""
        assert Money(amount=Decimal(base)).times(Decimal(percent) / 100) == Money.of(vat)

    @settings(max_examples=500)
    @given(cents=st.integers(min_value=0, max_value=10**9), percent=st.sampled_from(["20", "10", "5.5", "2.1"]))
    @example(cents=300, percent="5.5")
    def test_is_exact_half_up_of_the_base(self, cents, percent):
        base = Decimal(cents) / 100
        exact = (base * Decimal(percent) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert Money(amount=base).times(Decimal(percent) / 100).amount == exact


class TestDate:
    @pytest.mark.req("BL-09", "BL-14")
    @pytest.mark.parametrize(
        ("validated", "due"),
        [
            (date(2026, 11, 2), date(2027, 1, 1)),
            (date(2026, 12, 31), date(2027, 3, 1)),
            (date(2027, 12, 31), date(2028, 2, 29)),
        ],
    )
    def test_basic_is_sixty_calendar_days(self, validated, due):
        assert settled(PaymentOption.BASIC, validated_on=validated).payment_on == due

    @pytest.mark.req("BL-15")
    def test_express_is_thirty_calendar_days(self):
        assert settled(PaymentOption.EXPRESS, validated_on=date(2026, 11, 2)).payment_on == date(2026, 12, 2)

    @pytest.mark.req("BL-17")
    @pytest.mark.parametrize(
        ("validated", "due"),
        [
            (date(2026, 12, 24), date(2026, 12, 30)),
            (date(2026, 5, 22), date(2026, 5, 28)),
            (date(2026, 11, 10), date(2026, 11, 16)),
            (date(2025, 4, 30), date(2025, 5, 6)),
            (date(2026, 11, 16), date(2026, 11, 19)),
            (date(2026, 11, 14), date(2026, 11, 18)),
            (date(2026, 12, 30), date(2027, 1, 5)),
        ],
    )
    def test_flash_is_three_business_days(self, validated, due):
        assert settled(PaymentOption.FLASH, validated_on=validated).payment_on == due

    @pytest.mark.parametrize("option", PaymentOption)
    def test_back_to_back_has_no_date(self, option):
        assert settled(option, regime=PaymentRegime.BACK_TO_BACK).payment_on is None

    @pytest.mark.req("BL-10")
    @pytest.mark.parametrize(
        ("paid", "due"),
        [
            (date(2026, 11, 20), date(2026, 11, 20)),
            (date(2026, 11, 21), date(2026, 11, 23)),
            (date(2026, 12, 25), date(2026, 12, 28)),
        ],
    )
    def test_back_to_back_is_the_day_of_the_clients_payment_or_the_next_business_day(self, paid, due):
        assert settled(PaymentOption.BASIC, regime=BACK_TO_BACK, paid=paid).payment_on == due

    @pytest.mark.req("BL-18", "BL-19")
    @pytest.mark.parametrize("paid", [date(2026, 11, 3), date(2027, 6, 1)])
    def test_a_guaranteed_date_is_the_same_whenever_the_client_pays(self, paid):
        assert settled(PaymentOption.BASIC, paid=paid) == settled(PaymentOption.BASIC)

    @pytest.mark.req("BL-11")
    @pytest.mark.parametrize("paid", [None, date(2027, 6, 1)])
    def test_immediate_is_three_business_days_after_the_validation(self, paid):
        due = settled(PaymentOption.BASIC, regime=BACK_TO_BACK, immediate=True, paid=paid)
        assert due.payment_on == date(2026, 11, 5)
        assert IMMEDIATE.due(date(2026, 11, 4)) == date(2026, 11, 9)

    def test_immediate_changes_nothing_where_the_date_is_guaranteed(self):
        assert settled(PaymentOption.EXPRESS, immediate=True) == settled(PaymentOption.EXPRESS)

    @given(st.dates(min_value=date(2025, 1, 1), max_value=date(2035, 12, 1)))
    def test_business_days_are_never_week_ends_or_holidays(self, start):
        following = business_days_after(start)
        found = [next(following) for _ in range(5)]
        assert found == sorted(set(found))
        assert found[0] > start
        fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
        assert all(day.weekday() < 5 and (day.month, day.day) not in fixed for day in found)

    @pytest.mark.parametrize(
        ("due", "leaves", "after"),
        [
            (date(2026, 11, 20), date(2026, 11, 20), date(2026, 11, 23)),
            (date(2026, 11, 21), date(2026, 11, 20), date(2026, 11, 23)),
            (date(2026, 12, 26), date(2026, 12, 24), date(2026, 12, 28)),
            (date(2027, 1, 1), date(2026, 12, 31), date(2027, 1, 4)),
            (date(2027, 3, 29), date(2027, 3, 25), date(2027, 3, 30)),
            (date(2026, 7, 14), date(2026, 7, 14), date(2026, 7, 15)),
        ],
    )
    def test_a_bank_pays_on_its_last_day_up_to_the_date(self, due, leaves, after):
        """Good Friday and Easter Monday are closed; the fourteenth of July is a day like others to TARGET."""
        assert (bank_day_up_to(due), bank_day_after(due)) == (leaves, after)

    @given(st.dates(min_value=date(2025, 1, 1), max_value=date(2035, 12, 1)))
    def test_a_bank_is_never_late_and_at_most_four_days_early(self, due):
        leaves = bank_day_up_to(due)
        assert is_bank_day(leaves)
        assert 0 <= (due - leaves).days <= 4
        assert leaves <= due < bank_day_after(leaves)
        assert business_day_from(due) >= due

    @pytest.mark.parametrize(
        ("year", "moving"),
        [
            (2024, ["04-01", "05-09", "05-20"]),
            (2025, ["04-21", "05-29", "06-09"]),
            (2026, ["04-06", "05-14", "05-25"]),
            (2027, ["03-29", "05-06", "05-17"]),
            (2038, ["04-26", "06-03", "06-14"]),
        ],
    )
    def test_eleven_holidays_of_which_three_move(self, year, moving):
        fixed = ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"]
        assert public_holidays(year) == {date.fromisoformat(f"{year}-{day}") for day in fixed + moving}

    def test_the_holidays_are_those_that_others_publish(self):
        for year in range(2008, 2100):
            assert public_holidays(year) == set(country_holidays("FR", years=year))

    @pytest.mark.parametrize(
        ("instant", "day"),
        [
            (datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), date(2026, 10, 31)),
            (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), date(2026, 11, 1)),
            (datetime(2026, 7, 31, 22, 0, tzinfo=UTC), date(2026, 8, 1)),
        ],
    )
    def test_the_day_of_validation_is_the_one_in_paris(self, instant, day):
        assert business_date(instant) == day


class TestSchedule:
    def test_every_schedule_has_every_option(self):
        assert all(set(offers) == set(PaymentOption) for _, offers in SCHEDULES)

    def test_an_order_keeps_the_offers_of_its_day(self):
        first = SCHEDULES[0][1][PaymentOption.EXPRESS]
        assert (
            offer_for(PaymentRegime.GUARANTEED_DATE, PaymentOption.EXPRESS, SCHEDULES[0][0], immediate=False) is first
        )
        assert (
            offer_for(PaymentRegime.GUARANTEED_DATE, PaymentOption.EXPRESS, date(2020, 1, 1), immediate=False) is first
        )
