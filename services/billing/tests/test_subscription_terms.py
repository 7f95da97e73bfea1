"""When the terms of a subscription begin and end, to the day (BL-33, BL-34)."""

from datetime import date, timedelta

import pytest
from billing_months import NOW

from billing.subscription.catalogue import EndsAt, PaidPlan, SaleTerms, SubscriptionOffer, offer_of, offers_on
from billing.subscription.domain import ALLOWED, Subscription, SubscriptionActor, TermOver
from chassis.errors import Forbidden, IllegalMove
from chassis.personal_data import NOBODY
from contracts.billing import SubscriptionStatus
from contracts.values import Money

TERMS = SaleTerms("T1", {"fr": "Conditions", "en": "Terms"}, EndsAt.END_OF_MONTH)


def offer(months=1, terms=TERMS, *, code="x", since=date(2026, 1, 1), until=None, price="10.00"):
    return SubscriptionOffer(code, PaidPlan.BUSINESS, months, Money.of(price), terms, since, until)


def taken_out(today, months=1, terms=TERMS):
    made = Subscription.take_out(NOBODY, offer(months, terms), by=NOBODY, at=NOW, today=today)
    made.end_reason = None
    return made


class TestSubscription:
    @pytest.mark.parametrize(
        ("first", "months", "ends"),
        [
            (date(2026, 1, 31), 1, [date(2026, 2, 27), date(2026, 3, 30), date(2026, 4, 29)]),
            (date(2028, 2, 29), 12, [date(2029, 2, 27), date(2030, 2, 27), date(2031, 2, 27), date(2032, 2, 28)]),
            (date(2026, 10, 31), 3, [date(2027, 1, 30), date(2027, 4, 29), date(2027, 7, 30)]),
        ],
    )
    def test_terms_follow_each_other_without_gap_or_drift(self, first, months, ends):
        subscription = taken_out(first, months)
        for end in ends:
            assert subscription.ends_on == end
            subscription.renew()
            assert subscription.starts_on == end + timedelta(days=1)

    def test_offers_are_sold_between_their_dates(self):
        sold = [offer(code="a", until=date(2026, 6, 30)), offer(code="a", since=date(2026, 7, 1), price="12.00")]
        assert offers_on(date(2025, 12, 31), sold) == []
        assert offer_of("a", date(2026, 6, 30), sold).price == Money.of(10)
        assert offer_of("a", date(2026, 7, 1), sold).price == Money.of(12)

    @pytest.mark.parametrize("actor", SubscriptionActor)
    @pytest.mark.parametrize("target", SubscriptionStatus)
    @pytest.mark.parametrize("present", SubscriptionStatus)
    def test_moves_only_as_the_table_says(self, present, target, actor):
        subscription = taken_out(date(2026, 1, 1))
        subscription.status = present
        if (present, actor) in ALLOWED[target].pairs:
            subscription._move_to(target, actor)
            assert subscription.status is target
        else:
            with pytest.raises((Forbidden, IllegalMove)):
                subscription._move_to(target, actor)


class TestLeave:
    @pytest.mark.parametrize(
        ("started", "today", "ends_on"),
        [
            (date(2026, 1, 31), date(2026, 2, 27), date(2026, 2, 27)),
            (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 30)),
            (date(2028, 1, 30), date(2028, 2, 28), date(2028, 2, 28)),
            (date(2028, 1, 30), date(2028, 2, 29), date(2028, 3, 29)),
            (date(2026, 11, 20), date(2026, 11, 20), date(2026, 12, 19)),
            (date(2026, 11, 20), date(2027, 11, 19), date(2027, 11, 19)),
        ],
    )
    def test_ends_with_the_month_counted_from_the_first_day(self, started, today, ends_on):
        subscription = taken_out(started, 12)
        subscription.unsubscribe(NOBODY, NOW, today)
        assert subscription.ends_on == ends_on

    @pytest.mark.parametrize("leave", ["cancel", "unsubscribe"])
    def test_comes_too_late_once_the_term_is_over(self, leave):
        subscription = taken_out(date(2026, 1, 1))
        with pytest.raises(TermOver):
            getattr(subscription, leave)(NOBODY, NOW, date(2026, 2, 1))
        getattr(subscription, leave)(NOBODY, NOW, date(2026, 1, 31))
        assert subscription.ends_on == date(2026, 1, 31)

    def test_ends_with_the_term_where_the_terms_say_so(self):
        subscription = taken_out(date(2026, 1, 1), 12, SaleTerms("T2", TERMS.texts, EndsAt.END_OF_TERM))
        subscription.unsubscribe(NOBODY, NOW, date(2026, 3, 3))
        assert subscription.ends_on == date(2026, 12, 31)
