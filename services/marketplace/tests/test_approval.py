"""Selection, the buyer's validation above the threshold, the platform's decision, and the budget."""

import asyncio
from uuid import UUID

import pytest
from market_steps import budget, entity, line
from proposal_steps import CANDIDATE, approve, edit, read, select, sides

from contracts.marketplace import ProposalRetained
from contracts.notification import NotificationRequested
from contracts.roles import Role, StaffScope

NEW_TERMS = {"title": "Senior data engineer", "days": "40.0"}


async def templates(market, proposal):
    return [notice.template for notice in await market.about(NotificationRequested, proposal["id"])]


async def paid_by_a_line(market, **terms):
    """A buyer, a seller, an interesting proposal of 57.5 days at 550 (31,625.00) on a spending line."""
    head = await market.buyer(Role.DIRECTEUR_ACHATS)
    place = await entity(market, head.company)
    spent = await line(market, head, await budget(market, head, place), **terms)
    seller = await market.seller()
    rfp = await market.published(head, entity_id=str(place), spending_line_id=spent["id"])
    proposal = await market.proposed(seller, rfp)
    await market.interesting(head, proposal)
    return head, seller, proposal, spent


async def reserved(market, head, spent):
    lines = (await market.call("GET", f"/budgets/{spent['budget_id']}/lines", head)).json()["items"]
    return next(one["reserved"] for one in lines if one["id"] == spent["id"])


class TestSelect:
    @pytest.mark.req("MK-08")
    async def test_tells_the_provider_that_it_is_preselected(self, market):
        buyer, seller, proposal = await sides(market)
        chosen = await select(market, buyer, proposal)
        assert (chosen.status_code, chosen.json()["status"]) == (200, "selected")
        assert (await read(market, seller, proposal))["status"] == "selected"
        assert (await templates(market, proposal))[-1] == "proposal_selected"

    async def test_below_the_threshold_the_selected_is_retained_at_once(self, market):
        head, _, proposal, _ = await paid_by_a_line(market, buyer_threshold="31625.00")
        await select(market, head, proposal)
        assert (await approve(market, head, proposal)).json()["code"] == "approval_not_needed"
        assert (await market.retain(head, proposal)).json()["status"] == "appointed"


class TestApprove:
    async def test_above_the_threshold_the_buyer_validates_first(self, market):
        head, seller, proposal, _ = await paid_by_a_line(market, buyer_threshold="31624.99")
        refused = await market.retain(head, proposal)
        assert (refused.status_code, refused.json()["code"]) == (409, "approval_missing")
        assert (await read(market, head, proposal))["status"] == "interesting"
        await select(market, head, proposal)
        assert (await templates(market, proposal))[-1] == "proposal_to_approve"
        assert (await market.retain(head, proposal)).json()["code"] == "approval_missing"
        assert (await approve(market, head, proposal)).json()["status"] == "approved"
        assert (await market.retain(head, proposal)).json()["status"] == "appointed"
        assert (await read(market, seller, proposal))["status"] == "appointed"

    async def test_a_refusal_with_its_reason_makes_it_merely_interesting(self, market):
        head, _, proposal, _ = await paid_by_a_line(market, buyer_threshold="1.00")
        await select(market, head, proposal)
        assert (await approve(market, head, proposal, "refused")).json()["code"] == "decision_unexplained"
        answer = await approve(market, head, proposal, "refused", reason="Too dear")
        assert answer.json()["status"] == "interesting"
        assert (await templates(market, proposal))[-1] == "proposal_approval_decided"

    async def test_an_edit_makes_it_void(self, market):
        head, seller, proposal, _ = await paid_by_a_line(market, buyer_threshold="1.00")
        await select(market, head, proposal)
        await approve(market, head, proposal)
        await edit(market, seller, proposal, pitch="Better")
        await market.qualify(head, proposal, "interesting")
        assert (await market.retain(head, proposal)).json()["code"] == "approval_missing"

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.ACHETEUR, Role.DIRECTEUR_ACHATS}))
    async def test_refused_to_other_roles(self, market, role):
        buyer, _, proposal = await sides(market)
        url, body = f"/proposals/{proposal['id']}/approval", {"outcome": "accepted"}
        caller = market.h.member(role, buyer.company)
        assert (await market.call("POST", url, caller, json=body)).status_code == 403


class TestBudget:
    async def test_the_price_is_set_aside_at_the_retention_and_free_again_after_a_refusal(self, market):
        head, _, proposal, spent = await paid_by_a_line(market, buyer_threshold="50000.00")
        await market.retain(head, proposal)
        assert await reserved(market, head, spent) == "31625.00"
        await market.decide(proposal, "refused", reason="No insurance")
        assert await reserved(market, head, spent) == "0.00"

    async def test_a_line_with_too_little_left_retains_nothing(self, market):
        head, _, proposal, spent = await paid_by_a_line(market, amount="31624.99", buyer_threshold="31624.99")
        await select(market, head, proposal)
        await approve(market, head, proposal)
        refused = await market.retain(head, proposal)
        assert (refused.status_code, refused.json()["code"]) == (409, "line_exhausted")
        assert (await read(market, head, proposal))["status"] == "approved"
        assert await reserved(market, head, spent) == "0.00"


