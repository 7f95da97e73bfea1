"""Validators, editions, closing and extensions, over HTTP."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest
from market_steps import budget, entity, line, ordered

from contracts.company import AffiliationEnded
from contracts.notification import NotificationRequested
from contracts.roles import Role


async def told(market, rfp, template):
    """Who was sent this text about the request."""
    events = [event for event in await market.about(NotificationRequested, rfp["id"]) if event.template == template]
    return [(event.members, event.context) for event in events]


async def publish(market, buyer, rfp):
    return await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)


async def verdict(market, caller, rfp, decision="approved", **more):
    return await market.call("POST", f"/rfps/{rfp['id']}/approvals", caller, json={"decision": decision, **more})


async def arrange(market, head, *validators, entity_id=None):
    body = {"entity_id": entity_id and str(entity_id), "validators": [str(one.member_id) for one in validators]}
    return await market.call("PUT", "/publication-workflows", head, json=body)


class TestWorkflow:
    @pytest.fixture
    async def head(self, market):
        return await market.buyer(Role.DIRECTEUR_ACHATS)

    @pytest.fixture
    async def first(self, market, head):
        return await market.buyer(Role.ACHETEUR, head.company)

    async def test_validators_approve_in_their_order_and_the_last_one_publishes(self, market, head, first):
        assert (await arrange(market, head, first, head)).status_code == 200
        rfp = await market.drafted(head)
        asked = await publish(market, head, rfp)
        assert (asked.json()["status"], asked.json()["reference"]) == ("workflow_in_progress", None)
        assert await told(market, rfp, "rfp_approval_asked") == [([first.member_id], {"title": rfp["title"]})]
        early = await verdict(market, head, rfp)
        assert (early.status_code, early.json()["code"]) == (409, "approval_not_yours")
        assert (await verdict(market, first, rfp)).json()["status"] == "workflow_in_progress"
        assert (await verdict(market, first, rfp)).status_code == 409
        last = (await verdict(market, head, rfp)).json()
        assert (last["status"], last["reference"] is None) == ("published", False)
        decided = await told(market, rfp, "rfp_approval_decided")
        assert [(members, context["decision"]) for members, context in decided] == [([head.member_id], "approved")]

    async def test_not_seen_by_providers_before(self, market, head, first):
        await arrange(market, head, first)
        rfp = await market.drafted(head)
        await publish(market, head, rfp)
        assert (await market.call("GET", f"/rfps/{rfp['id']}", await market.seller())).status_code == 404

    async def test_a_rejection_says_why_and_the_request_is_written_anew(self, market, head, first, content):
        await arrange(market, head, first, head)
        rfp = await market.drafted(head)
        await publish(market, head, rfp)
        mute = await verdict(market, first, rfp, "rejected")
        assert (mute.status_code, mute.json()["errors"][0]["field"]) == (422, "reason")
        rejected = await verdict(market, first, rfp, "rejected", reason="Too long")
        assert rejected.json()["status"] == "publication_rejected"
        assert (await told(market, rfp, "rfp_approval_decided"))[0][1]["reason"] == "Too long"
        assert (await verdict(market, head, rfp)).status_code == 409
        edited = await market.call("PUT", f"/rfps/{rfp['id']}", head, json=content(head) | {"days": "10"})
        assert edited.status_code == 200
        assert (await publish(market, head, rfp)).json()["status"] == "workflow_in_progress"
        assert (await verdict(market, first, rfp)).status_code == 200
        assert (await verdict(market, head, rfp)).json()["status"] == "published"

    @pytest.mark.parametrize(("rate", "status"), [("500.00", "published"), ("500.01", "workflow_in_progress")])
    async def test_above_the_amount_of_the_spending_line_and_not_at_it(self, market, head, first, rate, status):
        entity_id = await entity(market, head.company)
        # 20 days at 500 are 10,000, which is the line's threshold
        made = await line(market, head, await budget(market, head, entity_id))
        await arrange(market, head, first)
        named = {"entity_id": str(entity_id), "spending_line_id": made["id"], "max_daily_rate": {"amount": rate}}
        rfp = await market.drafted(head, days="20", **named)
        assert (await publish(market, head, rfp)).json()["status"] == status

    async def test_an_entitys_validators_stand_for_the_companys(self, market, head, first):
        entity_id = await entity(market, head.company)
        await arrange(market, head, head)
        await arrange(market, head, first, entity_id=entity_id)
        rfp = await market.drafted(head, entity_id=str(entity_id))
        await publish(market, head, rfp)
        assert (await verdict(market, head, rfp)).status_code == 409
        assert (await verdict(market, first, rfp)).json()["status"] == "published"

    async def test_arranged_anew_in_place(self, market, head, first):
        await arrange(market, head, first)
        again = (await arrange(market, head)).json()
        assert (again["validators"], again["version"]) == ([], 2)
        assert (await market.call("GET", "/publication-workflows", first)).json()["items"] == [again]
        assert (await publish(market, head, await market.drafted(head))).json()["status"] == "published"

    async def test_refused_with_strangers_or_twice_the_same(self, market, head, first):
        for validators in ([await market.buyer()], [first, first]):
            answer = await arrange(market, head, *validators)
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_validator")

    async def test_arranged_by_the_head_alone(self, market, head, first):
        assert (await arrange(market, first, first)).status_code == 403

    async def test_whoever_left_is_passed_over(self, market, head):
        leaver = market.h.member(Role.ACHETEUR, head.company)
        granted = await market.affiliate(leaver)
        await arrange(market, head, leaver, head)
        rfp = await market.drafted(head)
        await publish(market, head, rfp)
        gone = granted.model_dump(include={"affiliation_id", "member_id", "company_id"})
        await market.h.deliver(AffiliationEnded(**gone, version=2, ended_at=granted.granted_at))
        assert (await verdict(market, head, rfp)).json()["status"] == "published"

    async def test_once_they_all_left_others_are_named_and_it_is_handed_in_again(self, market, head):
        leaver = market.h.member(Role.ACHETEUR, head.company)
        granted = await market.affiliate(leaver)
        await arrange(market, head, leaver)
        rfp = await market.drafted(head)
        await publish(market, head, rfp)
        gone = granted.model_dump(include={"affiliation_id", "member_id", "company_id"})
        await market.h.deliver(AffiliationEnded(**gone, version=2, ended_at=granted.granted_at))
        stuck = await publish(market, head, rfp)
        assert (stuck.status_code, stuck.json()["code"]) == (409, "validators_gone")
        assert (await arrange(market, head, leaver)).status_code == 422
        assert (await arrange(market, head, head)).status_code == 200
        assert (await publish(market, head, rfp)).json()["status"] == "workflow_in_progress"
        assert (await verdict(market, head, rfp)).json()["status"] == "published"

    async def test_a_rival_knows_nothing_of_it(self, market, head, first):
        await arrange(market, head, first)
        rfp, rival = await market.drafted(head), await market.buyer(Role.DIRECTEUR_ACHATS)
        await publish(market, head, rfp)
        assert (await verdict(market, rival, rfp)).status_code == 404
        assert (await market.call("GET", "/publication-workflows", rival)).json()["items"] == []

    async def test_two_verdicts_at_once_count_once(self, market, head, first):
        await arrange(market, head, first)
        rfp = await market.drafted(head)
        await publish(market, head, rfp)
        answers = await asyncio.gather(*(verdict(market, first, rfp) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


@pytest.mark.req("MK-23")
class TestEditions:
    async def correct(self, market, buyer, rfp, content, **changes):
        headers = changes.pop("headers", {})
        body = content(buyer) | changes
        return await market.call("POST", f"/rfps/{rfp['id']}/editions", buyer, json=body, headers=headers)

    async def test_a_correction_is_another_edition_and_answers_keep_theirs(self, market, content):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        proposal = await market.proposed(seller, rfp)
        answer = await self.correct(market, buyer, rfp, content, days="20", title="Senior data engineer")
        assert answer.status_code == 201
        number = rfp["reference"].split("-")[1]
        assert (answer.json()["reference"], answer.json()["days"]) == (f"RFP-{number}-2", "20.0")
        kept = (await market.call("GET", f"/proposals/{proposal['id']}", seller)).json()
        assert kept["rfp_reference"] == f"RFP-{number}-1"
        later = await market.proposed(await market.seller(), answer.json())
        assert later["rfp_reference"] == f"RFP-{number}-2"
        editions = (await market.call("GET", f"/rfps/{rfp['id']}/editions", seller)).json()
        assert [(one["edition"], one["days"], one["title"]) for one in editions] == [
            (1, "57.5", "Data engineer"),
            (2, "20.0", "Senior data engineer"),
        ]
        members = [members for members, _ in await told(market, rfp, "rfp_corrected")]
        assert members == [[seller.member_id]]

    async def test_nobody_is_told_when_nobody_answered(self, market, content):
        buyer = await market.buyer()
        rfp = await market.published(buyer)
        await self.correct(market, buyer, rfp, content, days="20")
        assert await told(market, rfp, "rfp_corrected") == []

    async def test_refused_before_the_publication_and_once_awarded(self, market, content):
        buyer, seller = await market.buyer(), await market.seller()
        draft = await self.correct(market, buyer, await market.drafted(buyer), content)
        assert (draft.status_code, draft.json()["code"]) == (409, "rfp_closed")
        rfp = await market.published(buyer)
        won = await market.proposed(seller, rfp)
        await market.interesting(buyer, won)
        await market.retain(buyer, won)
        late = await self.correct(market, buyer, rfp, content)
        assert (late.status_code, late.json()["code"]) == (409, "rfp_already_awarded")

    async def test_refused_incomplete_too_old_over_a_colleague_or_to_a_rival(self, market, content):
        buyer, rival = await market.buyer(), await market.buyer()
        rfp = await market.published(buyer)
        wrong = (
            {"title": None},
            {"period": {"start": "2026-01-01", "end": "2026-12-31"}},
            {"headers": {"If-Match": '"1"'}},
        )
        codes = [(await self.correct(market, buyer, rfp, content, **one)).json()["code"] for one in wrong]
        assert codes == ["rfp_incomplete", "rfp_starts_in_the_past", "version_conflict"]
        assert (await self.correct(market, rival, rfp, content)).status_code == 404
        assert (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json()["reference"] == rfp["reference"]

    @pytest.mark.parametrize(("rate", "status"), [("500.00", 201), ("500.01", 409)])
    async def test_no_dearer_than_what_validators_agreed_to(self, market, content, rate, status):
        head = await market.buyer(Role.DIRECTEUR_ACHATS)
        await arrange(market, head, head)
        rfp = await market.drafted(head, max_daily_rate={"amount": "500.00"})
        await publish(market, head, rfp)
        await verdict(market, head, rfp)
        answer = await self.correct(market, head, rfp, content, max_daily_rate={"amount": rate})
        assert answer.status_code == status
        assert status == 201 or answer.json()["code"] == "correction_needs_validation"


class TestClosing:
    async def close(self, market, buyer, rfp, **body):
        return await market.call("POST", f"/rfps/{rfp['id']}/closing", buyer, json={"reason": "filled"} | body)

    @pytest.mark.req("MK-03")
    async def test_tells_whoever_marked_or_answered_it_and_nobody_else(self, market):
        buyer, fan, answered, other = await market.buyer(), *[await market.seller() for _ in range(3)]
        rfp = await market.published(buyer)
        assert (await market.call("PUT", f"/rfps/{rfp['id']}/favourite", fan)).status_code < 300
        await market.proposed(answered, rfp)
        closed = await self.close(market, buyer, rfp)
        assert (closed.status_code, closed.json()["status"]) == (200, "closed")
        ((members, context),) = await told(market, rfp, "rfp_closed")
        assert sorted(members) == sorted([fan.member_id, answered.member_id])
        assert context["reason"] == "filled"
        assert other.member_id not in members

    async def test_ends_the_answers_and_hides_it_from_the_market(self, market):
        buyer, answered, other = await market.buyer(), *[await market.seller() for _ in range(2)]
        rfp = await market.published(buyer)
        proposal = await market.proposed(answered, rfp)
        await self.close(market, buyer, rfp)
        seen = [(await market.call("GET", f"/rfps/{rfp['id']}", who)).status_code for who in (buyer, answered, other)]
        assert seen == [200, 200, 404]
        kept = (await market.call("GET", f"/proposals/{proposal['id']}", answered)).json()
        assert kept["status"] == "lost"

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"reason": "other"}, 422),
            ({"reason": "other", "comment": "Budget moved"}, 200),
            ({"reason": "unheard_of"}, 422),
        ],
    )
    async def test_another_reason_needs_a_comment(self, market, body, status):
        buyer = await market.buyer()
        assert (await self.close(market, buyer, await market.published(buyer), **body)).status_code == status

    async def test_refused_twice_before_the_publication_and_to_a_rival(self, market):
        buyer, rival = await market.buyer(), await market.buyer()
        rfp = await market.published(buyer)
        assert (await self.close(market, rival, rfp)).status_code == 404
        assert (await self.close(market, buyer, await market.drafted(buyer))).status_code == 409
        assert [(await self.close(market, buyer, rfp)).status_code for _ in range(2)] == [200, 409]


class TestExtensions:
    """More days of a running mission, asked of its provider alone."""

    async def mission(self, market, buyer, seller, **changes):
        consultant = await market.consultant(seller)
        order = ordered(
            changes.pop("proposal_id", None),
            client_company_id=buyer.company,
            provider_company_id=seller.company,
            operational_manager_id=buyer.member_id,
            consultant_id=consultant.member_id,
            **changes,
        )
        await market.h.deliver(order)
        return order

    async def ask(self, market, buyer, order, **changes):
        body = {"period": {"start": "2027-01-01", "end": "2027-02-26"}, "days": "20"} | changes
        return await market.call("POST", f"/missions/{order.mission_id}/extensions", buyer, json=body)

    async def asked(self, market, buyer, order, content):
        draft = (await self.ask(market, buyer, order)).json()
        known = content(buyer) | {
            "period": draft["period"],
            "days": draft["days"],
            "max_daily_rate": draft["max_daily_rate"],
        }
        assert (await market.call("PUT", f"/rfps/{draft['id']}", buyer, json=known)).status_code == 200
        answer = await publish(market, buyer, draft)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def test_begins_with_what_was_ordered(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        order = await self.mission(market, buyer, seller)
        answer = await self.ask(market, buyer, order)
        assert answer.status_code == 201
        draft = answer.json()
        assert (draft["title"], draft["mission_id"]) == (order.title, str(order.mission_id))
        assert draft["max_daily_rate"]["amount"] == "500.00"
        assert draft["operational_manager_id"] == str(buyer.member_id)

    async def test_begins_with_the_content_of_the_first_request(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        proposal = await market.proposed(seller, rfp)
        order = await self.mission(market, buyer, seller, proposal_id=UUID(proposal["id"]))
        draft = (await self.ask(market, buyer, order)).json()
        assert (draft["description"], draft["skills"]) == (rfp["description"], rfp["skills"])
        published = (await publish(market, buyer, draft)).json()
        assert published["status"] == "awaiting_extension_approval"

    async def test_waits_for_its_provider_and_is_seen_by_no_other(self, market, content):
        buyer, seller, other = await market.buyer(), await market.seller(), await market.seller()
        rfp = await self.asked(market, buyer, await self.mission(market, buyer, seller), content)
        assert rfp["status"] == "awaiting_extension_approval"
        seen = [(await market.call("GET", f"/rfps/{rfp['id']}", who)).status_code for who in (seller, other)]
        assert seen == [200, 404]
        listed = [
            rfp["id"] in [one["id"] for one in (await market.call("GET", "/rfps", who)).json()["items"]]
            for who in (seller, other)
        ]
        assert listed == [True, False]
        assert (await market.call("POST", f"/rfps/{rfp['id']}/refusal", other, json={})).status_code == 404

    async def test_the_answer_agrees(self, market, content):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await self.asked(market, buyer, await self.mission(market, buyer, seller), content)
        await market.proposed(seller, rfp, daily_rate={"amount": "500.00"})
        assert (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json()["status"] == "published"

    async def test_the_refusal_is_told_with_its_reason(self, market, content, proposal_content):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await self.asked(market, buyer, await self.mission(market, buyer, seller), content)
        url = f"/rfps/{rfp['id']}/refusal"
        refused = await market.call("POST", url, seller, json={"reason": "Another mission"})
        assert (refused.status_code, refused.json()["status"]) == (200, "extension_refused")
        assert [context["reason"] for _, context in await told(market, rfp, "extension_refused")] == ["Another mission"]
        assert (await market.call("POST", url, seller, json={})).status_code in {404, 409}
        late = await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=proposal_content(uuid4()))
        assert late.status_code in {404, 409}

    @pytest.mark.parametrize(("start", "status"), [("2026-12-31", 409), ("2027-01-01", 201)])
    async def test_begins_after_the_order(self, market, start, status):
        buyer, seller = await market.buyer(), await market.seller()
        order = await self.mission(market, buyer, seller)
        assert order.period.end == date(2026, 12, 31)
        answer = await self.ask(market, buyer, order, period={"start": start, "end": "2027-02-26"})
        assert answer.status_code == status

    async def test_refused_for_a_rivals_mission(self, market):
        buyer, rival, seller = await market.buyer(), await market.buyer(), await market.seller()
        order = await self.mission(market, buyer, seller)
        answer = await self.ask(market, rival, order)
        assert (answer.status_code, answer.json()["code"]) == (404, "mission_not_found")

    async def test_an_ordinary_request_has_nothing_to_refuse(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        assert (await market.call("POST", f"/rfps/{rfp['id']}/refusal", seller, json={})).status_code == 409
