"""What each side sees: missions, months, days, CRAs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from contracts.permissions import Permission, allows
from contracts.roles import Role, StaffScope
from contracts.values import Period

SUPPLIER_SEES = {Role.COMMERCIAL: False, Role.GERANT: True, Role.FREELANCE: True, Role.CONSULTANT: False}
CLIENT_SEES = {Role.DIRECTEUR_ACHATS: True, Role.RESPONSABLE_PROJET: False, Role.ACHETEUR: False}


def sides(scene) -> list:
    """Everyone who sees the mission."""
    return [
        scene.consultant,
        scene.manager,
        scene.supplier(Role.GERANT),
        scene.client(Role.DIRECTEUR_ACHATS),
    ]


async def items(scene, path: str, caller, **params: str) -> list[dict]:
    answer = await scene.call("GET", path, caller, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.req("TS-14")
class TestScope:
    @pytest.mark.parametrize("path", ["/missions", "/cras"])
    async def test_both_sides_list_what_is_theirs(self, scene, path):
        await scene.submitted()
        lists = [await items(scene, path, caller) for caller in sides(scene)]
        assert all(found == lists[0] for found in lists)
        assert [found["mission_id"] for found in lists[0]] == [str(scene.mission_id)]

    @pytest.mark.parametrize("path", ["/missions", "/cras"])
    @pytest.mark.parametrize(("role", "sees"), [*SUPPLIER_SEES.items(), *CLIENT_SEES.items()])
    async def test_colleagues_see_by_their_role(self, scene, path, role, sees):
        await scene.drafted()
        colleague = scene.supplier(role) if role in SUPPLIER_SEES else scene.client(role)
        assert len(await items(scene, path, colleague)) == sees

    @pytest.mark.parametrize("path", ["/missions", "/cras"])
    async def test_rivals_list_nothing(self, scene, path):
        await scene.drafted()
        for role in (Role.GERANT, Role.DIRECTEUR_ACHATS):
            assert await items(scene, path, scene.h.member(role)) == []

    async def test_a_client_is_not_taken_for_a_supplier_of_the_same_id(self, scene):
        await scene.drafted()
        confused = scene.h.member(Role.DIRECTEUR_ACHATS, scene.order.provider_company_id)
        assert await items(scene, "/cras", confused) == []

    @pytest.mark.parametrize("path", ["/missions", "/cras", "/cras/{cra}", "/missions/{mission}/months"])
    async def test_refused_without_a_company_and_without_a_token(self, scene, path):
        address = path.format(cra=await scene.drafted(), mission=scene.mission_id)
        for caller in (scene.h.member(), scene.h.staff(StaffScope.CONTRACTS)):
            assert (await scene.call("GET", address, caller)).status_code == 403
        assert (await scene.h.client.get(address)).status_code == 401

    @pytest.mark.parametrize(
        ("method", "path", "permission"),
        [
            ("GET", "/missions/{mission}/months", Permission.FOLLOW_MISSIONS),
            ("GET", "/missions/{mission}/cras/2026-05", Permission.FOLLOW_MISSIONS),
            ("PUT", "/missions/{mission}/cras/2026-05", Permission.REPORT_ACTIVITY),
            ("GET", "/cras/{cra}", Permission.FOLLOW_MISSIONS),
            ("POST", "/cras/{cra}/submission", Permission.REPORT_ACTIVITY),
            ("POST", "/cras/{cra}/validation", Permission.VALIDATE_ACTIVITY),
            ("POST", "/cras/{cra}/refusal", Permission.VALIDATE_ACTIVITY),
        ],
    )
    async def test_unknown_to_rivals_on_every_address(self, scene, method, path, permission):
        address = path.format(cra=await scene.submitted(), mission=scene.mission_id)
        body = {"PUT": {"days": []}, "POST": {"reason": "Not mine at all"}}.get(method)
        options = {"json": body} if body and "validation" not in path and "submission" not in path else {}
        for role in (Role.GERANT, Role.COMMERCIAL, Role.FREELANCE, Role.DIRECTEUR_ACHATS, Role.RESPONSABLE_PROJET):
            answer = await scene.call(method, address, scene.h.member(role), **options)
            assert answer.status_code == (404 if allows(permission, role) else 403), answer.text


class TestList:
    async def test_pages_from_the_newest(self, scene):
        for month, day in (("2026-04", "2026-04-15"), ("2026-05", "2026-05-04")):
            await scene.drafted(month, [day])
        first = (await scene.call("GET", "/cras", scene.manager, params={"limit": 1})).json()
        then = {"limit": 1, "cursor": first["next"]}
        second = (await scene.call("GET", "/cras", scene.manager, params=then)).json()
        assert [page["items"][0]["month"] for page in (first, second)] == ["2026-05", "2026-04"]
        assert second["next"] is None

    async def test_filters_by_month_status_and_mission(self, scene):
        await scene.submitted("2026-04", ["2026-04-15"])
        await scene.drafted()
        assert [c["month"] for c in await items(scene, "/cras", scene.manager, month="2026-04")] == ["2026-04"]
        assert [c["month"] for c in await items(scene, "/cras", scene.manager, status="draft")] == ["2026-05"]
        assert len(await items(scene, "/cras", scene.manager, mission_id=str(scene.mission_id))) == 2
        assert await items(scene, "/cras", scene.manager, mission_id=str(uuid4())) == []

    @pytest.mark.req("TS-15")
    async def test_both_sides_read_the_same_cra(self, scene):
        cra_id = await scene.validated()
        answers = [(await scene.call("GET", f"/cras/{cra_id}", caller)).json() for caller in sides(scene)]
        assert all(answer == answers[0] for answer in answers)
        assert answers[0]["total_days"] == "1.5"


@pytest.mark.req("TS-05", "TS-07")
class TestMonths:
    async def months(self, scene) -> list[tuple]:
        found = await items(scene, f"/missions/{scene.mission_id}/months", scene.manager)
        return [(month["month"], month["status"], month["reason"]) for month in found]

    async def test_before_the_mission_none_is_open(self, scene):
        scene.h.clock.set(datetime(2026, 4, 14, 21, 30, tzinfo=UTC))
        assert {(status, reason) for _, status, reason in await self.months(scene)} == {
            ("not_started", "mission_not_started")
        }

    async def test_each_month_of_the_mission_and_none_outside(self, scene):
        assert await self.months(scene) == [
            ("2026-04", "open", None),
            ("2026-05", "open", None),
            ("2026-06", "not_started", "month_not_begun"),
            ("2026-07", "not_started", "month_not_begun"),
        ]

    async def test_stands_as_its_cra(self, scene):
        await scene.validated("2026-04", ["2026-04-15"])
        await scene.drafted()
        assert [status for _, status, _ in await self.months(scene)][:2] == ["validated", "draft"]

    async def test_shows_the_invoice(self, scene):
        await scene.h.deliver(scene.invoice(await scene.validated()))
        found = await items(scene, f"/missions/{scene.mission_id}/months", scene.consultant)
        assert [month["invoice_number"] for month in found] == [None, "F-2026-05", None, None]
        assert (found[1]["status"], found[1]["payment_on"]) == ("validated", "2026-07-31")

    @pytest.mark.req("TS-04")
    async def test_unknown_while_the_order_is_not_issued(self, scene):
        answer = await scene.call("GET", f"/missions/{uuid4()}/months", scene.consultant)
        assert (answer.status_code, answer.json()["code"]) == (404, "mission_not_found")
        assert "may not be issued yet" in answer.json()["detail"]


class TestGrid:
    async def grid(self, scene, month: str) -> dict:
        answer = await scene.call("GET", f"/missions/{scene.mission_id}/cras/{month}", scene.consultant)
        assert answer.status_code == 200, answer.text
        return {**answer.json(), "etag": answer.headers["etag"]}

    async def test_says_what_each_day_is(self, scene):
        await scene.drafted()
        may = await self.grid(scene, "2026-05")
        days = {day["date"]: day for day in may["days"]}
        assert len(days) == 31
        off = {day: (found["kind"], found["name"]) for day, found in days.items() if found["kind"] == "holiday"}
        assert off == {
            "2026-05-01": ("holiday", "Fête du Travail"),
            "2026-05-08": ("holiday", "Fête de la Victoire"),
            "2026-05-14": ("holiday", "Ascension"),
            "2026-05-25": ("holiday", "Lundi de Pentecôte"),
        }
        assert days["2026-05-16"]["kind"] == days["2026-05-17"]["kind"] == "weekend"
        assert sum(day["fillable"] for day in days.values()) == 17
        assert [days[f"2026-05-0{n}"]["quantity"] for n in (4, 5, 6)] == ["1.0", "0.5", "0.0"]
        assert (may["status"], may["total_days"], may["etag"]) == ("draft", "1.5", '"1"')

    async def test_only_the_missions_days_are_fillable(self, scene):
        april = {day["date"]: day for day in (await self.grid(scene, "2026-04"))["days"]}
        assert (april["2026-04-14"]["kind"], april["2026-04-14"]["fillable"]) == ("working", False)
        assert april["2026-04-15"]["fillable"]
        assert april["2026-04-06"]["name"] == "Lundi de Pâques"

    async def test_says_how_many_days_are_left(self, scene):
        await scene.drafted("2026-04", {"2026-04-15": "0.5"})
        may = await self.grid(scene, "2026-05")
        assert (may["days_left"], may["status"], may["cra_id"], may["etag"]) == ("59.5", "open", None, '"0"')

    async def test_of_a_coming_month_says_why_it_waits(self, scene):
        june = await self.grid(scene, "2026-06")
        assert (june["status"], june["reason"]) == ("not_started", "month_not_begun")

    async def test_of_a_leap_february_has_29_days(self, make_scene):
        scene = await make_scene(period=Period(start=date(2028, 2, 1), end=date(2028, 3, 31)))
        assert len((await self.grid(scene, "2028-02"))["days"]) == 29

    @pytest.mark.req("TS-07")
    async def test_none_outside_the_mission(self, scene):
        answer = await scene.call("GET", f"/missions/{scene.mission_id}/cras/2026-08", scene.consultant)
        assert (answer.status_code, answer.json()["code"]) == (404, "month_outside_mission")