class TestDecide:
    @pytest.mark.req("MK-12", "MK-22")
    async def test_nothing_is_retained_before_client_and_platform_agree(self, market):
        buyer, seller, proposal = await sides(market)
        early = await market.decide(proposal)
        assert (early.status_code, early.json()["code"]) == (409, "illegal_move")
        await market.retain(buyer, proposal)
        assert await market.about(ProposalRetained, proposal["id"]) == []
        waiting = await market.call("GET", "/staff/retentions", market.h.staff(StaffScope.CONTRACTS))
        assert proposal["id"] in {one["id"] for one in waiting.json()["items"]}
        assert (await market.decide(proposal)).json()["platform_outcome"] == "accepted"
        assert len(await market.about(ProposalRetained, proposal["id"])) == 1
        seen = await read(market, seller, proposal)
        assert (seen["status"], seen["platform_outcome"], seen["tab"]) == ("appointed", "accepted", "contracting")
        again = await market.decide(proposal)
        assert (again.status_code, again.json()["code"]) == (409, "retention_decided")

    @pytest.mark.req("MK-22")
    async def test_a_refusal_lets_the_client_choose_another(self, market):
        buyer, seller, other = await market.buyer(), await market.seller(), await market.seller()
        rfp = await market.published(buyer)
        first, second = await market.proposed(seller, rfp), await market.proposed(other, rfp)
        for proposal in (first, second):
            await market.interesting(buyer, proposal)
        await market.retain(buyer, first)
        assert (await market.decide(first, "refused")).json()["code"] == "decision_unexplained"
        assert (await market.decide(first, "refused", reason="No insurance")).status_code == 200
        assert await market.about(ProposalRetained, first["id"]) == []
        lost = await read(market, seller, first)
        assert (lost["status"], lost["tab"], lost["platform_reason"]) == ("lost", "lost", "No insurance")
        assert (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json()["status"] == "published"
        assert (await market.retain(buyer, second)).status_code == 200
        assert (await market.decide(second)).status_code == 200
        assert len(await market.about(ProposalRetained, second["id"])) == 1

    @pytest.mark.req("MK-10")
    async def test_the_others_are_lost_and_told(self, market):
        buyer, loser = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        won, lost = await market.proposed(await market.seller(), rfp), await market.proposed(loser, rfp)
        await market.won(buyer, won)
        assert (await read(market, loser, lost))["status"] == "lost"
        assert (await templates(market, lost))[-1] == "proposal_lost"

    async def test_yes_and_no_at_the_same_moment_are_one_of_them(self, market):
        buyer, _, proposal = await sides(market)
        await market.retain(buyer, proposal)
        answers = await asyncio.gather(market.decide(proposal), market.decide(proposal, "refused", reason="No"))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        outcome = (await read(market, buyer, proposal))["platform_outcome"]
        assert len(await market.about(ProposalRetained, proposal["id"])) == (outcome == "accepted")

    @pytest.mark.parametrize("scope", sorted(set(StaffScope) - {StaffScope.CONTRACTS}))
    async def test_is_for_staff_of_contracts(self, market, scope):
        buyer, _, proposal = await sides(market)
        await market.retain(buyer, proposal)
        url, body = f"/staff/retentions/{proposal['id']}/decision", {"outcome": "accepted"}
        assert (await market.call("POST", url, market.h.staff(scope), json=body)).status_code == 403

    @pytest.mark.req("MK-23")
    async def test_the_order_takes_the_edition_that_was_answered(self, market, content):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        proposal = await market.proposed(seller, rfp)
        corrected = await market.call("POST", f"/rfps/{rfp['id']}/editions", buyer, json=content(buyer) | NEW_TERMS)
        assert corrected.is_success, corrected.text
        await market.won(buyer, proposal)
        [event] = await market.about(ProposalRetained, proposal["id"])
        assert (event.rfp_reference, str(event.days), event.title) == (rfp["reference"], "57.5", "Data engineer")


class TestCandidate:
    async def test_becomes_a_consultant_before_the_retention_is_completed(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        body = {
            "candidate": CANDIDATE,
            "daily_rate": {"amount": "550.00"},
            "pitch": "Ada",
            "available_on": "2026-12-01",
        }
        proposal = (await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=body)).json()
        assert (proposal["consultant_id"], proposal["consultant_name"]) == (None, "Ada King")
        await market.interesting(buyer, proposal)
        await market.retain(buyer, proposal)
        refused = await market.decide(proposal)
        assert (refused.status_code, refused.json()["code"]) == (409, "candidate_not_a_consultant")
        hired = await market.consultant(seller, "Ada King")
        url = f"/proposals/{proposal['id']}/consultant"
        stranger = await market.consultant(await market.seller())
        wrong = await market.call("PUT", url, seller, json={"consultant_id": str(stranger.member_id)})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_consultant")
        named = await market.call("PUT", url, seller, json={"consultant_id": str(hired.member_id)})
        assert (named.status_code, named.json()["candidate"]) == (200, None)
        assert (await market.decide(proposal)).status_code == 200
        [event] = await market.about(ProposalRetained, proposal["id"])
        assert event.consultant_id == hired.member_id
        again = await market.call("PUT", url, seller, json={"consultant_id": str(hired.member_id)})
        assert (again.status_code, again.json()["code"]) == (409, "not_a_candidate")

    @pytest.mark.parametrize("people", [{}, {"consultant_id": str(UUID(int=7)), "candidate": CANDIDATE}])
    async def test_one_person_is_named(self, market, people):
        seller, rfp = await market.seller(), await market.published(await market.buyer())
        body = {"daily_rate": {"amount": "550.00"}, "pitch": "Ada", "available_on": "2026-12-01"} | people
        answer = await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=body)
        assert answer.status_code == 422
        assert answer.json()["code"] in {"consultant_or_candidate", "unknown_consultant"}
