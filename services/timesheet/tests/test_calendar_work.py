"""What the calendar brings: fixed reports on a month's last day, reminders around it."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from chassis.sweeps import Sweep, run_if_due
from contracts.contracting import WorkType
from contracts.notification import NotificationRequested
from contracts.roles import Role
from contracts.timesheet import CraValidated
from contracts.values import Period
from timesheet.cra.reminders import months_due
from timesheet.cra.sweeps import SWEEPS, month_to_report

REPORT, CONSULTANTS, CLIENTS = SWEEPS
MAY_31 = datetime(2026, 5, 31, 0, 30, tzinfo=UTC)


async def run(scene, sweep: Sweep, at: datetime) -> None:
    scene.h.clock.set(at)
    async with scene.h.tx() as tx:
        while await sweep.run(tx, at):
            await tx.flush()


async def cras(scene) -> list[dict]:
    found = await scene.call("GET", "/cras", scene.manager, params={"mission_id": str(scene.mission_id)})
    return found.json()["items"]


class TestFixedReports:
    async def test_on_the_last_day_eighteen_days_are_counted_and_agreed_to(self, make_scene):
        scene = await make_scene(period=Period(start=date(2026, 6, 1), end=date(2026, 7, 31)))
        await scene.choose(fixed_report=True)
        await run(scene, REPORT, datetime(2026, 6, 30, 0, 30, tzinfo=UTC))
        (cra,) = await cras(scene)
        assert (cra["month"], cra["status"], cra["total_days"]) == ("2026-06", "validated", "18.0")
        (event,) = [e for e in await scene.h.emitted(CraValidated) if str(e.cra_id) == cra["id"]]
        assert (event.days, event.month) == (Decimal(18), "2026-06")
        days = (await scene.read(cra["id"]))["days"]
        assert (days[0]["date"], len(days), {day["quantity"] for day in days}) == ("2026-06-01", 18, {"1.0"})

    @pytest.mark.parametrize(
        ("terms", "days"),
        [
            ({"days": Decimal("7.5")}, "7.5"),
            ({"period": Period(start=date(2026, 5, 18), end=date(2026, 5, 31))}, "9.0"),
            ({}, "17.0"),
        ],
        ids=["the order has fewer", "the mission has fewer", "the month has fewer"],
    )
    async def test_never_more_than_there_are(self, make_scene, terms, days):
        scene = await make_scene(**terms)
        await scene.choose(fixed_report=True)
        await run(scene, REPORT, MAY_31)
        assert [cra["total_days"] for cra in await cras(scene)] == [days]

    async def test_again_nothing_more_is_counted(self, scene):
        await scene.choose(fixed_report=True)
        for _ in range(2):
            await run(scene, REPORT, MAY_31)
        assert len(await cras(scene)) == 1

    @pytest.mark.parametrize("begun", ["drafted", "pending", "submitted", "refused", "validated"])
    async def test_a_month_that_somebody_filled_in_is_left_to_them(self, scene, begun):
        cra_id = await getattr(scene, begun)()
        before = await scene.read(cra_id)
        await scene.choose(fixed_report=True)
        await run(scene, REPORT, MAY_31)
        assert await cras(scene) == [{k: v for k, v in before.items() if k in (await cras(scene))[0]}]

    @pytest.mark.parametrize("choices", [{}, {"fixed_report": True, "module_on": False}])
    async def test_none_unless_the_client_chose_it_and_uses_the_module(self, scene, choices):
        await scene.choose(**choices)
        await run(scene, REPORT, MAY_31)
        assert await cras(scene) == []

    async def test_none_at_a_fixed_price_where_days_bill_nothing(self, make_scene):
        scene = await make_scene(work_type=WorkType.FIXED_PRICE)
        await scene.choose(fixed_report=True)
        await run(scene, REPORT, MAY_31)
        assert await cras(scene) == []

    async def test_none_for_the_months_before_the_choice(self, scene):
        await scene.choose(fixed_report=True)
        await run(scene, REPORT, datetime(2026, 5, 20, 1, tzinfo=UTC))
        assert await cras(scene) == []

    async def test_one_where_nothing_is_left_stops_no_other(self, make_scene):
        empty = await make_scene(days=Decimal(1), period=Period(start=date(2026, 5, 30), end=date(2026, 5, 31)))
        full = await make_scene()
        for scene in (empty, full):
            await scene.choose(fixed_report=True)
        await run(full, REPORT, MAY_31)
        assert (await cras(empty), len(await cras(full))) == ([], 1)

    async def test_while_the_consultant_fills_it_in_there_is_one_report(self, scene):
        await scene.choose(fixed_report=True)
        scene.h.clock.set(MAY_31)
        sweep = Sweep(f"report-{scene.mission_id}", REPORT.every, REPORT.run)
        database = scene.h.platform.database
        filled, _, _ = await asyncio.gather(
            scene.fill("2026-05", ["2026-05-04"]), *(run_if_due(database, sweep, MAY_31) for _ in range(2))
        )
        (cra,) = await cras(scene)
        expected = {200: ("draft", "1.0"), 409: ("validated", "17.0")}
        assert (cra["status"], cra["total_days"]) == expected[filled.status_code]

    @pytest.mark.parametrize(
        ("today", "month"),
        [
            (date(2026, 5, 30), "2026-04"),
            (date(2026, 5, 31), "2026-05"),
            (date(2026, 6, 1), "2026-05"),
            (date(2028, 2, 28), "2028-01"),
            (date(2028, 2, 29), "2028-02"),
            (date(2027, 1, 1), "2026-12"),
        ],
    )
    def test_a_missed_last_day_is_made_up_for(self, today, month):
        assert month_to_report(today) == month


async def told(scene, template: str) -> int:
    who = {scene.order.consultant_id, scene.order.operational_manager_id}
    return sum(m.template == template and set(m.members) <= who for m in await scene.h.emitted(NotificationRequested))


class TestRemindConsultants:
    async def test_once_a_day_until_the_month_is_sent(self, scene):
        for day, count in ((29, 1), (29, 1), (30, 2)):
            await run(scene, CONSULTANTS, datetime(2026, 5, day, 1, tzinfo=UTC))
            assert await told(scene, "cra_reminder") == count
        await scene.pending()
        await run(scene, CONSULTANTS, MAY_31)
        assert await told(scene, "cra_reminder") == 2

    @pytest.mark.parametrize("choices", [{"submission_reminders": False}, {"module_on": False}, {"fixed_report": True}])
    async def test_not_where_the_client_does_without(self, scene, choices):
        await scene.choose(**choices)
        await run(scene, CONSULTANTS, MAY_31)
        assert await told(scene, "cra_reminder") == 0

    async def test_of_what_the_calendar_does_not_report(self, make_scene):
        begun, priced = await make_scene(), await make_scene(work_type=WorkType.FIXED_PRICE)
        late = await make_scene(period=Period(start=date(2026, 5, 4), end=date(2026, 5, 29)))
        for scene in (begun, priced):
            await scene.choose(fixed_report=True)
        await begun.drafted()
        late.h.clock.set(datetime(2026, 6, 1, 1, tzinfo=UTC))
        await late.choose(fixed_report=True)  # for June on: May was the consultant's to report
        await run(begun, CONSULTANTS, MAY_31)
        assert [await told(scene, "cra_reminder") for scene in (begun, priced)] == [1, 1]
        await run(late, CONSULTANTS, datetime(2026, 6, 1, 2, tzinfo=UTC))
        assert await told(late, "cra_reminder") == 2

    async def test_not_of_a_mission_that_begins_later(self, make_scene):
        scene = await make_scene(period=Period(start=date(2026, 6, 1), end=date(2026, 7, 1)))
        await run(scene, CONSULTANTS, MAY_31)
        assert await told(scene, "cra_reminder") == 0

    @pytest.mark.parametrize(
        ("day", "months"),
        [
            (date(2026, 5, 28), []),
            (date(2026, 5, 29), ["2026-05"]),
            (date(2026, 6, 5), ["2026-05"]),
            (date(2026, 6, 6), []),
        ],
    )
    def test_from_three_days_before_the_end_to_five_days_after(self, day, months):
        assert months_due(day) == months


class TestRemindClients:
    @pytest.mark.parametrize(("day", "count"), [(28, 0), (29, 1), (31, 1)])
    async def test_in_the_last_three_days_of_a_month_once_a_day(self, scene, day, count):
        await scene.submitted()
        for _ in range(2):
            await run(scene, CLIENTS, datetime(2026, 5, day, 1, tzinfo=UTC))
        assert await told(scene, "cra_validation_reminder") == count

    @pytest.mark.parametrize("state", ["drafted", "pending", "refused", "validated"])
    async def test_only_of_what_waits_for_them(self, scene, state):
        await getattr(scene, state)()
        await run(scene, CLIENTS, MAY_31)
        assert await told(scene, "cra_validation_reminder") == 0

    async def test_not_where_the_client_does_without(self, scene):
        await scene.submitted()
        await scene.choose(validation_reminders=False)
        await run(scene, CLIENTS, MAY_31)
        assert await told(scene, "cra_validation_reminder") == 0


class TestRemindByHand:
    async def remind(self, scene, caller=None, month: str = "2026-05"):
        url = f"/missions/{scene.mission_id}/cras/{month}/reminder"
        answer = await scene.call("POST", url, caller or scene.head)
        return answer.status_code, answer.json().get("code")

    async def test_once_a_day_whoever_asks(self, scene):
        commercial = await scene.supervise(scene.supplier(Role.COMMERCIAL), scene.order.consultant_id)
        answers = await asyncio.gather(*(self.remind(scene, who) for who in (scene.head, commercial)))
        assert sorted(answers, key=lambda one: one[0]) == [(200, None), (409, "already_reminded")]
        scene.h.clock.set(datetime(2026, 5, 20, 22, 30, tzinfo=UTC))  # the next day in Paris
        assert await self.remind(scene) == (200, None)
        assert await told(scene, "cra_reminder") == 2

    @pytest.mark.parametrize(
        ("state", "code"), [("drafted", None), ("refused", None), ("pending", "nothing_to_remind")]
    )
    async def test_of_what_is_not_sent(self, scene, state, code):
        await getattr(scene, state)()
        assert (await self.remind(scene))[1] == code

    async def test_not_of_a_month_that_cannot_be_filled_in(self, scene):
        assert await self.remind(scene, month="2026-06") == (409, "month_not_begun")
        assert await self.remind(scene, month="2026-09") == (404, "month_outside_mission")
        await scene.choose(module_on=False)
        assert await self.remind(scene) == (409, "module_off")

    async def test_is_for_the_provider_s_sellers(self, scene):
        own = scene.h.member(Role.FREELANCE, scene.order.provider_company_id, scene.order.consultant_id)
        assert [(await self.remind(scene, who))[0] for who in (own, scene.consultant, scene.manager)] == [403] * 3
        strangers = scene.supplier(Role.COMMERCIAL), scene.h.member(Role.GERANT)
        assert [(await self.remind(scene, who))[0] for who in strangers] == [404] * 2
