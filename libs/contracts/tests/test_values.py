from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.values import CountryCode, Days, Month, Name, Period, PostalAddress, Text

days = TypeAdapter(Days)
name = TypeAdapter(Name)
this_century = st.dates(date(2000, 1, 1), date(2099, 12, 31))


class TestDays:
    @pytest.mark.parametrize(
        ("taken", "written"),
        [
            ("0", "0.0"),
            ("0.5", "0.5"),
            ("0.50", "0.5"),
            ("21", "21.0"),
            ("999.5", "999.5"),
            (Decimal("0.500"), "0.5"),
        ],
    )
    def test_halves_are_taken_and_written_with_one_decimal(self, taken, written):
        assert days.dump_python(days.validate_python(taken)) == written

    @pytest.mark.parametrize(
        "value",
        [
            "0.25",
            "1.51",
            "-0.5",
            "1000",
            "",
            "٣",
            "1_0",
            "1e1",
            "NaN",
            1,
            0.5,
            True,
            Decimal("0.25"),
            Decimal("NaN"),
        ],
    )
    def test_anything_else_is_refused(self, value):
        with pytest.raises(ValidationError):
            days.validate_python(value)

    @given(st.integers(0, 1999))
    def test_every_half_survives_json(self, halves):
        worked = Decimal(halves) / 2
        assert days.validate_json(days.dump_json(worked)) == worked


class TestName:
    def test_surrounding_space_goes_and_200_characters_fit(self):
        assert name.validate_python("  Zoë O'Neil ") == "Zoë O'Neil"
        assert len(name.validate_python("é" * 200)) == 200

    @pytest.mark.parametrize(
        "text", ["", "   ", "a" * 201, "a\nb", "a\x00b", "a\x85b", "a\u2028b", "a\u202eb", "a\u2066b"]
    )
    def test_empty_long_or_deceiving_text_is_refused(self, text):
        with pytest.raises(ValidationError):
            name.validate_python(text)


class TestCountryCode:
    def test_two_capitals_only(self):
        country = TypeAdapter(CountryCode)
        assert country.validate_python("FR") == "FR"
        for wrong in ("fr", "FRA", "F", "", "ÉÉ", "FR\n"):
            with pytest.raises(ValidationError):
                country.validate_python(wrong)


class TestMonth:
    @pytest.mark.parametrize("text", ["2026-01", "2026-12", "2000-01", "2099-12"])
    def test_first_and_last_are_taken(self, text):
        assert Month.parse(text) == text

    @pytest.mark.parametrize(
        "text",
        [
            "2026-00",
            "2026-13",
            "1999-12",
            "2100-01",
            "2026-1",
            "2026-011",
            "2026-11\n",
            "\u0662\u0660\u0662\u0666-\u0661\u0661",
            "",
            "2026/11",
        ],
    )
    def test_outside_is_refused(self, text):
        with pytest.raises(ValueError, match="is not a month"):
            Month.parse(text)

    def test_next_within_and_over_the_year_end(self):
        assert Month.parse("2026-11").next() == "2026-12"
        assert Month.parse("2026-12").next() == "2027-01"
        with pytest.raises(ValueError, match="is not a month"):
            Month.parse("2099-12").next()

    @pytest.mark.parametrize(
        ("month", "last"),
        [("2026-02", 28), ("2028-02", 29), ("2000-02", 29), ("2026-04", 30), ("2026-12", 31)],
    )
    def test_first_and_last_day(self, month, last):
        assert Month.parse(month).first == date(int(month[:4]), int(month[5:]), 1)
        assert Month.parse(month).last == date(int(month[:4]), int(month[5:]), last)

    @given(this_century)
    def test_a_day_lies_within_its_month_and_text_order_is_time_order(self, day):
        month = Month.of(day)
        assert month.first <= day <= month.last
        assert isinstance(month, Month)
        assert (month < Month.of(date(2050, 6, 1))) == (day < date(2050, 6, 1))


class TestPeriod:
    def test_a_single_day_is_a_period_and_a_reversed_one_is_not(self):
        day = date(2026, 2, 28)
        assert day in Period(start=day, end=day)
        with pytest.raises(ValidationError, match="the end is before the start"):
            Period(start=day, end=day - timedelta(days=1))

    def test_both_ends_belong_to_it_and_their_neighbours_do_not(self):
        period = Period(start=date(2026, 1, 10), end=date(2026, 3, 1))
        assert period.start in period
        assert period.end in period
        assert date(2026, 1, 9) not in period
        assert date(2026, 3, 2) not in period

    def test_every_month_that_it_touches(self):
        assert Period(start=date(2026, 11, 30), end=date(2027, 2, 1)).months() == [
            "2026-11",
            "2026-12",
            "2027-01",
            "2027-02",
        ]

    @pytest.mark.parametrize(
        ("start", "end"),
        [("1999-12-31", "2000-01-01"), ("2099-12-31", "2100-01-01"), ("0001-01-01", "9999-12-31")],
    )
    def test_another_century_is_refused(self, start, end):
        with pytest.raises(ValidationError):
            Period(start=date.fromisoformat(start), end=date.fromisoformat(end))

    @given(this_century, this_century)
    def test_months_cover_exactly_the_period(self, one, other):
        period = Period(start=min(one, other), end=max(one, other))
        months = period.months()
        assert months == sorted(set(months))
        assert months[0].first <= period.start <= months[0].last
        assert months[-1].first <= period.end <= months[-1].last


class TestPostalAddress:
    def test_town_and_country_are_mandatory(self):
        whole = {"line1": "1 rue de la Paix", "postcode": "75002", "city": "Paris", "country": "FR"}
        assert PostalAddress(**whole).line2 is None
        for missing in ("city", "country"):
            with pytest.raises(ValidationError):
                PostalAddress(**{key: value for key, value in whole.items() if key != missing})


def test_a_text_type_without_a_rule_takes_nothing():
    with pytest.raises(AssertionError):
        Text.parse("anything")
