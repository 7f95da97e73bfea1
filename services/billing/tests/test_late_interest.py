"""What a late payment costs, on both sides of every boundary."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bank.late import Payment, late_charges
from billing.issuing.legal_interest import late_rate, legal_rate, next_semester, semester_of
from contracts.values import Money

DUE = date(2026, 3, 31)


def charges(until, *paid, gross="36500.00", due=DUE):
    payments = [Payment(on, Money.of(amount)) for on, amount in paid]
    return late_charges(Money.of(gross), due, payments, until)


def amounts(found):
    return f"{found.interest.amount:.2f}", f"{found.indemnity.amount:.2f}", found.days


class TestRate:
    @pytest.mark.parametrize(
        ("day", "rate"),
        [
            (date(2024, 6, 30), "14.76"),
            (date(2024, 12, 31), "14.76"),
            (date(2025, 1, 1), "11.13"),
            (date(2025, 6, 30), "11.13"),
            (date(2025, 7, 1), "10"),
            (date(2026, 1, 1), "10"),
            (date(2031, 1, 1), "10"),
        ],
    )
    @pytest.mark.req("BL-21")
    def test_is_what_was_agreed_and_never_below_three_times_the_legal_rate(self, day, rate):
        assert late_rate(day) == Decimal(rate)

    def test_a_semester_not_published_yet_takes_the_last_one_known(self):
        assert legal_rate(date(2026, 7, 1)) == legal_rate(date(2026, 6, 30)) == Decimal("2.62")

    @given(st.dates(date(2020, 1, 1), date(2090, 1, 1)))
    def test_every_day_is_in_one_semester(self, day):
        assert semester_of(day) <= day < next_semester(day) == next_semester(semester_of(day))


class TestCharges:
    @pytest.mark.req("BL-21")
    def test_nothing_on_the_due_date_and_a_day_of_interest_with_the_indemnity_the_day_after(self):
        assert amounts(charges(DUE)) == ("0.00", "0.00", 0)
        assert amounts(charges(DUE + timedelta(days=1))) == ("10.00", "40.00", 1)

    @pytest.mark.req("BL-21")
    def test_paid_on_the_due_date_is_not_late_and_a_day_later_is_by_one_day(self):
        long_after = DUE + timedelta(days=90)
        assert amounts(charges(long_after, (DUE, "36500.00"))) == ("0.00", "0.00", 0)
        assert amounts(charges(long_after, (DUE + timedelta(days=1), "36500.00"))) == ("10.00", "40.00", 1)

    def test_a_part_stops_bearing_interest_the_day_after_it_was_paid(self):
        paid = [(DUE + timedelta(days=10), "18250.00"), (DUE + timedelta(days=20), "18250.00")]
        assert amounts(charges(DUE + timedelta(days=60), *paid)) == ("150.00", "40.00", 20)

    def test_two_parts_of_one_day_are_one_change(self):
        day = DUE + timedelta(days=3)
        found = charges(DUE + timedelta(days=9), (day, "36000.00"), (day, "499.00"))
        assert [(each.days, f"{each.unpaid.amount:.2f}") for each in found.stretches] == [(3, "36500.00"), (6, "1.00")]

    @pytest.mark.req("BL-21")
    def test_the_rate_changes_on_1_january(self):
        found = charges(date(2025, 1, 2), due=date(2024, 12, 30))
        rates = [(each.end, each.days, str(each.rate)) for each in found.stretches]
        assert rates == [(date(2024, 12, 31), 1, "14.76"), (date(2025, 1, 2), 2, "11.13")]
        assert found.interest == Money.of("37.02")

    @pytest.mark.req("BL-21")
    def test_and_on_1_july(self):
        found = charges(date(2025, 7, 1), due=date(2025, 6, 29))
        assert [(each.days, str(each.rate)) for each in found.stretches] == [(1, "11.13"), (1, "10")]
        assert found.interest == Money.of("21.13")

    def test_a_leap_year_has_366_days_of_a_365th(self):
        found = charges(date(2029, 2, 28), due=date(2028, 2, 28))
        assert (found.days, found.interest) == (366, Money.of("3660.00"))

    def test_interest_is_rounded_once(self):
        found = charges(date(2025, 7, 1), gross="16.40", due=date(2025, 6, 29))
        parts = sum(Money.of(round(each.interest, 12)).amount for each in found.stretches)
        assert (found.interest.amount, parts) == (Decimal("0.01"), Decimal("0.01"))

    def test_a_year_at_ten_per_cent_is_a_tenth(self):
        assert charges(DUE + timedelta(days=365), gross="1234.50").interest == Money.of("123.45")

    @given(
        st.lists(st.tuples(st.integers(-30, 300), st.integers(1, 40_000)), max_size=6),
        st.integers(-10, 400),
    )
    def test_it_is_the_sum_of_its_days_one_by_one(self, paid, after):
        until, gross = DUE + timedelta(days=after), Decimal(36500)
        payments, left = [], gross
        for days, amount in sorted(paid):
            taken = min(Decimal(amount), left)
            if taken:
                payments.append((DUE + timedelta(days=days), taken))
                left -= taken
        expected = Decimal(0)
        for number in range(1, after + 1):
            day = DUE + timedelta(days=number)
            unpaid = gross - sum(amount for on, amount in payments if on < day)
            expected += unpaid * late_rate(day) / 36500
        found = charges(until, *payments)
        assert found.interest == Money.of(expected.quantize(Decimal("1e-12")))
        assert found.indemnity == Money.of(40 if expected else 0)
