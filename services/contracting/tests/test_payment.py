"""Regime, options, fee and settlement: both sides of 28 April 2025, and the worked figures."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from chassis.clock import business_date
from contracting.mission.payment import (
    PaymentOptionNotAvailable,
    fee_of,
    is_available,
    payment_regime,
    scheme_of,
    terms_of,
)
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Money

GUARANTEED, BACK_TO_BACK = PaymentRegime.GUARANTEED_DATE, PaymentRegime.BACK_TO_BACK


@pytest.mark.req("CT-29", "BL-09")
class TestRegime:
    @pytest.mark.parametrize(
        ("country", "signed_on", "regime"),
        [
            ("FR", date(2025, 4, 27), BACK_TO_BACK),
            ("FR", date(2025, 4, 28), GUARANTEED),
            ("FR", date(2026, 11, 16), GUARANTEED),
            ("BE", date(2025, 4, 27), BACK_TO_BACK),
            ("BE", date(2025, 4, 28), BACK_TO_BACK),
            ("BE", date(2026, 11, 16), BACK_TO_BACK),
        ],
    )
    def test_country_and_date_of_the_contract_decide(self, country, signed_on, regime):
        assert payment_regime(country, signed_on) is regime

    @pytest.mark.parametrize(
        ("signed_at", "regime"),
        [
            (datetime(2025, 4, 27, 21, 59, 59, tzinfo=UTC), BACK_TO_BACK),
            (datetime(2025, 4, 27, 22, 0, 0, tzinfo=UTC), GUARANTEED),
        ],
    )
    def test_the_day_is_the_one_in_paris(self, signed_at, regime):
        assert payment_regime("FR", business_date(signed_at)) is regime


@pytest.mark.req("CT-22", "CT-29")
class TestFormerSchemes:
    @pytest.mark.parametrize(
        ("country", "signed_on", "former"),
        [
            ("FR", date(2025, 4, 27), {"immediate", "flat"}),
            ("FR", date(2025, 4, 28), set()),
            ("BE", date(2025, 4, 28), {"immediate", "flat"}),
        ],
    )
    def test_hold_for_contracts_of_their_time_and_abroad(self, country, signed_on, former):
        assert set(scheme_of(country, signed_on).former) == former

    @pytest.mark.parametrize(("name", "days", "fee"), [("immediate", "18.5", "370.00"), ("flat", "18.0", "450.00")])
    def test_stay_computable(self, name, days, fee):
        terms = scheme_of("FR", date(2024, 1, 1)).former[name]
        assert fee_of(terms, Money.of("500"), Decimal(days)) == Money.of(fee)


class TestTerms:
    @pytest.mark.req("CT-22")
    @pytest.mark.parametrize(
        ("regime", "option", "expected"),
        [
            (GUARANTEED, "basic", ("none", "0.0", "cra_validated", 60, "calendar_days")),
            (GUARANTEED, "express", ("percentage_of_daily_rate", "2.5", "cra_validated", 30, "calendar_days")),
            (GUARANTEED, "flash", ("percentage_of_daily_rate", "5.0", "cra_validated", 3, "business_days")),
            (BACK_TO_BACK, "basic", ("none", "0.0", "client_paid", None, None)),
        ],
    )
    def test_fee_and_settlement_follow_from_regime_and_option(self, regime, option, expected):
        terms = terms_of(regime, PaymentOption(option))
        assert (terms.fee_type, str(terms.rate), terms.trigger, terms.days, terms.counted_in) == expected

    @pytest.mark.parametrize("option", ["express", "flash"])
    def test_nothing_shortens_a_term_that_is_not_guaranteed(self, option):
        assert is_available(PaymentOption(option), GUARANTEED)
        assert not is_available(PaymentOption(option), BACK_TO_BACK)
        with pytest.raises(PaymentOptionNotAvailable):
            terms_of(BACK_TO_BACK, PaymentOption(option))

    @pytest.mark.parametrize(
        ("option", "rate", "days", "fee"),
        [
            ("basic", "500", "18", "0.00"),
            ("express", "500", "18", "225.00"),
            ("flash", "500", "18", "450.00"),
            ("express", "333.33", "0.5", "4.17"),
            ("flash", "333.30", "0.5", "8.33"),
        ],
    )
    def test_the_fee_is_a_part_of_rate_times_days_rounded_half_up(self, option, rate, days, fee):
        terms = terms_of(GUARANTEED, PaymentOption(option))
        assert fee_of(terms, Money.of(rate), Decimal(days)) == Money.of(fee)
