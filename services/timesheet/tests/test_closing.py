"""How a month is corrected from where it stands; and the last one, after which there is no other."""

from datetime import date
from uuid import uuid4

import pytest
from line_steps import agreed

from contracts.roles import StaffScope
from contracts.timesheet import CraValidated
from contracts.values import Money, Period

ONE_MONTH = Period(start=date(2026, 5, 1), end=date(2026, 5, 19))


async def how(scene, cra_id, caller=None) -> str:
    answer = await scene.call("GET", f"/cras/{cra_id}/correction", caller or scene.consultant)
    assert answer.status_code == 200, answer.text
    return answer.json()["how"]


async def close(scene, cra_id, scope=StaffScope.SUPPORT):
    return await scene.call("POST", f"/staff/cras/{cra_id}/closing-report", scene.h.staff(scope))


async def correct(scene, cra_id, quantity):
    body = {"month": "2026-05", "quantity": quantity, "comment": "Two days were forgotten"}
    return await scene.call("POST", f"/cras/{cra_id}/adjustments", scene.consultant, data=body)


@pytest.mark.req("TS-10", "TS-11")
@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("drafted", "edit"),
        ("pending", "ask_provider"),
        ("submitted", "ask_client"),
        ("refused", "edit"),
        ("validated", "later_month"),
    ],
)
async def test_each_status_says_how_the_month_is_corrected(scene, status, told):
    cra_id = await getattr(scene, status)()
    assert await how(scene, cra_id) == told
    assert await how(scene, cra_id, scene.manager) == told


@pytest.mark.req("TS-11")
class TestLastMonth:
    async def test_it_is_for_the_support_unless_a_renewal_brings_another(self, make_scene, h):
        scene = await make_scene(period=ONE_MONTH)
        cra_id = await scene.validated()
        assert await how(scene, cra_id) == "support"
        renewed = {"bdc_id": uuid4(), "period": Period(start=date(2026, 5, 20), end=date(2026, 6, 30))}
        await h.deliver(scene.order.model_copy(update=renewed))
        assert await how(scene, cra_id) == "later_month"

    async def test_the_support_opens_a_report_whose_lines_correct_it(self, make_scene, h):
        scene = await make_scene(period=ONE_MONTH)
        last = await scene.validated()
        opened = await close(scene, last)
        assert (opened.status_code, opened.json()["month"], opened.json()["total_days"]) == (201, "2026-06", "0.0")
        closing = opened.json()["id"]
        assert (await close(scene, last)).json()["id"] == closing
        assert (await scene.fill("2026-06", ["2026-06-01"])).status_code == 404
        assert (await correct(scene, closing, "2.0")).status_code == 201
        await agreed(scene, closing)
        [event] = [one for one in await h.emitted(CraValidated) if str(one.cra_id) == closing]
        [line] = event.lines
        assert (event.days, line.kind, line.quantity, line.month) == (0, "adjustment", 2, "2026-05")
        assert line.unit_price == Money.of("500")

    async def test_nothing_is_opened_while_the_mission_goes_on_or_the_month_is_open(self, make_scene, scene):
        early = await close(scene, await scene.validated())
        assert (early.status_code, early.json()["code"]) == (409, "later_month_corrects")
        short = await make_scene(period=ONE_MONTH)
        still_open = await close(short, await short.submitted())
        assert (still_open.status_code, still_open.json()["code"]) == (409, "month_not_correctable")
        assert (await close(scene, uuid4())).json()["code"] == "cra_not_found"

    @pytest.mark.parametrize("scope", sorted(set(StaffScope) - {StaffScope.SUPPORT}))
    async def test_it_is_for_the_support_alone(self, scene, scope):
        assert (await close(scene, uuid4(), scope)).status_code == 403
