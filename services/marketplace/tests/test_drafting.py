"""Drafts written step by step, in parts, and begun from templates."""

from uuid import uuid4

import pytest
from market_steps import budget, entity, line

from contracts.roles import Role

DELIVERABLES = [{"title": "Audit", "due_on": "2026-12-15", "max_price": {"amount": "3000.00", "currency": "EUR"}}]


async def begin(market, buyer, **known):
    answer = await market.call("POST", "/rfps", buyer, json=known)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def write(market, buyer, rfp, step, **fields):
    return await market.call("PUT", f"/rfps/{rfp['id']}/steps/{step}", buyer, json=fields)


def missing(rfp):
    return {step["step"]: step["missing"] for step in rfp["steps"] if not step["complete"]}


async def publish(market, buyer, rfp):
    return await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)


@pytest.mark.req("MK-15")
class TestSteps:
    async def test_eight_steps_in_any_order_then_published(self, market, content):
        buyer = await market.buyer()
        rfp = await begin(market, buyer)
        assert [step["step"] for step in rfp["steps"]] == [
            "entity", "mission", "description", "skills", "place", "duration", "price", "publication",
        ]  # fmt: skip
        known = content(buyer)
        for step, fields in reversed(
            [
                ("entity", ["operational_manager_id"]),
                ("mission", ["title", "category"]),
                ("description", ["description"]),
                ("skills", ["skills"]),
                ("place", ["city", "country", "remote_share"]),
                ("duration", ["period", "days"]),
            ]
        ):
            refused = await publish(market, buyer, rfp)
            assert (refused.status_code, refused.json()["code"]) == (409, "rfp_incomplete")
            assert fields[0] in refused.json()["detail"]
            answer = await write(market, buyer, rfp, step, **{name: known[name] for name in fields})
            assert answer.status_code == 200, answer.text
            assert step not in missing(answer.json())
        published = await publish(market, buyer, rfp)
        assert published.status_code == 200
        assert (published.json()["status"], published.json()["steps"]) == ("published", [])

    async def test_five_steps_of_a_fixed_price_in_their_order(self, market, content):
        buyer = await market.buyer()
        known = content(buyer) | {"deliverables": DELIVERABLES, "pricing": "per_deliverable"}
        rfp = await begin(market, buyer, type="fixed_price")
        early = await write(market, buyer, rfp, "deliverables", deliverables=DELIVERABLES)
        assert (early.status_code, early.json()["code"]) == (409, "steps_in_order")
        for step, fields in [
            ("entity", ["operational_manager_id"]),
            ("mission", ["title", "category", "description", "skills"]),
            ("deliverables", ["deliverables", "pricing"]),
            ("delivery", ["city", "country", "remote_share", "period", "days"]),
        ]:
            answer = await write(market, buyer, rfp, step, **{name: known[name] for name in fields})
            assert answer.status_code == 200, answer.text
        assert [step["step"] for step in answer.json()["steps"]] == [
            "entity", "mission", "deliverables", "delivery", "publication",
        ]  # fmt: skip
        published = (await publish(market, buyer, rfp)).json()
        assert (published["status"], published["pricing"]) == ("published", "per_deliverable")
        assert published["deliverables"][0]["max_price"] == {"amount": "3000.00", "currency": "EUR"}

    async def test_a_part_of_a_step_is_kept(self, market):
        buyer = await market.buyer()
        rfp = await begin(market, buyer, title="Data engineer")
        assert missing(rfp)["mission"] == ["category"]
        read = (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json()
        assert read == rfp

    async def test_nobody_else_sees_an_unfinished_draft(self, market):
        buyer, rival, seller = await market.buyer(), await market.buyer(), await market.seller()
        rfp = await begin(market, buyer)
        for who in (rival, seller):
            assert (await market.call("GET", f"/rfps/{rfp['id']}", who)).status_code == 404
        answer = await write(market, rival, rfp, "mission", title="Mine")
        assert (answer.status_code, answer.json()["code"]) == (404, "rfp_not_found")

    @pytest.mark.parametrize(
        ("step", "fields", "status", "at"),
        [
            ("duration", {"period": {"start": "2026-12-02", "end": "2026-12-01"}}, 422, "period"),
            ("price", {"max_daily_rate": {"amount": "500.005"}}, 422, "max_daily_rate.amount"),
            ("duration", {"days": "1.3"}, 422, "days"),
            ("mission", {"city": "Lyon"}, 422, "city"),
            ("entity", {"operational_manager_id": str(uuid4())}, 422, "operational_manager_id"),
            ("entity", {"entity_id": str(uuid4())}, 422, "entity_id"),
            ("entity", {"spending_line_id": str(uuid4())}, 422, "spending_line_id"),
            ("entity", {"buyer_id": str(uuid4())}, 422, "buyer_id"),
        ],
    )
    async def test_each_step_is_checked_when_it_is_saved(self, market, step, fields, status, at):
        buyer = await market.buyer()
        answer = await write(market, buyer, await begin(market, buyer), step, **fields)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (status, [at])

    async def test_the_other_types_steps_do_not_exist(self, market):
        buyer = await market.buyer()
        answer = await write(market, buyer, await begin(market, buyer), "deliverables", deliverables=DELIVERABLES)
        assert (answer.status_code, answer.json()["code"]) == (404, "step_not_found")

    async def test_refused_over_a_colleagues_change_and_once_published(self, market):
        buyer = await market.buyer()
        rfp = await market.drafted(buyer)
        url = f"/rfps/{rfp['id']}/steps/description"
        sent = {"json": {"description": "Other"}, "headers": {"If-Match": '"1"'}}
        answers = [await market.call("PUT", url, buyer, **sent) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 412]
        await publish(market, buyer, rfp)
        late = await market.call("PUT", url, buyer, json={"description": "Late"})
        assert (late.status_code, late.json()["code"]) == (409, "rfp_already_published")


@pytest.mark.req("MK-28")
class TestSpendingLine:
    @pytest.fixture
    async def head(self, market):
        return await market.buyer(Role.DIRECTEUR_ACHATS)

    async def test_a_client_without_budgets_names_none(self, market, head):
        assert (await market.published(head))["spending_line_id"] is None

    async def test_needed_once_the_client_has_a_line_in_use(self, market, head):
        entity_id = await entity(market, head.company)
        rfp = await market.drafted(head)
        made = await line(market, head, await budget(market, head, entity_id))
        refused = await publish(market, head, rfp)
        assert (refused.status_code, refused.json()["code"]) == (409, "spending_line_needed")
        named = {"entity_id": str(entity_id), "spending_line_id": made["id"], "buyer_id": str(head.member_id)}
        manager = {"operational_manager_id": str(head.member_id)}
        assert (await write(market, head, rfp, "entity", **named, **manager)).status_code == 200
        published = (await publish(market, head, rfp)).json()
        assert (published["entity_id"], published["spending_line_id"]) == (str(entity_id), made["id"])

    async def test_hidden_from_providers(self, market, head):
        entity_id = await entity(market, head.company)
        made = await line(market, head, await budget(market, head, entity_id))
        named = {"entity_id": str(entity_id), "spending_line_id": made["id"], "buyer_id": str(head.member_id)}
        rfp = await market.published(head, **named)
        seller = await market.seller()
        read = (await market.call("GET", f"/rfps/{rfp['id']}", seller)).json()
        listed = (await market.call("GET", "/rfps", seller, params={"limit": 200})).json()["items"]
        editions = (await market.call("GET", f"/rfps/{rfp['id']}/editions", seller)).json()
        shown = [read, next(one for one in listed if one["id"] == rfp["id"]), *editions]
        assert [(one["spending_line_id"], one["buyer_id"]) for one in shown] == [(None, None)] * 3

    async def test_refused_of_another_entity_and_of_a_rival(self, market, head):
        rival = await market.buyer(Role.DIRECTEUR_ACHATS)
        entities = [await entity(market, who.company) for who in (head, head, rival)]
        lines = [await line(market, head, await budget(market, head, one)) for one in entities[:2]]
        lines.append(await line(market, rival, await budget(market, rival, entities[2])))
        for made in lines[1:]:
            named = {"entity_id": str(entities[0]), "spending_line_id": made["id"]}
            answer = await market.call("POST", "/rfps", head, json=named)
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_spending_line")

    async def test_refused_once_the_entity_closed_before_the_publication(self, market, head):
        entity_id = await entity(market, head.company)
        rfp = await market.drafted(head, entity_id=str(entity_id))
        await entity(market, head.company, version=2, entity_id=entity_id, active=False)
        refused = await publish(market, head, rfp)
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_entity")


@pytest.mark.req("MK-15")
class TestTemplates:
    async def test_each_publication_leaves_one_to_begin_from(self, market):
        buyer = await market.buyer()
        rfp = await market.published(buyer, title="Platform engineer", max_daily_rate={"amount": "650.00"})
        (template,) = (await market.call("GET", "/rfp-templates", buyer)).json()["items"]
        assert (template["rfp_id"], template["title"]) == (rfp["id"], "Platform engineer")
        answer = await market.call("POST", f"/rfp-templates/{template['id']}/drafts", buyer)
        assert answer.status_code == 201
        draft = answer.json()
        same = ("title", "description", "skills", "city", "max_daily_rate", "operational_manager_id")
        assert [draft[name] for name in same] == [rfp[name] for name in same]
        assert (draft["status"], draft["reference"], missing(draft)) == ("draft", None, {"duration": ["period"]})

    async def test_a_manager_who_left_is_chosen_anew(self, market):
        buyer = await market.buyer()
        other = await market.buyer(Role.RESPONSABLE_PROJET, buyer.company)
        granted = await market.affiliate(other, "Grace", granted_at="2026-11-02T10:00:00Z")
        await market.published(buyer, operational_manager_id=str(other.member_id))
        await market.affiliate(other, "Grace", role=Role.ACHETEUR, granted_at="2026-11-02T11:00:00Z")
        assert granted.member_id == other.member_id
        (template,) = (await market.call("GET", "/rfp-templates", buyer)).json()["items"]
        draft = (await market.call("POST", f"/rfp-templates/{template['id']}/drafts", buyer)).json()
        assert draft["operational_manager_id"] is None

    async def test_a_rival_finds_none(self, market):
        buyer, rival = await market.buyer(), await market.buyer()
        await market.published(buyer)
        (template,) = (await market.call("GET", "/rfp-templates", buyer)).json()["items"]
        assert (await market.call("GET", "/rfp-templates", rival)).json()["items"] == []
        answer = await market.call("POST", f"/rfp-templates/{template['id']}/drafts", rival)
        assert (answer.status_code, answer.json()["code"]) == (404, "template_not_found")
