"""Drafting, editing, publishing and reading requests over HTTP."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from market_steps import budget, entity, line
from sqlalchemy import select

from chassis.audit import audit_log
from chassis.numbering import numbers
from contracts.contracting import ContractKind
from contracts.roles import CompanyKind, Role


class TestDraft:
    @pytest.mark.req("MK-15")
    async def test_before_the_company_is_validated_or_signed_anything(self, market, content):
        buyer = market.h.member(Role.DIRECTEUR_ACHATS)
        await market.affiliate(buyer)
        answer = await market.call("POST", "/rfps", buyer, json=content(buyer))
        assert answer.status_code == 201
        body = answer.json()
        assert answer.headers["etag"] == '"1"'
        assert content(buyer).items() <= body.items()
        assert (body["status"], body["reference"], body["published_at"]) == ("draft", None, None)

    @pytest.mark.req("MK-16")
    async def test_refused_without_an_affiliation(self, market, content):
        nobody = market.h.member()
        answer = await market.call("POST", "/rfps", nobody, json=content(nobody))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    @pytest.mark.req("MK-16")
    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.RESPONSABLE_PROJET, Role.DIRECTEUR_ACHATS}))
    async def test_refused_to_other_roles(self, market, content, role):
        caller = market.h.member(role)
        assert (await market.call("POST", "/rfps", caller, json=content(caller))).status_code == 403

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"category": "cleaning"}, "category"),
            ({"days": "0.3"}, "days"),
            ({"days": "0"}, "days"),
            ({"skills": []}, "skills"),
            ({"remote_share": 101}, "remote_share"),
            ({"period": {"start": "2026-12-02", "end": "2026-12-01"}}, "period"),
            ({"max_daily_rate": {"amount": "0.00", "currency": "EUR"}}, "max_daily_rate"),
            ({"title": "nul\x00"}, "title"),
            ({"unknown": 1}, "unknown"),
        ],
    )
    async def test_names_the_field_at_fault(self, market, content, wrong, field):
        buyer = await market.buyer()
        answer = await market.call("POST", "/rfps", buyer, json=content(buyer) | wrong)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    async def test_refused_with_half_a_character(self, market, content):
        buyer = await market.buyer()
        body = json.dumps(content(buyer) | {"title": "half \ud83d"})
        headers = {"Content-Type": "application/json"}
        answer = await market.call("POST", "/rfps", buyer, content=body, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "title")

    async def test_refused_with_a_stranger_as_manager(self, market, content):
        buyer, stranger = await market.buyer(), await market.buyer()
        answer = await market.call("POST", "/rfps", buyer, json=content(stranger))
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_operational_manager")
        assert answer.json()["errors"][0]["field"] == "operational_manager_id"

    async def test_the_same_key_twice_makes_one(self, market, content):
        buyer = await market.buyer()
        options = {"json": content(buyer), "headers": {"Idempotency-Key": str(uuid4())}}
        first, second = [await market.call("POST", "/rfps", buyer, **options) for _ in range(2)]
        assert first.json() == second.json()
        assert len((await market.call("GET", "/rfps", buyer)).json()["items"]) == 1


class TestEdit:
    async def test_replaces_the_content(self, market, content):
        buyer = await market.buyer()
        rfp = await market.drafted(buyer)
        changed = content(buyer) | {"title": "Cloud engineer", "max_daily_rate": {"amount": "700.00"}}
        answer = await market.call("PUT", f"/rfps/{rfp['id']}", buyer, json=changed, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        read = (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json()
        assert read == answer.json()
        assert (read["title"], read["max_daily_rate"]) == ("Cloud engineer", {"amount": "700.00", "currency": "EUR"})

    async def test_refused_over_a_colleagues_change(self, market, content):
        buyer = await market.buyer()
        colleague = await market.buyer(Role.DIRECTEUR_ACHATS, buyer.company)
        rfp = await market.drafted(buyer)
        url, sent = f"/rfps/{rfp['id']}", {"json": content(buyer), "headers": {"If-Match": '"1"'}}
        assert (await market.call("PUT", url, colleague, **sent)).status_code == 200
        answer = await market.call("PUT", url, buyer, **sent)
        assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")

    @pytest.mark.req("MK-23")
    async def test_refused_once_published(self, market, content):
        buyer = await market.buyer()
        rfp = await market.published(buyer)
        answer = await market.call("PUT", f"/rfps/{rfp['id']}", buyer, json=content(buyer) | {"title": "Other"})
        assert (answer.status_code, answer.json()["code"]) == (409, "rfp_already_published")
        assert (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json() == rfp


class TestPublish:
    @pytest.mark.req("MK-01", "MK-15")
    async def test_gives_number_and_name(self, market):
        buyer = await market.buyer()
        rfp = await market.published(buyer)
        async with market.h.tx() as tx:
            last = await tx.scalar(select(numbers.c.last).where(numbers.c.series == "RFP"))
            query = select(audit_log.c.action).where(audit_log.c.subject == rfp["id"]).order_by(audit_log.c.id)
            acts = (await tx.scalars(query)).all()
        assert rfp["reference"] == f"RFP-{last}-1"
        assert (rfp["status"], rfp["client_name"], rfp["version"]) == ("published", "Client SA", 2)
        assert acts == ["rfp.publish"]

    @pytest.mark.req("MK-17")
    async def test_refused_before_the_company_is_validated(self, market):
        buyer = market.h.member(Role.RESPONSABLE_PROJET)
        await market.affiliate(buyer)
        await market.sign(buyer.company, ContractKind.PRINCIPAL)
        rfp = await market.drafted(buyer)
        answer = await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)
        assert (answer.status_code, answer.json()["code"]) == (409, "company_not_validated")

    @pytest.mark.req("MK-17")
    async def test_refused_before_the_principal_contract(self, market):
        buyer = market.h.member(Role.RESPONSABLE_PROJET)
        await market.affiliate(buyer)
        await market.validate(buyer.company, CompanyKind.CLIENT)
        rfp = await market.drafted(buyer)
        answer = await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)
        assert (answer.status_code, answer.json()["code"]) == (409, "principal_contract_missing")
        await market.sign(buyer.company, ContractKind.PRINCIPAL)
        assert (await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)).status_code == 200

    async def test_refused_twice(self, market):
        buyer = await market.buyer()
        rfp = await market.published(buyer)
        answer = await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)
        assert (answer.status_code, answer.json()["code"]) == (409, "rfp_already_published")

    @pytest.mark.parametrize(
        ("instant", "status"),
        [
            (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), 200),
            (datetime(2027, 1, 1, 22, 59, 59, tzinfo=UTC), 200),
            (datetime(2027, 1, 1, 23, 0, tzinfo=UTC), 409),
        ],
    )
    async def test_the_start_is_compared_with_the_day_in_paris(self, market, instant, status):
        buyer = await market.buyer()
        rfp = await market.drafted(buyer)
        market.h.clock.set(instant)
        answer = await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "rfp_starts_in_the_past"

    async def test_a_refused_publication_takes_no_number(self, market):
        buyer = await market.buyer()
        before = await market.published(buyer)
        late = await market.drafted(buyer, period={"start": "2026-01-01", "end": "2026-12-31"})
        assert (await market.call("POST", f"/rfps/{late['id']}/publication", buyer)).status_code == 409
        after = await market.published(buyer)
        numbers = [int(rfp["reference"].split("-")[1]) for rfp in (before, after)]
        assert numbers[1] == numbers[0] + 1

    async def test_publications_at_the_same_moment_get_numbers_without_gap(self, market):
        buyer = await market.buyer()
        drafts = [await market.drafted(buyer) for _ in range(5)]
        answers = await asyncio.gather(
            *(market.call("POST", f"/rfps/{draft['id']}/publication", buyer) for draft in drafts)
        )
        numbers = sorted(int(answer.json()["reference"].split("-")[1]) for answer in answers)
        assert numbers == list(range(numbers[0], numbers[0] + 5))

    async def test_one_request_published_twice_at_the_same_moment_has_one_number(self, market):
        buyer = await market.buyer()
        draft = await market.drafted(buyer)
        answers = await asyncio.gather(
            *(market.call("POST", f"/rfps/{draft['id']}/publication", buyer) for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


class TestRead:
    @pytest.mark.req("MK-25")
    @pytest.mark.parametrize("role", [Role.RESPONSABLE_PROJET, Role.ACHETEUR, Role.DIRECTEUR_ACHATS])
    async def test_the_clients_people_see_every_status(self, market, role):
        buyer = await market.buyer()
        draft, published = await market.drafted(buyer), await market.published(buyer)
        colleague = market.h.member(role, buyer.company)
        seen = (await market.call("GET", "/rfps", colleague)).json()["items"]
        assert [rfp["id"] for rfp in seen] == [published["id"], draft["id"]]
        assert (await market.call("GET", f"/rfps/{draft['id']}", colleague)).status_code == 200

    async def test_a_rival_client_gets_404_everywhere(self, market, content):
        buyer, rival = await market.buyer(), await market.buyer()
        for rfp in (await market.drafted(buyer), await market.published(buyer)):
            url = f"/rfps/{rfp['id']}"
            answers = [
                await market.call("GET", url, rival),
                await market.call("PUT", url, rival, json=content(rival)),
                await market.call("POST", f"{url}/publication", rival),
                await market.call("GET", f"{url}/proposals", rival),
            ]
            assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "rfp_not_found")] * 4
        assert (await market.call("GET", "/rfps", rival)).json()["items"] == []

    async def test_a_provider_sees_the_published_alone(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        draft, published = await market.drafted(buyer), await market.published(buyer)
        assert (await market.call("GET", f"/rfps/{draft['id']}", seller)).status_code == 404
        read = await market.call("GET", f"/rfps/{published['id']}", seller)
        assert (read.status_code, read.json()) == (200, published | {"stage": None})

    async def test_an_awarded_request_stays_visible_to_those_who_answered(self, market):
        buyer, winner, loser, other = await market.buyer(), *[await market.seller() for _ in range(3)]
        rfp = await market.published(buyer)
        won, _ = await market.proposed(winner, rfp), await market.proposed(loser, rfp)
        await market.interesting(buyer, won)
        assert (await market.retain(buyer, won)).status_code == 200
        seen = [(await market.call("GET", f"/rfps/{rfp['id']}", who)).status_code for who in (winner, loser, other)]
        assert seen == [200, 200, 404]
        assert (await market.call("GET", f"/rfps/{rfp['id']}", loser)).json()["status"] == "awarded"
        listed = (await market.call("GET", "/rfps", loser)).json()["items"]
        assert rfp["id"] not in [other["id"] for other in listed]


class TestStage:
    """What the client reads of a request and of its proposals."""

    async def stage(self, market, buyer, rfp):
        read = (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json()["stage"]
        listed = (await market.call("GET", "/rfps", buyer)).json()["items"]
        assert read == next(one["stage"] for one in listed if one["id"] == rfp["id"])
        return read

    @pytest.mark.req("MK-25")
    async def test_follows_the_proposals(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        assert (await market.drafted(buyer))["stage"] == "draft"
        rfp = await market.published(buyer)
        assert await self.stage(market, buyer, rfp) == rfp["stage"] == "published_without_proposals"
        proposal = await market.proposed(seller, rfp)
        assert await self.stage(market, buyer, rfp) == "published_with_proposals"
        withdrawal = {"reason": "other_project"}
        assert (
            await market.call("POST", f"/proposals/{proposal['id']}/cancellation", seller, json=withdrawal)
        ).is_success
        assert await self.stage(market, buyer, rfp) == "published_without_proposals"

    async def test_waits_for_the_buyer_above_the_threshold_alone(self, market):
        head, seller = await market.buyer(Role.DIRECTEUR_ACHATS), await market.seller()
        entity_id = await entity(market, head.company)
        planned = await budget(market, head, entity_id)
        # 57.5 days at 550 are 31,625
        for threshold, stage in (("31625.00", "published_with_proposals"), ("31624.99", "awaiting_buyer_validation")):
            made = await line(market, head, planned, buyer_threshold=threshold)
            rfp = await market.published(head, entity_id=str(entity_id), spending_line_id=made["id"])
            proposal = await market.proposed(seller, rfp)
            await market.interesting(head, proposal)
            assert (await market.call("POST", f"/proposals/{proposal['id']}/selection", head)).is_success
            assert await self.stage(market, head, rfp) == stage


class TestAdmission:
    @pytest.mark.req("MK-19", "MK-20")
    @pytest.mark.parametrize(
        ("validated", "signed", "code"),
        [(False, True, "company_not_validated"), (True, False, "framework_contract_missing")],
    )
    async def test_the_market_stays_closed(self, market, proposal_content, validated, signed, code):
        rfp = await market.published(await market.buyer())
        seller = market.h.member(Role.GERANT)
        if validated:
            await market.validate(seller.company, CompanyKind.PROVIDER)
        if signed:
            await market.sign(seller.company, ContractKind.FRAMEWORK)
        answers = [
            await market.call("GET", "/rfps", seller),
            await market.call("GET", f"/rfps/{rfp['id']}", seller),
            await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=proposal_content(uuid4())),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, code)] * 3

    @pytest.mark.req("MK-20")
    async def test_the_event_opens_it(self, market):
        seller = market.h.member(Role.FREELANCE)
        await market.acknowledge(seller)
        await market.sign(seller.company, ContractKind.FRAMEWORK)
        assert (await market.call("GET", "/rfps", seller)).status_code == 403
        await market.validate(seller.company, CompanyKind.PROVIDER)
        assert (await market.call("GET", "/rfps", seller)).status_code == 200

    @pytest.mark.req("CO-17")
    @pytest.mark.parametrize("role", [None, Role.CONSULTANT])
    async def test_closed_to_whoever_sells_nothing(self, market, role):
        caller = market.h.member(role)
        for url in ("/rfps", f"/rfps/{uuid4()}", "/proposals", f"/proposals/{uuid4()}"):
            assert (await market.call("GET", url, caller)).status_code == 403

    async def test_closed_without_a_token(self, market):
        assert (await market.client.get("/rfps")).status_code == 401

    async def test_a_contract_of_yesterday_opens_it_today(self, market):
        seller = await market.seller()
        market.h.clock.offset += timedelta(days=1)
        assert (await market.call("GET", "/rfps", seller)).status_code == 200
