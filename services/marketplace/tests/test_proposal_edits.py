"""Changing a proposal, the tabs that it is found in, and what its author learns of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from proposal_steps import edit, read, select, sides

from contracts.contracting import BdcIssued
from contracts.marketplace import ProposalRetained, ProposalSubmitted
from contracts.notification import NotificationRequested


async def tab_of(market, seller, proposal):
    """The one tab that lists it; and the proposal says the same."""
    tabs = []
    for tab in ("in_progress", "contracting", "won", "lost"):
        listed = (await market.call("GET", f"/proposals?tab={tab}", seller)).json()["items"]
        tabs += [tab for one in listed if one["id"] == proposal["id"]]
    assert tabs == [(await read(market, seller, proposal))["tab"]]
    return tabs[0]


def order(proposal, **changes):
    known = {
        "bdc_id": uuid4(),
        "reference": "PO-00001-1",
        "mission_id": uuid4(),
        "title": "Data engineer",
        "client_company_id": uuid4(),
        "provider_company_id": UUID(proposal["provider_company_id"]),
        "operational_manager_id": uuid4(),
        "consultant_id": UUID(proposal["consultant_id"]),
        "consultant_name": "Alan Turing",
        "daily_rate": proposal["daily_rate"],
        "days": "57.5",
        "period": {"start": "2026-12-01", "end": "2027-02-26"},
        "payment_option": "basic",
        "payment_regime": "guaranteed_date",
        "client_order_reference": "X",
        "proposal_id": UUID(proposal["id"]),
        "issued_at": datetime(2026, 11, 5, 9, tzinfo=UTC),
    }
    return BdcIssued.model_validate(known | changes)


class TestEdit:
    @pytest.mark.req("MK-09")
    async def test_the_client_forms_its_opinion_anew_and_is_told(self, market):
        buyer, seller, proposal = await sides(market)
        await select(market, buyer, proposal)
        changed = await edit(market, seller, proposal, pitch="Twelve", available_on="2026-12-15")
        assert (changed.status_code, changed.json()["status"], changed.json()["pitch"]) == (
            200,
            "ongoing",
            "Twelve",
        )
        told = (await market.about(NotificationRequested, proposal["id"]))[-1]
        assert (told.template, told.members) == ("proposal_edited", [buyer.member_id])

    @pytest.mark.req("MK-09")
    async def test_what_nobody_has_read_stays_unread(self, market):
        seller = await market.seller()
        proposal = await market.proposed(seller, await market.published(await market.buyer()))
        assert (await edit(market, seller, proposal, pitch="New")).json()["status"] == "unread"

    @pytest.mark.req("MK-09")
    async def test_the_rate_changes_only_once_the_client_is_not_interested(self, market):
        buyer, seller, proposal = await sides(market)
        refused = await edit(market, seller, proposal, daily_rate={"amount": "500.00"})
        assert (refused.status_code, refused.json()["code"]) == (409, "daily_rate_not_editable")
        assert refused.json()["errors"][0]["field"] == "daily_rate.amount"
        await market.qualify(buyer, proposal, "not_interesting")
        changed = await edit(market, seller, proposal, daily_rate={"amount": "500.00"})
        assert (changed.json()["status"], changed.json()["daily_rate"]["amount"]) == ("ongoing", "500.00")

    @pytest.mark.parametrize("amount", ["500.001", "0.00", "-1.00", 500])
    async def test_a_rate_that_is_no_price_is_refused(self, market, amount):
        _, seller, proposal = await sides(market)
        answer = await edit(market, seller, proposal, daily_rate={"amount": amount})
        assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, "daily_rate")

    async def test_by_the_version_that_was_read(self, market):
        _, seller, proposal = await sides(market)
        seen = await market.call("GET", f"/proposals/{proposal['id']}", seller)
        assert (await edit(market, seller, proposal, {"If-Match": seen.headers["ETag"]}, pitch="A")).status_code == 200
        late = await edit(market, seller, proposal, {"If-Match": seen.headers["ETag"]}, pitch="B")
        assert (late.status_code, late.json()["code"]) == (412, "version_conflict")

    async def test_two_edits_of_one_version_have_one_outcome(self, market):
        _, seller, proposal = await sides(market)
        tag = {"If-Match": (await market.call("GET", f"/proposals/{proposal['id']}", seller)).headers["ETag"]}
        answers = await asyncio.gather(*(edit(market, seller, proposal, tag, pitch=word) for word in ("A", "B")))
        assert sorted(answer.status_code for answer in answers) == [200, 412]

    @pytest.mark.parametrize("first", ["edit", "retain"])
    async def test_and_a_retention_at_the_same_moment_are_one_or_the_other(self, market, first):
        for _ in range(5):
            buyer, seller, proposal = await sides(market)
            both = {"edit": edit(market, seller, proposal, pitch="New"), "retain": market.retain(buyer, proposal)}
            answers = await asyncio.gather(*(both[name] for name in sorted(both, key=lambda name: name != first)))
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            seen = await read(market, buyer, proposal)
            assert (seen["status"], seen["pitch"]) in {("ongoing", "New"), ("appointed", proposal["pitch"])}

    async def test_refused_once_appointed(self, market):
        buyer, seller, proposal = await sides(market)
        await market.retain(buyer, proposal)
        answer = await edit(market, seller, proposal, pitch="New")
        assert (answer.status_code, answer.json()["code"]) == (409, "rfp_already_awarded")

    @pytest.mark.req("MK-13")
    async def test_another_consultant_is_published_and_the_same_is_not(self, market):
        buyer, seller, proposal = await sides(market)
        await edit(market, seller, proposal, pitch="New")
        other = await market.consultant(seller, "Grace")
        await edit(market, seller, proposal, consultant_id=str(other.member_id))
        first, second = await market.about(ProposalSubmitted, proposal["id"])
        assert (str(first.consultant_id), second.consultant_id) == (proposal["consultant_id"], other.member_id)
        assert {first.client_company_id, second.client_company_id} == {buyer.company}

    async def test_nobody_is_proposed_twice(self, market):
        seller, rfp = await market.seller(), await market.published(await market.buyer())
        proposal, other = await market.proposed(seller, rfp), await market.proposed(seller, rfp)
        answer = await edit(market, seller, proposal, consultant_id=other["consultant_id"])
        assert (answer.status_code, answer.json()["code"]) == (409, "consultant_already_proposed")


class TestHistory:
    @pytest.mark.req("MK-08", "MK-11")
    async def test_the_provider_sees_each_status_with_its_time(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        market.h.clock.offset += timedelta(hours=1)
        await market.interesting(buyer, proposal)
        market.h.clock.offset += timedelta(hours=1)
        await market.retain(buyer, proposal)
        seen = (await read(market, seller, proposal))["history"]
        assert [step["status"] for step in seen] == ["unread", "ongoing", "interesting", "appointed"]
        times = [datetime.fromisoformat(step["at"]) for step in seen]
        assert times[1] - times[0] >= timedelta(minutes=59)
        assert times[3] - times[2] >= timedelta(minutes=59)


class TestTabs:
    @pytest.mark.req("MK-10")
    async def test_from_in_progress_over_contracting_to_won(self, market):
        buyer, seller, proposal = await sides(market)
        assert await tab_of(market, seller, proposal) == "in_progress"
        await market.retain(buyer, proposal)
        assert await tab_of(market, seller, proposal) == "contracting"
        await market.decide(proposal)
        assert await tab_of(market, seller, proposal) == "contracting"
        issued = order(await read(market, seller, proposal))
        await market.h.deliver(issued)
        assert await tab_of(market, seller, proposal) == "won"
        won_at = (await read(market, seller, proposal))["won_at"]
        renewed = order(await read(market, seller, proposal), issued_at=datetime(2027, 2, 1, tzinfo=UTC))
        await market.h.deliver(renewed)
        assert (await read(market, seller, proposal))["won_at"] == won_at

    @pytest.mark.req("MK-10")
    async def test_an_order_of_nobodys_proposal_changes_nothing(self, market):
        _, seller, proposal = await sides(market)
        await market.h.deliver(order(proposal, proposal_id=None))
        await market.h.deliver(order(proposal, proposal_id=uuid4()))
        assert await tab_of(market, seller, proposal) == "in_progress"

    @pytest.mark.req("MK-09", "MK-10")
    async def test_what_was_cancelled_is_lost_once_the_request_closes(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        proposal, other = await market.proposed(seller, rfp), await market.proposed(await market.seller(), rfp)
        url = f"/proposals/{proposal['id']}/cancellation"
        await market.call("POST", url, seller, json={"reason": "preferred_client"})
        told = (await market.about(NotificationRequested, proposal["id"]))[-1]
        assert (told.template, told.members) == ("proposal_cancelled", [buyer.member_id])
        assert await tab_of(market, seller, proposal) == "in_progress"
        await market.won(buyer, other)
        assert await tab_of(market, seller, proposal) == "lost"
        assert (await read(market, seller, proposal))["status"] == "cancelled"

    @pytest.mark.req("MK-10")
    async def test_a_request_closed_without_award_loses_all(self, market):
        buyer, seller, proposal = await sides(market)
        closing = {"reason": "cancelled"}
        assert (await market.call("POST", f"/rfps/{proposal['rfp_id']}/closing", buyer, json=closing)).is_success
        assert await tab_of(market, seller, proposal) == "lost"
        assert (await market.retain(buyer, proposal)).status_code == 409
        assert await market.about(ProposalRetained, proposal["id"]) == []

    async def test_any_other_tab_is_refused(self, market):
        answer = await market.call("GET", "/proposals?tab=everything", await market.seller())
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "tab")
