"""Local copies: the newest version wins, in whatever order it comes."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from billing_months import MissionMonth

from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from contracts.company import CompanyDetailsChanged
from contracts.contracting import MissionRescheduled, Offer


def named(month, name, version):
    legal = month.identity.model_copy(update={"name": name})
    return CompanyDetailsChanged(
        version=version,
        company_id=month.provider_id,
        legal=legal,
        bank_details_on_file=True,
        changed_at=datetime.now(UTC),
    )


async def company(h, month):
    async with h.tx() as tx:
        return await tx.get(Company, month.provider_id)


class TestCompany:
    async def test_is_known_once_validated(self, h):
        month = MissionMonth()
        await h.deliver(month.company_validated)
        assert (await company(h, month)).identity == month.identity

    async def test_a_change_that_comes_before_the_validation_is_kept(self, h):
        month = MissionMonth()
        await h.deliver(named(month, "Nouveau nom", 2))
        await h.deliver(month.company_validated)
        assert (await company(h, month)).identity.name == "Nouveau nom"

    async def test_a_change_older_than_the_validation_is_ignored(self, h):
        month = MissionMonth()
        await h.deliver(month.company_validated.model_copy(update={"version": 3}))
        await h.deliver(named(month, "Ancien nom", 2))
        assert (await company(h, month)).identity.name == month.identity.name

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    async def test_any_order_with_repeats_ends_the_same(self, h, order):
        month = MissionMonth()
        events = [month.company_validated, named(month, "Deux", 2), named(month, "Trois", 3)]
        for index in (*order, *order):
            await h.deliver(events[index])
        found = await company(h, month)
        assert (found.identity.name, found.version) == ("Trois", 3)


class TestTerms:
    async def test_are_what_the_order_says(self, h):
        month = MissionMonth()
        await h.deliver(month.bdc_issued)
        async with h.tx() as tx:
            terms = await tx.get(MissionTerms, month.bdc_id)
        assert (terms.daily_rate, terms.option, terms.regime) == (
            month.bdc_issued.daily_rate,
            month.option,
            month.regime,
        )
        assert terms.operational_manager_id == month.manager_id

    async def test_a_stale_order_changes_nothing(self, h):
        month = MissionMonth()
        await h.deliver(month.bdc_issued.model_copy(update={"version": 2}))
        await h.deliver(month.bdc_issued.model_copy(update={"title": "Ancien"}))
        async with h.tx() as tx:
            assert (await tx.get(MissionTerms, month.bdc_id)).title == "Refonte du portail"

    @pytest.mark.req("CT-28", "CT-05")
    async def test_an_early_end_changes_the_last_day_alone_and_an_older_one_nothing(self, h):
        month = MissionMonth()
        await h.deliver(month.bdc_issued.model_copy(update={"offer": Offer.RISE}))
        facts = {"mission_id": month.bdc_issued.mission_id, "bdc_id": month.bdc_id, "reason": "early_end"}
        for version, day in ((3, 20), (2, 10)):
            ends_on = month.bdc_issued.period.start.replace(day=day)
            at = month.bdc_issued.issued_at
            await h.deliver(MissionRescheduled(**facts, ends_on=ends_on, rescheduled_at=at, version=version))
        async with h.tx() as tx:
            terms = await tx.get(MissionTerms, month.bdc_id)
        assert (terms.period_end.day, terms.version, terms.offer) == (20, 3, "rise")
        assert (terms.daily_rate, terms.period_start) == (
            month.bdc_issued.daily_rate,
            month.bdc_issued.period.start,
        )
