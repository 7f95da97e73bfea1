"""Saved searches: kept by members, run once a day, told when there is something new."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, update

from contracts.company import SupplierReferenced
from contracts.identity import MemberErased
from contracts.notification import NotificationRequested
from contracts.roles import Role
from marketplace.acknowledgement.domain import Acknowledgement
from marketplace.directory.domain import Affiliation, Contract
from marketplace.saved_search import sweep
from marketplace.saved_search.domain import SavedSearch

URL = "/saved-searches"


async def save(market, caller, name="Mine", **criteria):
    return await market.call("POST", URL, caller, json={"name": name, "criteria": criteria})


async def saved(market, caller, **criteria):
    answer = await save(market, caller, **criteria)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(market, caller):
    return [one["name"] for one in (await market.call("GET", URL, caller)).json()["items"]]


async def run(market, days=1):
    """What the night of so many days later does, and again what a repeated run does."""
    as_of = market.h.clock() + timedelta(days=days)
    for _ in range(2):
        more = True
        while more:
            async with market.h.tx() as tx:
                more = await sweep.tell_what_is_new(tx, as_of)


async def told(market, search):
    notices = await market.about(NotificationRequested, search["id"])
    assert {notice.template for notice in notices} <= {"saved_search_found"}
    return [notice.context["rfps"] for notice in notices]


class TestSave:
    async def test_kept_changed_and_dropped(self, market):
        seller = await market.seller()
        search = await saved(market, seller, query="python", skills=["Kafka"], city="Lyon", starts_from="2027-01-01")
        assert search["criteria"]["skills"] == ["Kafka"]
        body = {"name": "Other", "criteria": {"rate_from": "600.00"}}
        answer = await market.call("PUT", f"{URL}/{search['id']}", seller, json=body)
        assert (answer.json()["name"], answer.json()["version"]) == ("Other", 2)
        assert answer.json()["criteria"]["query"] is None
        stale = {"headers": {"If-Match": '"1"'}}
        assert (await market.call("PUT", f"{URL}/{search['id']}", seller, json=body, **stale)).status_code == 412
        assert await names(market, seller) == ["Other"]
        assert (await market.call("DELETE", f"{URL}/{search['id']}", seller)).status_code == 204
        assert await names(market, seller) == []

    async def test_at_most_twenty_even_at_once(self, market):
        seller = await market.seller()
        answers = await asyncio.gather(*(save(market, seller, str(number)) for number in range(23)))
        assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 3
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert refused["code"] == "too_many_saved_searches"
        colleague = await market.seller(company_id=seller.company)
        assert (await save(market, colleague)).status_code == 201

    async def test_nobody_elses(self, market):
        seller = await market.seller()
        search = await saved(market, seller)
        for other in (await market.seller(), await market.seller(company_id=seller.company)):
            assert await names(market, other) == []
            for method, body in (("PUT", {"name": "x", "criteria": {}}), ("DELETE", None)):
                answer = await market.call(method, f"{URL}/{search['id']}", other, json=body)
                assert (answer.status_code, answer.json()["code"]) == (404, "saved_search_not_found")

    @pytest.mark.parametrize(
        ("criteria", "field"),
        [
            ({"query": "x" * 201}, "criteria.query"),
            ({"skills": ["+++"]}, "criteria.skills.0"),
            ({"skills": ["a"] * 11}, "criteria.skills"),
            ({"country": "France"}, "criteria.country"),
            ({"remote_from": 101}, "criteria.remote_from"),
            ({"rate_from": "1.234"}, "criteria.rate_from"),
            ({"starts_from": "2027-02-02", "starts_until": "2027-02-01"}, "criteria.starts_until"),
            ({"days_from": "2.0", "days_until": "1.5"}, "criteria.days_until"),
            ({"colour": "red"}, "criteria.colour"),
        ],
    )
    async def test_refused_when_nothing_could_meet_them(self, market, criteria, field):
        answer = await save(market, await market.seller(), **criteria)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


class TestDailyMail:
    async def test_one_a_day_with_what_is_new(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        word = f"w{uuid4().hex}"
        await market.published(buyer, title=f"Old {word}")
        market.h.clock.offset += timedelta(minutes=5)
        search = await saved(market, seller, query=word)
        market.h.clock.offset += timedelta(minutes=5)
        first, second = [await market.published(buyer, title=f"{new} {word}") for new in ("First", "Second")]
        await market.published(buyer, title="Something else")
        await run(market)
        expected = f"{second['reference']} Second {word}; {first['reference']} First {word}"
        assert await told(market, search) == [expected]
        await run(market, days=2)
        assert await told(market, search) == [expected]

    async def test_none_when_nothing_is_new(self, market):
        search = await saved(market, await market.seller(), query=f"w{uuid4().hex}")
        await run(market)
        assert await told(market, search) == []

    async def test_each_night_what_came_since_the_last(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        word = f"w{uuid4().hex}"
        search = await saved(market, seller, query=word)
        for night in range(3):
            market.h.clock.offset += timedelta(minutes=5)
            await market.published(buyer, title=f"{word} {night}")
            market.h.clock.offset += timedelta(days=1)
            await run(market, days=0)
        assert [len(titles.split("; ")) for titles in await told(market, search)] == [1, 1, 1]

    async def test_what_a_wave_opened_to_the_company(self, market):
        buyer, seller, preferred = await market.buyer(), await market.seller(), await market.seller()
        reference = SupplierReferenced(
            version=1,
            reference_id=uuid4(),
            client_company_id=buyer.company,
            provider_company_id=preferred.company,
            list_id=uuid4(),
            list_name="Data",
            preferred=True,
            referenced_at=market.h.clock(),
        )
        await market.h.deliver(reference)
        word = f"w{uuid4().hex}"
        early, late = await saved(market, preferred, query=word), await saved(market, seller, query=word)
        market.h.clock.offset += timedelta(minutes=5)
        await market.published(buyer, title=word, market_after_days=2)
        await run(market)
        assert (len(await told(market, early)), len(await told(market, late))) == (1, 0)
        await run(market, days=2)
        assert (len(await told(market, early)), len(await told(market, late))) == (1, 1)

    async def test_ten_by_name_and_that_there_are_more(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        word = f"w{uuid4().hex}"
        search = await saved(market, seller, query=word)
        market.h.clock.offset += timedelta(minutes=5)
        for _ in range(11):
            await market.published(buyer, title=word)
        await run(market)
        [notice] = await market.about(NotificationRequested, search["id"])
        assert (notice.context["count"], len(notice.context["rfps"].split("; "))) == ("10+", 10)

    @pytest.mark.parametrize("lacking", ["affiliation", "role", "contract", "acknowledgement"])
    async def test_none_to_whom_the_market_is_closed(self, market, lacking):
        buyer, seller = await market.buyer(), await market.seller()
        word = f"w{uuid4().hex}"
        search = await saved(market, seller, query=word)
        market.h.clock.offset += timedelta(minutes=5)
        await market.published(buyer, title=word)
        ways = {
            "affiliation": delete(Affiliation).where(Affiliation.member_id == seller.member_id),
            "role": update(Affiliation).where(Affiliation.member_id == seller.member_id).values(role=Role.CONSULTANT),
            "contract": delete(Contract).where(Contract.company_id == seller.company),
            "acknowledgement": delete(Acknowledgement).where(Acknowledgement.member_id == seller.member_id),
        }
        async with market.h.tx() as tx:
            await tx.execute(ways[lacking])
        await run(market)
        assert await told(market, search) == []

    async def test_all_of_them_in_parts(self, market, monkeypatch):
        buyer, word = await market.buyer(), f"w{uuid4().hex}"
        searches = [await saved(market, await market.seller(), query=word) for _ in range(3)]
        market.h.clock.offset += timedelta(minutes=5)
        await market.published(buyer, title=word)
        monkeypatch.setattr(sweep, "BATCH", 2)
        await run(market)
        assert [len(await told(market, search)) for search in searches] == [1, 1, 1]


class TestPersonalData:
    async def test_exported_and_gone_with_the_account(self, market):
        seller = await market.seller()
        await saved(market, seller, query="python")
        mine = (await market.h.exported(seller.member_id))["saved searches"]
        assert [kept["criteria"]["query"] for kept in mine] == ["python"]
        await market.h.deliver(MemberErased(member_id=seller.member_id, erased_at=market.h.clock()))
        assert await names(market, seller) == []

    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize("left", [True, False])
    async def test_forgotten_once_the_member_has_left(self, market, left):
        seller = await market.seller()
        await saved(market, seller)
        if left:
            async with market.h.tx() as tx:
                await tx.execute(delete(Affiliation).where(Affiliation.member_id == seller.member_id))
        async with market.h.forgetting(datetime(2026, 12, 1, tzinfo=UTC)) as tx:
            kept = await tx.scalar(select(func.count()).where(SavedSearch.member_id == seller.member_id))
            assert kept == (0 if left else 1)
