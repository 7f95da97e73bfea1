"""Filling in a span at once, and which days count: week-ends, holidays of the place of work, what the order has."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from contracts.roles import Role
from contracts.values import Month, Period
from timesheet.cra.calendar import DayKind, day_of
from timesheet.cra.months import working_days

MAY = "2026-05"


async def span(scene, quantity: str = "1.0", *, month: str = MAY, caller=None, headers=None, **period: str):
    body = {"quantity": quantity} | ({"period": period} if period else {})
    url = f"/missions/{scene.mission_id}/cras/{month}/fill"
    return await scene.call("PUT", url, caller or scene.consultant, json=body, headers=headers or {})


def counted(answer) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {day["date"][8:]: day["quantity"] for day in answer.json()["days"]}


class TestSpan:
    async def test_a_month_counts_each_working_day_once(self, scene):
        answer = await span(scene)
        off = {1, 2, 3, 8, 9, 10, 14, 16, 17, 23, 24, 25, 30, 31}
        assert counted(answer) == {f"{day:02}": "1.0" for day in range(1, 32) if day not in off}
        assert answer.json()["total_days"] == "17.0"

    async def test_a_week_leaves_the_other_days_as_they_are(self, scene):
        await scene.fill(MAY, {"2026-05-04": "0.5", "2026-05-12": "0.5"})
        answer = await span(scene, start="2026-05-11", end="2026-05-17")
        assert counted(answer) == {"04": "0.5", "11": "1.0", "12": "1.0", "13": "1.0", "15": "1.0"}

    async def test_nothing_empties_the_span(self, scene):
        await span(scene)
        answer = await span(scene, "0.0", start="2026-05-05", end="2026-05-31")
        assert counted(answer) == {"04": "1.0"}

    async def test_a_span_beyond_the_month_or_the_order_counts_what_lies_within(self, scene):
        answer = await span(scene, "0.5", month="2026-04", start="2026-03-01", end="2026-06-30")
        assert sorted(counted(answer)) == [f"{d:02}" for d in (15, 16, 17, 20, 21, 22, 23, 24, 27, 28, 29, 30)]

    async def test_week_ends_stay_out_even_where_they_are_allowed(self, scene):
        await scene.choose(weekends_allowed=True)
        await scene.fill(MAY, ["2026-05-02"])
        assert sorted(counted(await span(scene, start="2026-05-02", end="2026-05-10"))) == [
            *("02", "04", "05", "06", "07")
        ]

    async def test_never_more_than_the_order_has(self, make_scene):
        scene = await make_scene(days=Decimal(16))
        answer = await span(scene)
        assert (answer.status_code, answer.json()["code"]) == (422, "days_exceed_order")
        assert counted(await span(scene, end="2026-05-28", start="2026-05-01"))

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"quantity": "1.5"},
            {"quantity": "1.0", "period": {"start": "2026-05-11", "end": "2026-05-10"}},
            {"quantity": "1.0", "period": {"start": "2026-05-11"}},
        ],
    )
    async def test_what_is_no_span_is_refused(self, scene, body):
        url = f"/missions/{scene.mission_id}/cras/{MAY}/fill"
        answer = await scene.call("PUT", url, scene.consultant, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    async def test_for_the_consultant_alone_and_unknown_to_rivals(self, scene):
        assert (await span(scene, caller=scene.head)).status_code == 403
        assert (await span(scene, caller=scene.manager)).status_code == 403
        assert (await span(scene, caller=scene.h.member(Role.FREELANCE))).status_code == 404

    async def test_refused_once_sent_and_when_it_changed_since(self, scene):
        await scene.drafted()
        assert (await span(scene, headers={"If-Match": '"9"'})).status_code == 412
        await scene.submitted()
        assert (await span(scene)).json()["code"] == "illegal_move"

    async def test_while_it_is_sent_what_is_sent_is_what_it_counts(self, scene):
        cra_id = await scene.drafted()
        sending = scene.call("POST", f"/cras/{cra_id}/submission", scene.consultant)
        filled, sent = await asyncio.gather(span(scene), sending)
        total = (await scene.read(cra_id))["total_days"]
        assert (sent.status_code, sent.json()["total_days"]) == (200, total)
        assert (filled.status_code, total) in {(200, "17.0"), (409, "1.5")}

    async def test_twice_at_once_makes_one_cra(self, scene):
        answers = await asyncio.gather(*(span(scene) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["id"] for answer in answers}) == 1


class TestWeekEnds:
    async def test_off_unless_the_client_allows_them(self, scene):
        assert (await scene.fill(MAY, ["2026-05-02"])).json()["errors"][0]["code"] == "not_a_working_day"
        await scene.choose(weekends_allowed=True)
        assert (await scene.fill(MAY, ["2026-05-02", "2026-05-03"])).json()["total_days"] == "2.0"

    async def test_a_holiday_is_off_all_the_same(self, scene):
        await scene.choose(weekends_allowed=True)
        scene.h.clock.set(datetime(2026, 5, 20, tzinfo=UTC))
        assert (await scene.fill(MAY, ["2026-05-01"])).json()["errors"][0]["code"] == "not_a_working_day"

    async def test_the_grid_says_so(self, scene):
        async def fillable() -> int:
            grid = await scene.call("GET", f"/missions/{scene.mission_id}/cras/{MAY}", scene.consultant)
            return sum(day["fillable"] for day in grid.json()["days"])

        assert await fillable() == 17
        await scene.choose(weekends_allowed=True)
        assert await fillable() == 27


class TestOverrun:
    async def test_where_the_client_allows_it_months_may_count_more_than_the_order_has(self, make_scene):
        scene = await make_scene(days=Decimal(2))
        assert (await scene.fill(MAY, ["2026-05-04", "2026-05-05", "2026-05-06"])).status_code == 422
        await scene.choose(overrun_allowed=True)
        assert (await scene.fill(MAY, ["2026-05-04", "2026-05-05", "2026-05-06"])).status_code == 200
        grid = await scene.call("GET", f"/missions/{scene.mission_id}/cras/2026-06", scene.consultant)
        assert grid.json()["days_left"] == "0.0"


class TestPlaceOfWork:
    @pytest.mark.parametrize(
        ("workplace", "day", "off"),
        [
            *(
                (place, "2026-04-03", place in {"FR-57", "FR-67", "FR-68"})
                for place in ("FR", "FR-57", "FR-67", "FR-68")
            ),
            *((place, "2028-12-26", place != "FR") for place in ("FR", "FR-57", "FR-67", "FR-68")),
            *((place, "2026-05-22", place == "FR-972") for place in ("FR", "FR-972", "FR-971")),
            *((place, "2026-05-27", place == "FR-971") for place in ("FR", "FR-972", "FR-971")),
            *((place, "2029-12-20", place == "FR-974") for place in ("FR", "FR-974")),
            *((place, "2026-05-08", place.startswith("FR")) for place in ("FR", "FR-75", "DE", "XX")),
            ("DE", "2026-10-03", True),
            ("DE-BY", "2026-01-06", True),
            ("DE-ZZ", "2026-01-06", False),
            ("DE-ZZ", "2026-12-25", True),
        ],
    )
    def test_its_holidays_are_nobody_s_working_days(self, workplace, day, off):
        kind = day_of(date.fromisoformat(day), workplace).kind
        assert (kind is DayKind.HOLIDAY) is off

    def test_the_order_says_which(self, make_mission):
        december = Period(start=date(2028, 12, 1), end=date(2028, 12, 31))
        days = [
            len(working_days(make_mission(december.start, december.end, workplace=place), Month("2028-12")))
            for place in ("FR", "FR-67")
        ]
        assert days == [20, 19]

    async def test_a_month_there_is_filled_in_accordingly(self, make_scene):
        easter = Period(start=date(2026, 4, 1), end=date(2026, 4, 30))
        for place, friday in (("FR", "1.0"), ("FR-68", None)):
            scene = await make_scene(period=easter, workplace=place)
            assert counted(await span(scene, month="2026-04")).get("03") == friday
