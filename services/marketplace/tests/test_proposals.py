"""Answering requests, and opening the answers, over HTTP."""

import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from contracts.notification import NotificationRequested
from contracts.roles import Role
from contracts.values import Money


async def status_of(market, caller, proposal):
    return (await market.call("GET", f"/proposals/{proposal['id']}", caller)).json()["status"]


async def acts_on(market, proposal):
    async with market.h.tx() as tx:
        query = select(audit_log.c.action).where(audit_log.c.subject == proposal["id"]).order_by(audit_log.c.id)
        return list((await tx.scalars(query)).all())


class TestSubmit:
    @pytest.mark.req("MK-14")
    @pytest.mark.parametrize("role", [Role.COMMERCIAL, Role.GERANT, Role.FREELANCE])
    async def test_each_selling_role_may(self, market, role, proposal_content):
        rfp, seller = await market.published(await market.buyer()), await market.seller(role)
        offered = proposal_content(seller.member_id)
        answer = await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=offered)
        assert answer.status_code == 201
        body = answer.json()
        assert offered.items() <= body.items()
        assert (body["status"], body["opened_at"], body["provider_name"]) == ("unread", None, "Provider SARL")
        assert await acts_on(market, body) == ["proposal.submit"]

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.COMMERCIAL, Role.GERANT, Role.FREELANCE}))
    async def test_refused_to_other_roles(self, market, role, proposal_content):
        rfp, caller = await market.published(await market.buyer()), market.h.member(role)
        offered = proposal_content(caller.member_id)
        assert (await market.call("POST", f"/rfps/{rfp['id']}/proposals", caller, json=offered)).status_code == 403

    async def test_tells_the_author_and_the_operational_manager(self, market):
        author = await market.buyer()
        manager = await market.buyer(Role.DIRECTEUR_ACHATS, author.company)
        rfp = await market.published(author, operational_manager_id=str(manager.member_id))
        proposal = await market.proposed(await market.seller(), rfp)
        [notice] = await market.about(NotificationRequested, proposal["id"])
        assert notice.template == "proposal_received"
        assert notice.members == sorted([author.member_id, manager.member_id])
        assert notice.context == {
            "rfp_reference": rfp["reference"],
            "provider_name": "Provider SARL",
            "consultant_name": "Alan Turing",
            "daily_rate": "550.00",
        }

    async def test_tells_one_person_once(self, market):
        buyer = await market.buyer()
        proposal = await market.proposed(await market.seller(), await market.published(buyer))
        [notice] = await market.about(NotificationRequested, proposal["id"])
        assert notice.members == [buyer.member_id]

    async def test_refused_on_a_draft_as_if_it_were_not_there(self, market, proposal_content):
        draft, seller = await market.drafted(await market.buyer()), await market.seller()
        for rfp_id in (draft["id"], uuid4()):
            answer = await market.call(
                "POST", f"/rfps/{rfp_id}/proposals", seller, json=proposal_content(seller.member_id)
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "rfp_not_found")

    async def test_refused_once_awarded(self, market, proposal_content):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        proposal = await market.proposed(seller, rfp)
        await market.interesting(buyer, proposal)
        await market.retain(buyer, proposal)
        url = f"/rfps/{rfp['id']}/proposals"
        answer = await market.call("POST", url, seller, json=proposal_content(seller.member_id))
        assert (answer.status_code, answer.json()["code"]) == (409, "rfp_already_awarded")
        outsider = await market.seller()
        answer = await market.call("POST", url, outsider, json=proposal_content(outsider.member_id))
        assert (answer.status_code, answer.json()["code"]) == (404, "rfp_not_found")

    async def test_refused_with_another_companys_consultant(self, market, proposal_content):
        rfp, seller, rival = await market.published(await market.buyer()), await market.seller(), await market.seller()
        answer = await market.call(
            "POST", f"/rfps/{rfp['id']}/proposals", seller, json=proposal_content(rival.member_id)
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_consultant")
        assert answer.json()["errors"][0]["field"] == "consultant_id"

    async def test_whatever_is_accepted_can_be_ordered_and_invoiced(self, market, proposal_content):
        """An order of the most days at the highest rate, with VAT, is still an amount."""
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer, days="999.5")
        offered = proposal_content(seller.member_id) | {"daily_rate": {"amount": "999999.99"}}
        answer = await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=offered)
        assert answer.status_code == 201
        gross = Money.of(answer.json()["daily_rate"]["amount"]).times(Decimal("999.5")).times(Decimal("1.2"))
        assert gross == Money.of("1199399988.01")

    @pytest.mark.parametrize(("amount", "status"), [("600.00", 201), ("600.01", 422)])
    async def test_the_ceiling_of_the_request_holds(self, market, proposal_content, amount, status):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer, max_daily_rate={"amount": "600.00"})
        offered = proposal_content(seller.member_id) | {"daily_rate": {"amount": amount}}
        answer = await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=offered)
        assert answer.status_code == status
        assert status == 201 or answer.json()["code"] == "daily_rate_above_maximum"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"daily_rate": {"amount": "0.00"}}, "daily_rate"),
            ({"daily_rate": {"amount": "-1.00"}}, "daily_rate"),
            ({"daily_rate": {"amount": "1000000.00"}}, "daily_rate"),
            ({"daily_rate": {"amount": "999999999999.99"}}, "daily_rate"),
            ({"daily_rate": {"amount": "1.001"}}, "daily_rate.amount"),
            ({"daily_rate": {"amount": 550.0}}, "daily_rate.amount"),
            ({"daily_rate": {"amount": "550.00", "currency": "USD"}}, "daily_rate.currency"),
            ({"pitch": ""}, "pitch"),
            ({"pitch": "x" * 5001}, "pitch"),
            ({"pitch": "nul\x00"}, "pitch"),
            ({"available_on": "soon"}, "available_on"),
            ({"consultant_id": "me"}, "consultant_id"),
            ({"more": 1}, "more"),
        ],
    )
    async def test_names_the_field_at_fault(self, market, proposal_content, wrong, field):
        rfp, seller = await market.published(await market.buyer()), await market.seller()
        offered = proposal_content(seller.member_id) | wrong
        answer = await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=offered)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    async def test_a_cent_and_5000_characters_are_taken(self, market):
        rfp, seller = await market.published(await market.buyer()), await market.seller()
        proposal = await market.proposed(seller, rfp, daily_rate={"amount": "0.01"}, pitch="é" * 5000)
        assert Decimal(proposal["daily_rate"]["amount"]) == Decimal("0.01")

    async def test_refused_twice_for_one_consultant_until_cancelled(self, market, proposal_content):
        rfp, seller = await market.published(await market.buyer()), await market.seller()
        first = await market.proposed(seller, rfp, consultant_id=seller.member_id)
        url, offered = f"/rfps/{rfp['id']}/proposals", proposal_content(seller.member_id)
        answer = await market.call("POST", url, seller, json=offered)
        assert (answer.status_code, answer.json()["code"]) == (409, "consultant_already_proposed")
        cancelled = {"reason": "other_project"}
        await market.call("POST", f"/proposals/{first['id']}/cancellation", seller, json=cancelled)
        assert (await market.call("POST", url, seller, json=offered)).status_code == 201

    async def test_one_of_two_at_the_same_moment(self, market, proposal_content):
        rfp, seller = await market.published(await market.buyer()), await market.seller()
        url, offered = f"/rfps/{rfp['id']}/proposals", proposal_content(seller.member_id)
        answers = await asyncio.gather(*(market.call("POST", url, seller, json=offered) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    async def test_another_consultant_may_be_proposed_too(self, market):
        rfp, seller = await market.published(await market.buyer()), await market.seller()
        await market.proposed(seller, rfp)
        await market.proposed(seller, rfp)
        assert len((await market.call("GET", "/proposals", seller)).json()["items"]) == 2


class TestSecrecy:
    async def test_others_get_404_everywhere(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        url = f"/proposals/{proposal['id']}"
        rivals = [await market.buyer(), await market.seller()]
        answers = [await market.call("GET", url, rival) for rival in rivals]
        answers.append(await market.qualify(rivals[0], proposal, "interesting"))
        answers.append(await market.retain(rivals[0], proposal))
        answers.append(await market.call("POST", f"{url}/cancellation", rivals[1], json={"reason": "other_project"}))
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "proposal_not_found")] * 5
        assert (await market.call("GET", "/proposals", rivals[1])).json()["items"] == []
        assert await status_of(market, seller, proposal) == "unread"

    async def test_the_client_lists_what_was_sent_for_this_request(self, market):
        buyer, sellers = await market.buyer(), [await market.seller(), await market.seller()]
        rfp, other = await market.published(buyer), await market.published(buyer)
        sent = [await market.proposed(seller, rfp) for seller in sellers]
        await market.proposed(sellers[0], other)
        listed = (await market.call("GET", f"/rfps/{rfp['id']}/proposals", buyer)).json()["items"]
        assert [item["id"] for item in listed] == [sent[1]["id"], sent[0]["id"]]
        assert all("pitch" not in item and item["status"] == "unread" for item in listed)

    async def test_a_provider_may_not_list_what_others_sent(self, market):
        rfp, seller = await market.published(await market.buyer()), await market.seller()
        assert (await market.call("GET", f"/rfps/{rfp['id']}/proposals", seller)).status_code == 403

    @pytest.mark.req("MK-11")
    async def test_colleagues_of_the_provider_see_it(self, market):
        seller = await market.seller()
        proposal = await market.proposed(seller, await market.published(await market.buyer()))
        colleague = market.h.member(Role.GERANT, seller.company)
        assert (await market.call("GET", f"/proposals/{proposal['id']}", colleague)).json() == proposal


class TestOpen:
    @pytest.mark.req("MK-08")
    @pytest.mark.parametrize("role", [Role.RESPONSABLE_PROJET, Role.ACHETEUR, Role.DIRECTEUR_ACHATS])
    async def test_the_clients_first_reading_is_shown_to_the_provider(self, market, role):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        reader = market.h.member(role, buyer.company)
        first = (await market.call("GET", f"/proposals/{proposal['id']}", reader)).json()
        second = (await market.call("GET", f"/proposals/{proposal['id']}", reader)).json()
        assert first == second == (await market.call("GET", f"/proposals/{proposal['id']}", seller)).json()
        assert (first["status"], first["version"]) == ("ongoing", 2)
        assert first["opened_at"] is not None
        assert await acts_on(market, proposal) == ["proposal.submit", "proposal.open"]

    async def test_at_the_same_moment_it_is_opened_once(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))
        url = f"/proposals/{proposal['id']}"
        answers = await asyncio.gather(*(market.call("GET", url, buyer) for _ in range(5)))
        assert {(a.status_code, a.json()["status"], a.json()["version"]) for a in answers} == {(200, "ongoing", 2)}
        assert await acts_on(market, proposal) == ["proposal.submit", "proposal.open"]

    @pytest.mark.req("MK-08")
    async def test_the_provider_reading_its_own_opens_nothing(self, market):
        seller = await market.seller()
        proposal = await market.proposed(seller, await market.published(await market.buyer()))
        assert await status_of(market, seller, proposal) == "unread"
        [listed] = (await market.call("GET", "/proposals", seller)).json()["items"]
        assert listed == proposal
