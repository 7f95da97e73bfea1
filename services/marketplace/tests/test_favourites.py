"""Favourites, and who is told that a request is closed."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select

from contracts.company import AffiliationEnded
from contracts.identity import MemberErased
from contracts.notification import NotificationRequested
from contracts.roles import Role
from marketplace.directory.domain import Affiliation
from marketplace.favourite.domain import Favourite
from marketplace.favourite.queries import interested_in


async def mark(market, caller, rfp, method="PUT"):
    return await market.call(method, f"/rfps/{rfp['id']}/favourite", caller)


async def marked(market, caller):
    return [one["rfp_id"] for one in (await market.call("GET", "/favourites", caller)).json()["items"]]


async def followers(market, rfp):
    async with market.h.tx() as tx:
        return set(await interested_in(tx, rfp["id"]))


async def leave(market, granted):
    await market.h.deliver(
        AffiliationEnded(
            version=9,
            affiliation_id=granted.affiliation_id,
            member_id=granted.member_id,
            company_id=granted.company_id,
            ended_at=market.h.clock(),
        )
    )


class TestMark:
    @pytest.mark.req("MK-04")
    async def test_added_listed_and_removed(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        first, second = await market.published(buyer), await market.published(buyer)
        for rfp in (first, second):
            assert (await mark(market, seller, rfp)).status_code == 204
        answer = await market.call("GET", "/favourites", seller)
        assert [one["rfp_id"] for one in answer.json()["items"]] == [second["id"], first["id"]]
        shown = answer.json()["items"][0]
        assert shown.items() >= {"reference": second["reference"], "title": "Data engineer"}.items()
        assert (await mark(market, seller, second, "DELETE")).status_code == 204
        assert await marked(market, seller) == [first["id"]]

    async def test_repeated_it_changes_nothing(self, market):
        seller, rfp = await market.seller(), await market.published(await market.buyer())
        answers = await asyncio.gather(*(mark(market, seller, rfp) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {204}
        assert await marked(market, seller) == [rfp["id"]]
        for _ in range(2):
            assert (await mark(market, seller, rfp, "DELETE")).status_code == 204
        assert await marked(market, seller) == []

    @pytest.mark.req("MK-04")
    async def test_each_members_own(self, market):
        seller, rfp = await market.seller(), await market.published(await market.buyer())
        await mark(market, seller, rfp)
        assert await marked(market, await market.seller(company_id=seller.company)) == []
        elsewhere = market.h.member(Role.COMMERCIAL, uuid4(), seller.member_id)
        assert await marked(market, elsewhere) == []

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    async def test_nothing_that_one_may_not_see(self, market, method):
        draft = await market.drafted(await market.buyer())
        for rfp in (draft, {"id": str(uuid4())}):
            answer = await mark(market, await market.seller(), rfp, method)
            assert (answer.status_code, answer.json()["code"]) == (404, "rfp_not_found")

    async def test_page_by_page(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        made = [await market.published(buyer) for _ in range(3)]
        for rfp in made:
            await mark(market, seller, rfp)
        first = (await market.call("GET", "/favourites", seller, params={"limit": 2})).json()
        more = {"limit": 2, "cursor": first["next"]}
        second = (await market.call("GET", "/favourites", seller, params=more)).json()
        seen = [one["rfp_id"] for one in first["items"] + second["items"]]
        assert (seen, second["next"]) == ([rfp["id"] for rfp in made[::-1]], None)


class TestInterested:
    @pytest.mark.req("MK-03")
    async def test_who_marked_it_or_answered_it_and_nobody_else(self, market):
        buyer = await market.buyer()
        rfp, other = await market.published(buyer), await market.published(buyer)
        fan, answering, both, bystander = [await market.seller() for _ in range(4)]
        await mark(market, fan, rfp)
        await mark(market, both, rfp)
        await mark(market, bystander, other)
        for seller in (answering, both):
            await market.proposed(seller, rfp)
        assert await followers(market, rfp) == {fan.member_id, answering.member_id, both.member_id}
        assert await followers(market, other) == {bystander.member_id}

    @pytest.mark.req("MK-03")
    async def test_they_are_told_of_the_closing_and_nobody_else(self, market):
        buyer = await market.buyer()
        rfp, ignored = await market.published(buyer), await market.published(buyer)
        fan, answering = await market.seller(), await market.seller()
        await market.seller()
        await mark(market, fan, rfp)
        await market.proposed(answering, rfp)
        for one in (rfp, ignored):
            answer = await market.call("POST", f"/rfps/{one['id']}/closing", buyer, json={"reason": "filled"})
            assert answer.status_code == 200, answer.text
        [notice] = await market.about(NotificationRequested, rfp["id"])
        assert (set(notice.members), notice.roles) == ({fan.member_id, answering.member_id}, [])
        assert await market.about(NotificationRequested, ignored["id"]) == []
        assert [one["status"] for one in (await market.call("GET", "/favourites", fan)).json()["items"]] == ["closed"]

    async def test_no_more_once_unmarked_or_gone(self, market):
        rfp, fan = await market.published(await market.buyer()), await market.seller()
        leaver = market.h.member(Role.COMMERCIAL, fan.company)
        granted = await market.affiliate(leaver)
        await market.acknowledge(leaver)
        for seller in (fan, leaver):
            await mark(market, seller, rfp)
        assert await followers(market, rfp) == {fan.member_id, leaver.member_id}
        await mark(market, fan, rfp, "DELETE")
        assert await followers(market, rfp) == {leaver.member_id}
        await leave(market, granted)
        assert await followers(market, rfp) == set()


class TestPersonalData:
    async def test_exported_and_gone_with_the_account(self, market):
        seller, rfp = await market.seller(), await market.published(await market.buyer())
        await mark(market, seller, rfp)
        assert [kept["rfp_id"] for kept in (await market.h.exported(seller.member_id))["favourite requests"]] == [
            rfp["id"]
        ]
        await market.h.deliver(MemberErased(member_id=seller.member_id, erased_at=market.h.clock()))
        assert await marked(market, seller) == []

    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize("left", [True, False])
    async def test_forgotten_once_the_member_has_left(self, market, left):
        rfp, seller = await market.published(await market.buyer()), await market.seller()
        await mark(market, seller, rfp)
        if left:
            async with market.h.tx() as tx:
                await tx.execute(delete(Affiliation).where(Affiliation.member_id == seller.member_id))
        async with market.h.forgetting(datetime(2026, 12, 1, tzinfo=UTC)) as tx:
            kept = await tx.scalar(select(func.count()).where(Favourite.member_id == seller.member_id))
            assert kept == (0 if left else 1)
