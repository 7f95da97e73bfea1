"""Fixed price: days only indicate, the provider says what was delivered, and never more than the order is worth."""

import asyncio

import pytest
from line_steps import TRAIN, act, agreed, bill, receipt, with_client

from contracts.contracting import WorkType
from contracts.roles import Role
from contracts.timesheet import CraValidated


@pytest.fixture
async def fixed(make_scene):
    return await make_scene(work_type=WorkType.FIXED_PRICE)  # 60 days at 500.00


async def deliver(scene, cra_id, amount="12000.00", caller=None, title="Portal, first part"):
    body = {"title": title, "amount": amount}
    return await scene.call("POST", f"/cras/{cra_id}/deliverables", caller or scene.head, json=body)


@pytest.mark.req("TS-16")
class TestDeliver:
    @pytest.mark.req("TS-15")
    async def test_deliverables_are_billed_and_days_are_not(self, fixed, h):
        cra_id = await fixed.drafted()
        assert (await deliver(fixed, cra_id)).status_code == 201
        await agreed(fixed, cra_id)
        [event] = [one for one in await h.emitted(CraValidated) if str(one.cra_id) == cra_id]
        assert (event.days, [(line.kind, str(line.unit_price.amount)) for line in event.lines]) == (
            0,
            [("deliverable", "12000.00")],
        )
        shown = await bill(fixed, cra_id, fixed.manager)
        assert (shown["net"]["amount"], len(shown["lines"])) == ("12000.00", 1)
        assert (await fixed.read(cra_id))["total_days"] == "1.5"

    async def test_an_order_of_days_has_no_deliverables(self, scene):
        answer = await deliver(scene, await scene.drafted())
        assert (answer.status_code, answer.json()["code"]) == (409, "not_fixed_price")

    async def test_all_months_together_bill_what_the_order_is_worth_and_no_more(self, fixed):
        first = await fixed.drafted("2026-04", ["2026-04-20"])
        second = await fixed.drafted()
        assert (await deliver(fixed, first, "20000.00")).status_code == 201
        over = await deliver(fixed, second, "10000.01")
        assert (over.status_code, over.json()["code"]) == (422, "deliverables_exceed_order")
        assert (await deliver(fixed, second, "10000.00")).status_code == 201
        assert (await deliver(fixed, first, "0.01")).status_code == 422

    async def test_two_at_once_never_bill_more_than_the_order(self, fixed):
        months = [await fixed.drafted("2026-04", ["2026-04-20"]), await fixed.drafted()]
        answers = await asyncio.gather(*(deliver(fixed, one, "20000.00") for one in months))
        assert sorted(answer.status_code for answer in answers) == [201, 422]

    async def test_what_is_taken_out_may_be_stated_anew(self, fixed):
        cra_id = await fixed.drafted()
        [line] = (await deliver(fixed, cra_id, "30000.00")).json()["lines"]
        path = f"/cras/{cra_id}/lines/{line['id']}"
        assert (await fixed.call("DELETE", path, fixed.consultant)).status_code == 403
        assert (await fixed.call("DELETE", path, fixed.head)).status_code == 200
        assert (await deliver(fixed, cra_id, "30000.00")).status_code == 201

    async def test_it_is_for_the_providers_side_to_say(self, fixed, h):
        cra_id = await fixed.drafted()
        for caller in (fixed.consultant, fixed.manager):
            assert (await deliver(fixed, cra_id, caller=caller)).status_code == 403
        assert (await deliver(fixed, cra_id, caller=h.member(Role.GERANT))).status_code == 404
        assert (await deliver(fixed, cra_id, caller=fixed.supplier(Role.COMMERCIAL))).status_code == 404
        sales = await fixed.supervise(fixed.supplier(Role.COMMERCIAL), fixed.order.consultant_id)
        assert (await deliver(fixed, cra_id, caller=sales)).status_code == 201

    async def test_what_is_the_consultants_is_not_the_providers_to_take_out(self, fixed):
        cra_id = await fixed.drafted()
        spent = await fixed.call("POST", f"/cras/{cra_id}/expenses", fixed.consultant, data=TRAIN, files=receipt())
        line = spent.json()["lines"][0]
        answer = await fixed.call("DELETE", f"/cras/{cra_id}/lines/{line['id']}", fixed.head)
        assert answer.status_code == 403


@pytest.mark.req("TS-16", "TS-10")
class TestChain:
    async def test_stated_while_it_waits_for_approval(self, fixed):
        cra_id = await fixed.drafted()
        await act(fixed, cra_id, "submission", fixed.consultant)
        early = await fixed.call("POST", f"/cras/{cra_id}/approval", fixed.head)
        assert (early.status_code, early.json()["code"]) == (422, "empty_cra")
        assert (await deliver(fixed, cra_id)).status_code == 201
        assert (await fixed.read(cra_id))["status"] == "pending_approval"
        await act(fixed, cra_id, "approval", fixed.head)

    async def test_a_freelance_states_it_before_sending(self, fixed, h):
        freelance = h.member(Role.FREELANCE, fixed.order.provider_company_id, fixed.order.consultant_id)
        cra_id = (await fixed.fill("2026-05", ["2026-05-04"], freelance)).json()["id"]
        empty = await fixed.call("POST", f"/cras/{cra_id}/submission", freelance)
        assert (empty.status_code, empty.json()["code"]) == (422, "empty_cra")
        assert (await deliver(fixed, cra_id, caller=freelance)).status_code == 201
        await act(fixed, cra_id, "submission", freelance)

    async def test_a_month_without_a_day_may_deliver(self, fixed):
        cra_id = (await fixed.fill("2026-05", [])).json()["id"]
        assert (await deliver(fixed, cra_id)).status_code == 201
        await agreed(fixed, cra_id)

    async def test_nothing_is_stated_once_the_client_has_it(self, fixed):
        cra_id = await fixed.drafted()
        await deliver(fixed, cra_id)
        await with_client(fixed, cra_id)
        assert (await deliver(fixed, cra_id)).json()["code"] == "illegal_move"
        await act(fixed, cra_id, "validation", fixed.manager)
        assert (await deliver(fixed, cra_id)).json()["code"] == "illegal_move"
