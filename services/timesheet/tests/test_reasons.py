"""Why a month cannot be filled in: it is told wherever one looks or tries (TS-04 to TS-06)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from chassis.rows import new_id
from contracts.contracting import RenewalChanged
from contracts.roles import Role
from contracts.values import Period

AUTUMN = Period(start=date(2026, 7, 15), end=date(2026, 9, 30))


def renewal(mission_id: UUID, **changes: Any) -> RenewalChanged:
    facts = {"renewal_id": new_id(), "mission_id": mission_id, "period": AUTUMN, "pending": True, "version": 1}
    return RenewalChanged(**(facts | changes))


async def months(scene, caller=None) -> list[tuple]:
    answer = await scene.call("GET", f"/missions/{scene.mission_id}/months", caller or scene.consultant)
    return [(one["month"], one["status"], one["reason"], one["bdc_id"]) for one in answer.json()["items"]]


@pytest.mark.req("TS-06")
class TestRenewal:
    async def test_its_months_wait_for_its_order_and_the_reason_is_said_to_both_sides(self, scene):
        await scene.h.deliver(renewal(scene.mission_id))
        scene.h.clock.set(datetime(2026, 8, 20, tzinfo=UTC))
        for caller in (scene.consultant, scene.manager):
            assert (await months(scene, caller))[4:] == [
                ("2026-08", "not_started", "renewal_pending", None),
                ("2026-09", "not_started", "renewal_pending", None),
            ]
        bodies = {"": {"days": []}, "/fill": {"quantity": "1.0"}}
        for end, body in bodies.items():
            url = f"/missions/{scene.mission_id}/cras/2026-08{end}"
            answer = await scene.call("PUT", url, scene.consultant, json=body)
            assert (answer.status_code, answer.json()["code"]) == (409, "renewal_pending")
            assert "2026-07-15" in answer.json()["detail"]
        grid = await scene.call("GET", f"/missions/{scene.mission_id}/cras/2026-08", scene.manager)
        assert grid.json()["code"] == "renewal_pending"

    async def test_the_month_that_the_last_order_touches_stays_open(self, scene):
        await scene.h.deliver(renewal(scene.mission_id))
        scene.h.clock.set(datetime(2026, 7, 20, tzinfo=UTC))
        assert (await months(scene))[3] == ("2026-07", "open", None, str(scene.order.bdc_id))
        assert (await scene.fill("2026-07", ["2026-07-13"])).status_code == 200
        assert (await scene.fill("2026-07", ["2026-07-15"])).json()["errors"][0]["code"] == "outside_mission"

    @pytest.mark.parametrize("month", ["2026-03", "2026-10"])
    async def test_a_month_outside_both_is_none_of_the_mission_s(self, scene, month):
        await scene.h.deliver(renewal(scene.mission_id))
        scene.h.clock.set(datetime(2026, 12, 1, tzinfo=UTC))
        answer = await scene.fill(month, [])
        assert (answer.status_code, answer.json()["code"]) == (404, "month_outside_mission")

    async def test_once_its_order_is_issued_its_months_open(self, scene, make_order):
        waiting = renewal(scene.mission_id)
        await scene.h.deliver(waiting)
        same = ("mission_id", "client_company_id", "provider_company_id", "operational_manager_id", "consultant_id")
        parties = {name: getattr(scene.order, name) for name in same}
        second = make_order(**parties, period=AUTUMN, reference="BDC-2")
        await scene.h.deliver(second)
        await scene.h.deliver(waiting.model_copy(update={"pending": False, "version": 2}))
        scene.h.clock.set(datetime(2026, 8, 20, tzinfo=UTC))
        assert (await months(scene))[5] == ("2026-08", "open", None, str(second.bdc_id))
        assert (await scene.fill("2026-08", ["2026-08-03"])).status_code == 200

    async def test_once_nothing_came_of_it_its_months_are_gone(self, scene):
        waiting = renewal(scene.mission_id)
        over = waiting.model_copy(update={"pending": False, "version": 2})
        for event in (over, waiting, over):
            await scene.h.deliver(event)
        assert [month for month, *_ in await months(scene)] == ["2026-04", "2026-05", "2026-06", "2026-07"]
        assert (await scene.fill("2026-08", [])).json()["code"] == "month_outside_mission"

    async def test_of_another_mission_changes_nothing_here(self, scene, make_scene):
        other = await make_scene()
        await scene.h.deliver(renewal(other.mission_id))
        assert len(await months(scene)) == 4

    async def test_is_unknown_to_rivals(self, scene):
        await scene.h.deliver(renewal(scene.mission_id))
        url = f"/missions/{scene.mission_id}/cras/2026-08"
        answer = await scene.call("GET", url, scene.h.member(Role.GERANT))
        assert (answer.status_code, answer.json()["code"]) == (404, "mission_not_found")


@pytest.mark.req("TS-04")
async def test_while_the_first_order_is_contracted_the_mission_is_not_known_yet(scene):
    unknown = f"/missions/{new_id()}"
    for method, url in (("GET", f"{unknown}/months"), ("GET", f"{unknown}/cras/2026-05")):
        answer = await scene.call(method, url, scene.consultant)
        assert (answer.status_code, answer.json()["code"]) == (404, "mission_not_found")
        assert "may not be issued yet" in answer.json()["detail"]
