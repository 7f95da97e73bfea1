"""Corrections of a validated month go with a later one: in halves, never more than there is to take back or to give."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from line_steps import act, agreed, bill, with_client

from chassis.testing import small_pdf
from contracts.contracting import WorkType
from contracts.roles import Role
from contracts.timesheet import CraValidated
from contracts.values import Money, Period

APRIL = {f"2026-04-{day}": "1.0" for day in (20, 21, 22)}


async def correct(scene, cra_id, quantity="-0.5", *, month="2026-04", caller=None, files=None, **changes):
    body = {"month": month, "quantity": quantity, "comment": "Half a day too many"} | changes
    return await scene.call("POST", f"/cras/{cra_id}/adjustments", caller or scene.consultant, data=body, files=files)


@pytest.fixture
async def may(scene):
    """The CRA of May, after April was validated with three days."""
    await scene.validated("2026-04", APRIL)
    return await scene.drafted()


@pytest.mark.req("TS-11")
class TestCorrect:
    @pytest.mark.req("TS-15")
    @pytest.mark.parametrize(("quantity", "net"), [("-0.5", "-250.00"), ("2.0", "1000.00")])
    async def test_days_of_an_earlier_month_are_billed_with_the_later_one(self, scene, h, may, quantity, net):
        assert (await correct(scene, may, quantity)).status_code == 201
        shown = await bill(scene, may, scene.manager)
        assert [(line["kind"], line["net"]["amount"]) for line in shown["lines"]] == [
            ("work", "750.00"),
            ("adjustment", net),
        ]
        await agreed(scene, may)
        [event] = [one for one in await h.emitted(CraValidated) if str(one.cra_id) == may]
        _, line = event.lines
        assert (line.month, line.bdc_id, line.quantity) == ("2026-04", scene.order.bdc_id, Decimal(quantity))
        assert event.days == Decimal("1.5")
        assert [one["net"] for one in (await bill(scene, may))["lines"]] == [one["net"] for one in shown["lines"]]

    async def test_the_corrected_month_itself_never_changes(self, scene, h, may):
        [april] = (await scene.call("GET", "/cras?month=2026-04", scene.head)).json()["items"]
        await correct(scene, may)
        await agreed(scene, may)
        [after] = (await scene.call("GET", "/cras?month=2026-04", scene.head)).json()["items"]
        assert after == april

    async def test_a_paper_may_prove_it(self, scene, may):
        files = {"file": ("sheet.pdf", small_pdf(), "application/pdf")}
        answer = await correct(scene, may, files=files)
        line = answer.json()["lines"][1]
        assert line["file"]["name"] == "sheet.pdf"
        path = f"/cras/{may}/lines/{line['id']}/file"
        assert (await scene.call("GET", path, scene.manager)).content == small_pdf()
        none = await correct(scene, may)
        path = f"/cras/{may}/lines/{none.json()['lines'][2]['id']}/file"
        missing = await scene.call("GET", path, scene.manager)
        assert (missing.status_code, missing.json()["code"]) == (404, "line_without_file")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"quantity": "0.25"}, "quantity"),
            ({"quantity": "0"}, "quantity"),
            ({"quantity": "-31.5"}, "quantity"),
            ({"comment": ""}, "comment"),
            ({"month": "2026-13"}, "month"),
        ],
    )
    async def test_what_is_wrong_is_named(self, scene, may, changes, field):
        answer = await correct(scene, may, **changes)
        assert answer.status_code == 422
        assert {error["field"] for error in answer.json()["errors"]} == {field}

    @pytest.mark.parametrize("month", ["2026-03", "2026-05", "2026-06"])
    async def test_only_an_earlier_month_of_the_order(self, scene, may, month):
        answer = await correct(scene, may, month=month)
        assert (answer.status_code, answer.json()["code"]) == (409, "month_not_correctable")

    @pytest.mark.parametrize("status", ["drafted", "pending", "submitted", "refused"])
    async def test_a_month_that_is_not_validated_is_corrected_itself(self, scene, status):
        await getattr(scene, status)("2026-04", APRIL)
        answer = await correct(scene, await scene.drafted())
        assert (answer.status_code, answer.json()["code"]) == (409, "month_not_correctable")

    async def test_deliverables_are_not_corrected_by_days(self, make_scene):
        scene = await make_scene(work_type=WorkType.FIXED_PRICE)
        april = await scene.drafted("2026-04", APRIL)
        await scene.call("POST", f"/cras/{april}/deliverables", scene.head, json={"title": "A", "amount": "1"})
        await agreed(scene, april)
        answer = await correct(scene, await scene.drafted())
        assert answer.json()["code"] == "month_not_correctable"

    async def test_another_missions_order_is_none_of_this_one(self, scene, may, make_scene):
        other = await make_scene()
        await other.validated("2026-04", APRIL)
        answer = await correct(scene, may, bdc_id=str(other.order.bdc_id))
        assert (answer.status_code, answer.json()["code"]) == (409, "month_not_correctable")


@pytest.mark.req("TS-11")
class TestLimits:
    async def test_no_more_is_taken_back_than_the_month_counted(self, scene, may):
        assert (await correct(scene, may, "-1.0")).status_code == 201
        june = await self._june(scene)
        over = await correct(scene, june, "-2.5")
        assert (over.status_code, over.json()["code"]) == (422, "takes_back_too_much")
        assert (await correct(scene, june, "-2.0")).status_code == 201
        assert (await correct(scene, june, "-0.5")).status_code == 422

    async def test_two_at_once_take_back_no_more_than_there_is(self, scene, may):
        june = await self._june(scene)
        answers = await asyncio.gather(correct(scene, may, "-2.0"), correct(scene, june, "-2.0"))
        assert sorted(answer.status_code for answer in answers) == [201, 422]

    async def test_what_is_given_may_be_taken_back_only_once_it_is_validated(self, scene, h, may):
        await correct(scene, may, "1.0")
        june = await self._june(scene)
        assert (await correct(scene, june, "-3.5")).status_code == 422
        await agreed(scene, may)
        assert (await correct(scene, june, "-4.0")).status_code == 201

    @pytest.mark.req("TS-16")
    async def test_what_is_given_comes_out_of_the_orders_days(self, make_scene):
        scene = await make_scene(days=Decimal(5))
        await scene.validated("2026-04", APRIL)
        may = await scene.drafted("2026-05", ["2026-05-04"])
        over = await correct(scene, may, "1.5")
        assert (over.status_code, over.json()["code"]) == (422, "correction_exceeds_order")
        assert (await correct(scene, may, "1.0")).status_code == 201
        full = await scene.fill("2026-05", {"2026-05-04": "1.0", "2026-05-05": "0.5"})
        assert (full.status_code, full.json()["code"]) == (422, "days_exceed_order")

    async def test_a_client_that_lets_months_overrun_lets_corrections(self, make_scene):
        scene = await make_scene(days=Decimal(3))
        await scene.validated("2026-04", APRIL)
        may = (await scene.fill("2026-05", [])).json()["id"]
        assert (await correct(scene, may, "1.0")).json()["code"] == "correction_exceeds_order"
        await scene.choose(overrun_allowed=True)
        assert (await correct(scene, may, "1.0")).status_code == 201

    async def test_what_is_taken_back_frees_the_orders_days_once_it_is_validated(self, make_scene, h):
        scene = await make_scene(days=Decimal(5))
        await scene.validated("2026-04", APRIL)
        may = await scene.drafted("2026-05", ["2026-05-04"])
        await correct(scene, may, "-0.5")
        h.clock.set(datetime(2026, 6, 20, 8, tzinfo=UTC))
        two = ["2026-06-15", "2026-06-16"]
        assert (await scene.fill("2026-06", two[:1])).status_code == 200
        assert (await scene.fill("2026-06", two)).status_code == 422
        await agreed(scene, may)
        assert (await scene.fill("2026-06", {two[0]: "1.0", two[1]: "0.5"})).status_code == 200
        assert (await scene.fill("2026-06", two)).status_code == 422

    async def test_a_month_has_no_more_days_than_the_calendar(self, scene, may):
        assert (await correct(scene, may, "27.0")).status_code == 201
        assert (await correct(scene, may, "0.5")).json()["code"] == "correction_exceeds_order"

    @pytest.mark.parametrize(("quantity", "status"), [("-1.0", 200), ("-1.5", 422), ("-2.0", 422)])
    async def test_a_month_that_bills_nothing_or_less_is_for_the_support(self, scene, may, quantity, status):
        await correct(scene, may, quantity)
        answer = await scene.call("POST", f"/cras/{may}/submission", scene.consultant)
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "corrections_exceed_month"

    async def test_a_line_taken_out_leaves_its_room(self, scene, may):
        line = (await correct(scene, may, "-3.0")).json()["lines"][1]
        await scene.call("DELETE", f"/cras/{may}/lines/{line['id']}", scene.consultant)
        assert (await correct(scene, may, "-3.0")).status_code == 201

    @staticmethod
    async def _june(scene):
        scene.h.clock.set(datetime(2026, 6, 20, 8, tzinfo=UTC))
        return await scene.drafted("2026-06", [f"2026-06-{day}" for day in range(15, 20)])


@pytest.mark.req("TS-11", "TS-15")
async def test_a_month_of_the_order_before_is_corrected_at_its_own_price(scene, h):
    await scene.validated("2026-04", APRIL)
    renewed = scene.order.model_copy(
        update={
            "bdc_id": uuid4(),
            "daily_rate": Money.of("620"),
            "period": Period(start=date(2026, 7, 15), end=date(2026, 9, 30)),
        }
    )
    await h.deliver(renewed)
    h.clock.set(datetime(2026, 8, 20, 8, tzinfo=UTC))
    august = await scene.drafted("2026-08", ["2026-08-03"])
    assert (await correct(scene, august)).json()["code"] == "month_not_correctable"  # not of that order
    assert (await correct(scene, august, bdc_id=str(scene.order.bdc_id))).status_code == 201
    await agreed(scene, august)
    [event] = [one for one in await h.emitted(CraValidated) if str(one.cra_id) == august]
    assert [(str(line.unit_price.amount), line.bdc_id) for line in event.lines] == [
        ("620.00", None),
        ("500.00", scene.order.bdc_id),
    ]


@pytest.mark.req("TS-11", "TS-10")
async def test_who_corrects_and_until_when(scene, may):
    for caller in (scene.manager, scene.head):
        assert (await correct(scene, may, caller=caller)).status_code == 403
    assert (await correct(scene, may, caller=scene.h.member(Role.CONSULTANT))).status_code == 404
    await with_client(scene, may)
    assert (await correct(scene, may)).json()["code"] == "illegal_move"
    await act(scene, may, "validation", scene.manager)
    assert (await correct(scene, may)).json()["code"] == "illegal_move"
