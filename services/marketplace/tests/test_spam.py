"""Off-topic proposals and what many of them lead to."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from proposal_steps import read, sides, spam, support

from contracts.notification import NotificationRequested
from contracts.roles import BUYERS, Role, StaffScope
from marketplace.spam.domain import blocked_until

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PAUSE = timedelta(days=30)


async def marked(market, seller, times=1):
    """The seller's proposals that as many clients call off-topic."""
    found = []
    for _ in range(times):
        buyer = await market.buyer()
        proposal = await market.proposed(seller, await market.published(buyer))
        await market.call("GET", f"/proposals/{proposal['id']}", buyer)
        assert (await spam(market, buyer, proposal)).json()["status"] == "spam"
        found.append(proposal)
    return found


async def told(market, proposal):
    return {n.template: n.context for n in await market.about(NotificationRequested, proposal["id"])}


async def tries(market, seller):
    rfp = await market.published(await market.buyer())
    body = {"consultant_id": str(seller.member_id), "daily_rate": {"amount": "1.00"}}
    body |= {"pitch": "Me", "available_on": "2026-12-01"}
    return await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=body)


async def marks(market, seller):
    url = f"/staff/spam-marks?author_id={seller.member_id}"
    return (await market.call("GET", url, support(market))).json()["items"]


async def lift(market, mark):
    url = f"/staff/spam-marks/{mark['id']}/lifting"
    return await market.call("POST", url, support(market), json={"reason": "On topic"})


class TestCount:
    @pytest.mark.parametrize(
        ("days", "until"),
        [
            ([0, 0, 0, 0], None),
            ([0, 0, 0, 0, 0], AT + PAUSE),
            ([364, 0, 0, 0, 0], AT + PAUSE),
            ([365, 0, 0, 0, 0], None),
            ([10, 10, 10, 10, 10, 0], AT + PAUSE),
            ([10, 10, 10, 10, 10], AT - timedelta(days=10) + PAUSE),
        ],
    )
    def test_five_in_twelve_months_close_the_door_for_thirty_days(self, days, until):
        assert blocked_until([AT - timedelta(days=n) for n in days], 5, PAUSE) == until


class TestMark:
    async def test_the_author_is_told_and_warned_from_the_third_on(self, market):
        seller = await market.seller()
        proposals = await marked(market, seller, 3)
        said = [(await told(market, proposal))["proposal_spam"] for proposal in proposals]
        assert [(one["count"], one["limit"]) for one in said] == [("1", ""), ("2", ""), ("3", "5")]
        assert (await read(market, seller, proposals[0]))["status"] == "spam"

    async def test_the_fifth_closes_the_door_for_thirty_days_to_its_author_alone(self, market):
        seller = await market.seller()
        await marked(market, seller, 4)
        assert (await tries(market, seller)).status_code == 201
        [last] = await marked(market, seller)
        assert (await told(market, last))["answering_blocked"]["until"] == "2026-12-02"
        refused = await tries(market, seller)
        assert (refused.status_code, refused.json()["code"]) == (403, "answering_blocked")
        colleague = await market.seller(company_id=seller.company)
        assert (await tries(market, colleague)).status_code == 201
        market.h.clock.offset += timedelta(days=30, minutes=5)
        assert (await tries(market, seller)).status_code in {201, 404}

    async def test_support_may_lift_one_and_open_the_door(self, market):
        seller = await market.seller()
        proposals = await marked(market, seller, 5)
        assert (await tries(market, seller)).status_code == 403
        first = (await marks(market, seller))[-1]
        assert (await lift(market, first)).status_code == 200
        assert (await read(market, seller, proposals[0]))["status"] == "ongoing"
        assert "spam_lifted" in await told(market, proposals[0])
        assert (await tries(market, seller)).status_code == 201
        again = await lift(market, first)
        assert (again.status_code, again.json()["code"]) == (409, "spam_mark_lifted")

    async def test_marks_at_the_same_moment_are_all_counted(self, market):
        seller = await market.seller()
        waiting = []
        for _ in range(5):
            buyer = await market.buyer()
            proposal = await market.proposed(seller, await market.published(buyer))
            await market.call("GET", f"/proposals/{proposal['id']}", buyer)
            waiting.append(spam(market, buyer, proposal))
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
        assert (await tries(market, seller)).status_code == 403

    async def test_a_proposal_is_marked_once_and_wins_no_more(self, market):
        buyer, _, proposal = await sides(market)
        answers = await asyncio.gather(spam(market, buyer, proposal), spam(market, buyer, proposal))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert (await market.retain(buyer, proposal)).status_code == 409

    @pytest.mark.parametrize("role", sorted(set(Role) - BUYERS))
    async def test_refused_to_other_roles(self, market, role):
        buyer, _, proposal = await sides(market)
        assert (await spam(market, market.h.member(role, buyer.company), proposal)).status_code == 403

    @pytest.mark.parametrize("scope", sorted(set(StaffScope) - {StaffScope.SUPPORT}))
    async def test_lifting_is_for_support(self, market, scope):
        assert (await market.call("GET", "/staff/spam-marks", market.h.staff(scope))).status_code == 403
