"""Negotiating the rate of a proposal, over HTTP."""

import asyncio
from itertools import product

import pytest
from proposal_steps import answer, offer, read, select, sides

from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from contracts.notification import NotificationRequested
from contracts.roles import BUYERS, SELLERS, Role
from marketplace.negotiation.domain import MOVES, RoundStatus

ANSWERS = (RoundStatus.ACCEPTED, RoundStatus.STOPPED, RoundStatus.COUNTERED)


@pytest.mark.parametrize(("present", "target", "role"), list(product(RoundStatus, RoundStatus, Role)))
def test_each_move_is_made_by_buyers_and_sellers_on_an_open_offer(present, target, role):
    if present == RoundStatus.OPEN and target in ANSWERS and role in BUYERS | SELLERS:
        assert check_move(MOVES, present, target, role) == target
    else:
        with pytest.raises((Forbidden, IllegalMove)):
            check_move(MOVES, present, target, role)


class TestNegotiate:
    async def test_accepting_changes_the_rate_and_nothing_else(self, market):
        buyer, seller, proposal = await sides(market)
        before = await read(market, buyer, proposal)
        offered = (await offer(market, buyer, proposal, "520.00", comment="Our best")).json()
        assert (offered["status"], offered["offered_by"]) == ("open", "client")
        assert (await answer(market, seller, offered, "acceptance")).json()["status"] == "accepted"
        after = await read(market, buyer, proposal)
        changed = {name for name in after if after[name] != before[name]}
        assert (changed, after["daily_rate"]["amount"]) == ({"daily_rate", "version"}, "520.00")

    async def test_offers_go_back_and_forth_and_are_all_kept(self, market):
        buyer, seller, proposal = await sides(market)
        first = (await offer(market, buyer, proposal, "500.00")).json()
        second = await answer(market, seller, first, "counter-offer", daily_rate={"amount": "540.00"})
        assert (second.status_code, second.json()["offered_by"]) == (201, "provider")
        third = await answer(market, buyer, second.json(), "counter-offer", daily_rate={"amount": "525.00"})
        assert (await answer(market, seller, third.json(), "acceptance")).status_code == 200
        listed = (await market.call("GET", f"/proposals/{proposal['id']}/negotiation-rounds", seller)).json()["items"]
        assert [(one["status"], one["daily_rate"]["amount"]) for one in listed] == [
            ("accepted", "525.00"),
            ("countered", "540.00"),
            ("countered", "500.00"),
        ]
        assert (await read(market, seller, proposal))["daily_rate"]["amount"] == "525.00"
        told = [one.template for one in await market.about(NotificationRequested, proposal["id"])]
        assert told[-4:] == ["negotiation_offer"] * 3 + ["negotiation_closed"]

    async def test_stopping_leaves_the_rate(self, market):
        buyer, seller, proposal = await sides(market)
        offered = (await offer(market, buyer, proposal)).json()
        assert (await answer(market, seller, offered, "stop")).json()["status"] == "stopped"
        assert (await read(market, seller, proposal))["daily_rate"] == proposal["daily_rate"]
        assert (await offer(market, buyer, proposal)).status_code == 201

    async def test_nobody_answers_their_own_offer(self, market):
        buyer, _, proposal = await sides(market)
        offered = (await offer(market, buyer, proposal)).json()
        for what in ("acceptance", "stop"):
            refused = await answer(market, buyer, offered, what)
            assert (refused.status_code, refused.json()["code"]) == (409, "not_your_turn")

    async def test_the_provider_does_not_begin(self, market):
        _, seller, proposal = await sides(market)
        assert (await offer(market, seller, proposal)).status_code == 403

    async def test_the_buyer_of_purchasing_does_not_answer(self, market):
        buyer, seller, proposal = await sides(market)
        offered = (await offer(market, buyer, proposal)).json()
        second = (await answer(market, seller, offered, "counter-offer", daily_rate={"amount": "540.00"})).json()
        acheteur = market.h.member(Role.ACHETEUR, buyer.company)
        assert (await answer(market, acheteur, second, "acceptance")).status_code == 403

    async def test_only_while_interesting_or_selected(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        assert (await offer(market, buyer, proposal)).json()["code"] == "not_negotiable"
        await market.interesting(buyer, proposal)
        await select(market, buyer, proposal)
        offered = (await offer(market, buyer, proposal)).json()
        await market.qualify(buyer, proposal, "not_interesting")
        late = await answer(market, seller, offered, "acceptance")
        assert (late.status_code, late.json()["code"]) == (409, "not_negotiable")
        assert (await read(market, seller, proposal))["daily_rate"] == proposal["daily_rate"]

    async def test_not_after_the_retention(self, market):
        buyer, seller, proposal = await sides(market)
        offered = (await offer(market, buyer, proposal)).json()
        await market.retain(buyer, proposal)
        assert (await answer(market, seller, offered, "acceptance")).json()["code"] == "not_negotiable"

    async def test_a_counter_offer_holds_the_ceiling_of_the_request(self, market):
        buyer, seller, proposal = await sides(market, max_daily_rate={"amount": "550.00"})
        offered = (await offer(market, buyer, proposal)).json()
        refused = await answer(market, seller, offered, "counter-offer", daily_rate={"amount": "550.01"})
        assert (refused.status_code, refused.json()["code"]) == (422, "daily_rate_above_maximum")
        assert (await answer(market, seller, offered, "stop")).status_code == 200

    @pytest.mark.parametrize("amount", ["500.001", "0.00", "1000000.00", 500])
    async def test_a_rate_that_is_no_price_is_refused(self, market, amount):
        buyer, _, proposal = await sides(market)
        refused = await offer(market, buyer, proposal, amount)
        assert (refused.status_code, refused.json()["errors"][0]["field"].split(".")[0]) == (422, "daily_rate")


class TestAtTheSameMoment:
    async def test_one_offer_is_open(self, market):
        buyer, _, proposal = await sides(market)
        answers = await asyncio.gather(*(offer(market, buyer, proposal, f"50{n}.00") for n in range(4)))
        assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
        assert {one.json()["code"] for one in answers if one.status_code == 409} == {"round_open"}

    async def test_an_offer_has_one_answer(self, market):
        for _ in range(3):
            buyer, seller, proposal = await sides(market)
            offered = (await offer(market, buyer, proposal)).json()
            answers = await asyncio.gather(
                *(answer(market, seller, offered, what) for what in ("acceptance", "stop", "acceptance"))
            )
            assert sorted(one.status_code for one in answers) == [200, 409, 409]

    async def test_an_acceptance_and_a_retention_agree_on_the_rate(self, market):
        for _ in range(3):
            buyer, seller, proposal = await sides(market)
            offered = (await offer(market, buyer, proposal)).json()
            accepted, retained = await asyncio.gather(
                answer(market, seller, offered, "acceptance"), market.retain(buyer, proposal)
            )
            assert retained.status_code == 200
            rate = (await read(market, buyer, proposal))["daily_rate"]["amount"]
            assert rate == ("500.00" if accepted.status_code == 200 else "550.00")
