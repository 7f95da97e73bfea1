"""Filling in a month over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from contracts.roles import Role
from contracts.values import Period


def codes(answer) -> tuple[int, str, list[tuple[str, str]]]:
    body = answer.json()
    return answer.status_code, body["code"], [(error["field"], error["code"]) for error in body["errors"]]


@pytest.mark.req("TS-01")
class TestFillIn:
    async def test_makes_the_draft_of_the_month(self, scene):
        answer = await scene.fill("2026-05", {"2026-05-05": "0.5", "2026-05-04": "1.0"})
        assert answer.status_code == 200
        assert answer.headers["etag"] == '"1"'
        body = answer.json()
        assert (body["status"], body["total_days"], body["month"]) == ("draft", "1.5", "2026-05")
        assert body["days"] == [
            {"date": "2026-05-04", "quantity": "1.0"},
            {"date": "2026-05-05", "quantity": "0.5"},
        ]
        assert await scene.read(body["id"]) == body

    async def test_again_replaces_the_days_of_the_same_cra(self, scene):
        cra_id = await scene.drafted()
        answer = await scene.fill("2026-05", ["2026-05-06"])
        assert (answer.json()["id"], answer.json()["total_days"]) == (cra_id, "1.0")
        assert answer.headers["etag"] == '"2"'

    async def test_first_twice_at_once_makes_one(self, scene):
        answers = await asyncio.gather(*(scene.fill("2026-05", [day]) for day in ("2026-05-04", "2026-05-05")))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert sorted(answer.json()["version"] for answer in answers) == [1, 2]

    async def test_a_refused_month_becomes_a_draft_again(self, scene):
        await scene.refused()
        answer = await scene.fill("2026-05", ["2026-05-06"])
        assert (answer.status_code, answer.json()["status"]) == (200, "draft")
        assert answer.json()["refusal_reason"] == "One day too many"

    @pytest.mark.req("TS-10")
    @pytest.mark.parametrize("state", ["submitted", "validated"])
    async def test_refused_once_submitted(self, scene, state):
        cra_id = await getattr(scene, state)()
        before = await scene.read(cra_id)
        answer = await scene.fill("2026-05", ["2026-05-06"])
        assert codes(answer)[:2] == (409, "illegal_move")
        assert await scene.read(cra_id) == before


class TestWho:
    @pytest.mark.parametrize("role", [Role.COMMERCIAL, Role.GERANT, Role.FREELANCE])
    async def test_refused_to_the_suppliers_others_who_see_it(self, scene, role):
        colleague = await scene.supervise(scene.supplier(role), scene.order.consultant_id)
        answer = await scene.fill("2026-05", ["2026-05-04"], colleague)
        assert codes(answer)[:2] == (403, "forbidden")

    async def test_refused_to_the_operational_manager(self, scene):
        assert (await scene.fill("2026-05", ["2026-05-04"], scene.manager)).status_code == 403

    async def test_a_freelance_is_a_consultant_too(self, scene):
        o = scene.order
        freelance = scene.h.member(Role.FREELANCE, o.provider_company_id, o.consultant_id)
        assert (await scene.fill("2026-05", ["2026-05-04"], freelance)).status_code == 200

    async def test_unknown_to_another_consultant(self, scene):
        answer = await scene.fill("2026-05", ["2026-05-04"], scene.supplier(Role.CONSULTANT))
        assert codes(answer)[:2] == (404, "mission_not_found")

    async def test_unknown_to_the_consultant_who_left(self, scene):
        gone = scene.h.member(Role.CONSULTANT, None, scene.order.consultant_id)
        assert (await scene.fill("2026-05", ["2026-05-04"], gone)).status_code == 404

    async def test_refused_to_a_member_without_company(self, scene):
        assert (await scene.fill("2026-05", ["2026-05-04"], scene.h.member())).status_code == 403


class TestWhen:
    async def at(self, scene, instant: datetime, month: str = "2026-06", day: str = "2026-06-01"):
        scene.h.clock.set(instant)
        return await scene.fill(month, [day])

    @pytest.mark.req("TS-05")
    async def test_the_month_begins_at_midnight_in_paris(self, scene):
        before = await self.at(scene, datetime(2026, 5, 31, 21, 30, tzinfo=UTC))
        assert codes(before)[:2] == (409, "month_not_begun")
        after = await self.at(scene, datetime(2026, 5, 31, 22, 30, tzinfo=UTC))
        assert after.status_code == 200

    @pytest.mark.req("TS-05")
    async def test_half_past_eleven_utc_is_already_the_next_month_in_winter_too(self, make_scene):
        winter = await make_scene(period=Period(start=date(2026, 11, 16), end=date(2027, 1, 29)))
        before = await self.at(winter, datetime(2026, 11, 30, 22, 30, tzinfo=UTC), "2026-12", "2026-12-01")
        assert codes(before)[:2] == (409, "month_not_begun")
        after = await self.at(winter, datetime(2026, 11, 30, 23, 30, tzinfo=UTC), "2026-12", "2026-12-01")
        assert after.status_code == 200

    @pytest.mark.req("TS-05")
    async def test_the_mission_begins_at_midnight_in_paris_inside_its_month(self, scene):
        before = await self.at(scene, datetime(2026, 4, 14, 21, 30, tzinfo=UTC), "2026-04", "2026-04-15")
        assert codes(before)[:2] == (409, "mission_not_started")
        after = await self.at(scene, datetime(2026, 4, 14, 22, 30, tzinfo=UTC), "2026-04", "2026-04-15")
        assert after.status_code == 200

    @pytest.mark.req("TS-07")
    @pytest.mark.parametrize("month", ["2026-03", "2026-08"])
    async def test_no_month_outside_the_mission(self, scene, month):
        scene.h.clock.set(datetime(2026, 12, 1, tzinfo=UTC))
        assert codes(await scene.fill(month, [f"{month}-04"]))[:2] == (404, "month_outside_mission")

    @pytest.mark.req("TS-04")
    async def test_no_cra_before_the_order_is_issued(self, scene):
        other = "00000000-0000-7000-8000-000000000000"
        answer = await scene.call("PUT", f"/missions/{other}/cras/2026-05", scene.consultant, json={"days": []})
        assert codes(answer)[:2] == (404, "mission_not_found")
        assert "may not be issued yet" in answer.json()["detail"]


class TestDays:
    async def test_each_day_at_fault_is_named(self, scene):
        days = [("2026-05-01", "1.0"), ("2026-05-04", "1.0"), ("2026-05-04", "0.5"), ("2026-06-01", "1.0")]
        body = {"days": [{"date": day, "quantity": quantity} for day, quantity in days]}
        answer = await scene.call("PUT", f"/missions/{scene.mission_id}/cras/2026-05", scene.consultant, json=body)
        assert codes(answer) == (
            422,
            "invalid_days",
            [
                ("days.0.date", "not_a_working_day"),
                ("days.2.date", "duplicate_date"),
                ("days.3.date", "outside_month"),
            ],
        )
        assert "Fête du Travail" in answer.json()["errors"][0]["detail"]

    @pytest.mark.parametrize("quantity", ["0", "0.0", "0.25", "1.5", "2.0", "-1.0", "1,0", "NaN", 1, 0.5, None])
    async def test_only_days_and_halves(self, scene, quantity):
        body = {"days": [{"date": "2026-05-04", "quantity": quantity}]}
        answer = await scene.call("PUT", f"/missions/{scene.mission_id}/cras/2026-05", scene.consultant, json=body)
        assert codes(answer)[:2] == (422, "invalid_request")
        assert codes(answer)[2][0][0] == "days.0.quantity"

    async def test_an_unknown_field_is_refused(self, scene):
        body = {"days": [], "status": "validated"}
        answer = await scene.call("PUT", f"/missions/{scene.mission_id}/cras/2026-05", scene.consultant, json=body)
        assert codes(answer) == (422, "invalid_request", [("status", "extra_forbidden")])

    async def test_a_month_that_is_none_is_refused(self, scene):
        assert codes(await scene.fill("2026-13", []))[:2] == (422, "invalid_request")

    async def test_all_months_together_never_exceed_the_order(self, make_scene):
        scene = await make_scene(days=Decimal("2.5"))
        await scene.drafted("2026-04", {"2026-04-15": "1.0", "2026-04-16": "0.5"})
        over = await scene.fill("2026-05", {"2026-05-04": "1.0", "2026-05-05": "0.5"})
        assert codes(over) == (422, "days_exceed_order", [("days", "days_exceed_order")])
        assert (await scene.fill("2026-05", ["2026-05-04"])).status_code == 200

    async def test_nor_when_two_months_are_filled_in_at_once(self, make_scene):
        scene = await make_scene(days=Decimal(3))
        april, may = ["2026-04-15", "2026-04-16"], ["2026-05-04", "2026-05-05"]
        answers = await asyncio.gather(scene.fill("2026-04", april), scene.fill("2026-05", may))
        assert sorted(answer.status_code for answer in answers) == [200, 422]


class TestIfMatch:
    async def test_refused_when_it_changed_since_it_was_read(self, scene):
        await scene.drafted()
        await scene.fill("2026-05", ["2026-05-06"])
        answer = await scene.fill("2026-05", ["2026-05-07"], headers={"If-Match": '"1"'})
        assert codes(answer)[:2] == (412, "version_conflict")

    async def test_taken_when_it_is_the_version_read(self, scene):
        await scene.drafted()
        answer = await scene.fill("2026-05", ["2026-05-07"], headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')

    async def test_zero_says_that_nobody_has_begun(self, scene):
        nobody = {"If-Match": '"0"'}
        assert (await scene.fill("2026-05", ["2026-05-04"], headers=nobody)).status_code == 200
        assert (await scene.fill("2026-05", ["2026-05-04"], headers=nobody)).status_code == 412


class TestRenewal:
    async def test_a_month_that_two_orders_share_has_a_cra_for_each(self, scene, make_order):
        first = scene.order
        parties = first.model_dump(include={"mission_id", "consultant_id", "provider_company_id"})
        renewal = make_order(**parties, days=Decimal(5), period=Period(start=date(2026, 7, 15), end=date(2026, 9, 30)))
        await scene.h.deliver(renewal)
        scene.h.clock.set(datetime(2026, 7, 20, tzinfo=UTC))
        old = await scene.fill("2026-07", ["2026-07-13"])
        new = await scene.fill("2026-07", ["2026-07-15"], params={"bdc_id": str(renewal.bdc_id)})
        assert [old.json()["bdc_id"], new.json()["bdc_id"]] == [str(first.bdc_id), str(renewal.bdc_id)]
        months = await scene.call("GET", f"/missions/{scene.mission_id}/months", scene.consultant)
        assert [item["month"] for item in months.json()["items"]] == [
            *("2026-04", "2026-05", "2026-06", "2026-07"),
            *("2026-07", "2026-08", "2026-09"),
        ]
        august = await scene.call("GET", f"/missions/{scene.mission_id}/cras/2026-08", scene.consultant)
        assert august.json()["bdc_id"] == str(renewal.bdc_id)
