"""Qualifying, retaining and withdrawing proposals over HTTP."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from contracts.marketplace import ProposalRetained
from contracts.notification import NotificationRequested
from contracts.roles import Role
from marketplace.proposal.domain import Proposal


async def status_of(market, caller, proposal):
    return (await market.call("GET", f"/proposals/{proposal['id']}", caller)).json()["status"]


class TestQualify:
    @pytest.mark.req("MK-06", "MK-08")
    async def test_each_new_opinion_is_told_once(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        await status_of(market, buyer, proposal)
        for opinion in ("not_interesting", "interesting", "interesting", "not_interesting"):
            answer = await market.qualify(buyer, proposal, opinion)
            assert (answer.status_code, answer.json()["status"]) == (200, opinion)
            assert await status_of(market, seller, proposal) == opinion
        notices = [n for n in await market.about(NotificationRequested, proposal["id"]) if "qualified" in n.template]
        assert [n.context["qualification"] for n in notices] == ["not_interesting", "interesting", "not_interesting"]
        assert {tuple(n.members) for n in notices} == {(seller.member_id,)}

    async def test_refused_before_it_is_opened(self, market):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        answer = await market.qualify(buyer, proposal, "interesting")
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")

    @pytest.mark.parametrize("opinion", ["appointed", "cancelled", "unread", "spam", ""])
    async def test_refused_with_any_other_word(self, market, opinion):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        answer = await market.qualify(buyer, proposal, opinion)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "qualification")

    @pytest.mark.req("MK-06")
    @pytest.mark.parametrize("role", [Role.ACHETEUR, Role.COMMERCIAL, Role.GERANT, Role.FREELANCE])
    async def test_refused_to_other_roles(self, market, role):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        company_id = buyer.company if role == Role.ACHETEUR else seller.company
        answer = await market.qualify(market.h.member(role, company_id), proposal, "interesting")
        assert answer.status_code == 403


class TestRetain:
    @pytest.mark.req("MK-12")
    @pytest.mark.parametrize("role", [Role.RESPONSABLE_PROJET, Role.DIRECTEUR_ACHATS])
    async def test_each_deciding_role_may(self, market, role):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        await market.interesting(buyer, proposal)
        decider = market.h.member(role, buyer.company)
        assert (await market.retain(decider, proposal)).json()["status"] == "appointed"
        await market.decide(proposal)
        [event] = await market.about(ProposalRetained, proposal["id"])
        assert event.retained_by == decider.member_id
        told = (await market.about(NotificationRequested, proposal["id"]))[-1]
        assert (told.template, told.members) == ("proposal_retained", [seller.member_id])
        assert [(r.company_id, r.roles) for r in told.roles] == [(seller.company, [Role.FREELANCE, Role.GERANT])]
        assert told.context["title"] == "Data engineer"

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.RESPONSABLE_PROJET, Role.DIRECTEUR_ACHATS}))
    async def test_refused_to_other_roles(self, market, role):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        assert (await market.retain(market.h.member(role, buyer.company), proposal)).status_code == 403

    async def test_refused_unless_interesting(self, market):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        await status_of(market, buyer, proposal)
        answer = await market.retain(buyer, proposal)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
        assert await market.about(ProposalRetained, proposal["id"]) == []
        read = await market.call("GET", f"/rfps/{proposal['rfp_id']}", buyer)
        assert read.json()["status"] == "published"

    async def test_two_buyers_at_the_same_moment_choose_one(self, market):
        buyer = await market.buyer()
        other = await market.buyer(Role.DIRECTEUR_ACHATS, buyer.company)
        rfp = await market.published(buyer)
        rivals = [await market.proposed(await market.seller(), rfp) for _ in range(2)]
        for proposal in rivals:
            await market.interesting(buyer, proposal)
        answers = await asyncio.gather(market.retain(buyer, rivals[0]), market.retain(other, rivals[1]))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        [refused] = [answer for answer in answers if answer.status_code == 409]
        assert refused.json()["code"] == "rfp_already_awarded"
        statuses = sorted([await status_of(market, buyer, proposal) for proposal in rivals])
        assert statuses == ["appointed", "interesting"]

    @pytest.mark.parametrize("first", ["retention", "cancellation"])
    async def test_and_a_withdrawal_at_the_same_moment_are_one_or_the_other(self, market, first):
        for _ in range(5):
            buyer, seller = await market.buyer(), await market.seller()
            proposal = await market.proposed(seller, await market.published(buyer))
            await market.interesting(buyer, proposal)
            both = {
                "retention": market.retain(buyer, proposal),
                "cancellation": market.call(
                    "POST", f"/proposals/{proposal['id']}/cancellation", seller, json={"reason": "other_project"}
                ),
            }
            answers = await asyncio.gather(*(both[name] for name in sorted(both, key=lambda name: name != first)))
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            status = await status_of(market, buyer, proposal)
            request = (await market.call("GET", f"/rfps/{proposal['rfp_id']}", buyer)).json()
            assert (status, request["status"]) in {("appointed", "awarded"), ("cancelled", "published")}

    async def test_the_same_proposal_four_times_at_once_is_retained_once(self, market):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        await market.interesting(buyer, proposal)
        answers = await asyncio.gather(*(market.retain(buyer, proposal) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        decisions = await asyncio.gather(*(market.decide(proposal) for _ in range(4)))
        assert sorted(answer.status_code for answer in decisions) == [200, 409, 409, 409]
        assert len(await market.about(ProposalRetained, proposal["id"])) == 1

    async def test_the_same_key_twice_is_answered_twice_and_done_once(self, market):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        await market.interesting(buyer, proposal)
        url, key = f"/proposals/{proposal['id']}/retention", {"Idempotency-Key": str(uuid4())}
        answers = [await market.call("POST", url, buyer, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]

    async def test_the_choice_closes_the_others(self, market):
        buyer, loser = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        won, lost = await market.proposed(await market.seller(), rfp), await market.proposed(loser, rfp)
        await market.interesting(buyer, won)
        await market.retain(buyer, won)
        assert await status_of(market, loser, lost) == "unread"
        await status_of(market, buyer, lost)
        answer = await market.qualify(buyer, lost, "interesting")
        assert (answer.status_code, answer.json()["code"]) == (409, "rfp_already_awarded")

    async def test_takes_a_name_that_changed_since(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        affiliation_id, consultant = uuid4(), market.h.member(Role.CONSULTANT, seller.company)
        await market.affiliate(consultant, "Before", affiliation_id=affiliation_id)
        rfp = await market.published(buyer)
        proposal = await market.proposed(seller, rfp, consultant_id=consultant.member_id)
        await market.affiliate(consultant, "After", affiliation_id=affiliation_id, version=2)
        await market.interesting(buyer, proposal)
        await market.retain(buyer, proposal)
        await market.decide(proposal)
        [event] = await market.about(ProposalRetained, proposal["id"])
        assert event.consultant_name == "After"


class TestLastDefence:
    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"status": "unread"}, "uq_proposals_live_consultant"),
            ({"status": "appointed", "consultant_id": uuid4()}, "uq_proposals_one_appointed"),
            ({"status": "cancelled", "daily_rate_amount": 0}, "ck_proposals_daily_rate_positive"),
        ],
    )
    async def test_the_database_refuses_what_the_rules_would(self, market, values, constraint):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        await market.interesting(buyer, proposal)
        await market.retain(buyer, proposal)
        async with market.h.tx() as tx:
            row = (await tx.execute(select(Proposal.__table__).where(Proposal.id == proposal["id"]))).one()
            twin = insert(Proposal).values(row._asdict() | {"id": uuid4()} | values)
            with pytest.raises(IntegrityError, match=constraint):
                await tx.execute(twin)
            await tx.rollback()


class TestCancel:
    @pytest.mark.parametrize("role", [Role.COMMERCIAL, Role.GERANT, Role.FREELANCE])
    async def test_each_selling_role_may(self, market, role):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        url, body = f"/proposals/{proposal['id']}/cancellation", {"reason": "other", "comment": "Ill"}
        answer = await market.call("POST", url, market.h.member(role, seller.company), json=body)
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert await status_of(market, buyer, proposal) == "cancelled"

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.COMMERCIAL, Role.GERANT, Role.FREELANCE}))
    async def test_refused_to_other_roles(self, market, role):
        seller = await market.seller()
        proposal = await market.proposed(seller, await market.published(await market.buyer()))
        url, body = f"/proposals/{proposal['id']}/cancellation", {"reason": "other_project"}
        caller = market.h.member(role, seller.company)
        assert (await market.call("POST", url, caller, json=body)).status_code == 403

    async def test_refused_once_appointed(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        await market.interesting(buyer, proposal)
        await market.retain(buyer, proposal)
        url = f"/proposals/{proposal['id']}/cancellation"
        answer = await market.call("POST", url, seller, json={"reason": "other_project"})
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")

    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            ({"reason": "other"}, "cancellation_unexplained", "comment"),
            ({"reason": "bored"}, "invalid_request", "reason"),
            ({}, "invalid_request", "reason"),
        ],
    )
    async def test_refused_without_a_reason(self, market, body, code, field):
        seller = await market.seller()
        proposal = await market.proposed(seller, await market.published(await market.buyer()))
        answer = await market.call("POST", f"/proposals/{proposal['id']}/cancellation", seller, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.json()["errors"][0]["field"] == field
