from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.values import Money

cents = st.integers(min_value=-(10**11), max_value=10**11).map(lambda n: Decimal(n).scaleb(-2))
HOSTILE = [
    "NaN",
    "-NaN",
    "sNaN",
    "Infinity",
    "1e999999",
    "1e-999999",
    "1E2",
    "\u0666\u0661\u0667",
    "\uff16\uff11\uff17",
    "1_000",
    "1 000",
    " 1",
    "1\n",
    "",
    "-",
    ".5",
    "1.",
    "+1",
    "0x10",
    "1,50",
    "1" * 13,
]


class TestRound:
    @pytest.mark.parametrize(
        ("exact", "rounded"),
        [
            ("617.284", "617.28"),
            ("617.285", "617.29"),
            ("617.2849999999999999999999999999999999", "617.28"),
            ("-617.285", "-617.29"),
            ("0.004", "0.00"),
            ("0.005", "0.01"),
            ("-0.004", "0.00"),
            (7, "7.00"),
            (Decimal("1.115"), "1.12"),
        ],
    )
    def test_half_up_at_the_tie_and_on_both_sides(self, exact, rounded):
        assert Money.of(exact).model_dump() == {"amount": rounded, "currency": "EUR"}

    def test_vat_at_5_5_percent_of_a_tie(self):
        assert Money(amount="11223.36").times(Decimal("0.055")).amount == Decimal("617.28")
        assert Money(amount="11223.00").times(Decimal("0.055")).amount == Decimal("617.27")
        assert Money(amount="11223.30").times(Decimal("0.055")).amount == Decimal("617.28")
        assert Money(amount="0.91").times(Decimal("0.055")).amount == Decimal("0.05")
        assert Money(amount="1.00").times(Decimal("0.055")).amount == Decimal("0.06")
        assert Money(amount="3.00").times(Decimal("0.055")).amount == Decimal("0.17")

    @given(cents, st.integers(0, 10**6))
    def test_times_equals_the_exact_product_rounded_once(self, amount, millionths):
        factor = Decimal(millionths).scaleb(-6)
        expected = (amount * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert Money(amount=amount).times(factor).amount == expected

    def test_a_factor_of_28_digits_does_not_round_twice(self):
        almost_a_tie = Decimal("0.0" + "15" * 14)
        assert Money(amount="0.33").times(almost_a_tie).amount == 0
        assert Money(amount="0.33").times(almost_a_tie.next_plus()).amount == Decimal("0.01")


class TestRefuse:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_text_that_is_not_a_plain_number(self, text):
        with pytest.raises(ValueError, match="must be"):
            Money(amount=text)
        with pytest.raises(ValueError, match="must be"):
            Money.of(text)

    @pytest.mark.parametrize("value", [0.1, 617.28, True, None, b"1.00", float("nan")])
    def test_what_is_neither_text_nor_decimal(self, value):
        with pytest.raises(ValueError, match="must be"):
            Money(amount=value)
        with pytest.raises(ValueError, match="must be"):
            Money.of(value)

    @pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999999", "1e-999999", "1234567890123"])
    def test_a_decimal_that_is_no_amount(self, value):
        with pytest.raises(ValueError, match="must be"):
            Money.of(Decimal(value))

    def test_three_decimals_unless_rounding_was_asked_for(self):
        with pytest.raises(ValidationError):
            Money(amount="617.285")
        with pytest.raises(ValidationError):
            Money(amount=Decimal("617.285"))
        assert Money(amount=Decimal("617.280")).amount == Decimal("617.28")

    @pytest.mark.parametrize("body", ['{"amount": 1}', '{"amount": 1.5}', '{"amount": "1", "currency": "USD"}'])
    def test_json_numbers_and_other_currencies(self, body):
        with pytest.raises(ValidationError):
            Money.model_validate_json(body)

    def test_an_unknown_field(self):
        with pytest.raises(ValidationError, match="extra_forbidden"):
            Money.model_validate_json('{"amount": "1", "cents": 3}')

    def test_a_sum_beyond_twelve_digits(self):
        most = Money(amount="999999999999.99")
        with pytest.raises(ValidationError):
            most + Money(amount="0.01")

    def test_mixing_currencies(self):
        dollars = Money.model_construct(amount=Decimal("1.00"), currency="USD")
        euros = Money(amount="1.00")
        for mix in (lambda: euros + dollars, lambda: euros - dollars, lambda: dollars + euros):
            with pytest.raises(ValueError, match="do not add up"):
                mix()


class TestAdd:
    @given(cents, cents)
    def test_sums_are_exact_and_differences_undo_them(self, one, other):
        total = Money(amount=one) + Money(amount=other)
        assert total.amount == one + other
        assert total - Money(amount=other) == Money(amount=one)


class TestJson:
    @given(cents)
    def test_round_trip_with_exactly_two_decimals(self, amount):
        money = Money(amount=amount)
        written = money.model_dump()["amount"]
        assert written.rpartition(".")[2].isdigit()
        assert len(written.rpartition(".")[2]) == 2
        assert Money.model_validate_json(money.model_dump_json()) == money

    @pytest.mark.parametrize("zero", ["-0", "-0.00", "0", Decimal("-0.0")])
    def test_zero_has_no_sign(self, zero):
        assert Money(amount=zero).model_dump()["amount"] == "0.00"
