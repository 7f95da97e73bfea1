"""Ending a mission early needs both sides: proposal, answer, another day; whoever counts days hears of it."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from running import Running

from chassis.clock import months_after
from contracts.contracting import MissionRescheduled
from contracts.roles import Role
from contracts.timesheet import CraValidated
from contracts.values import Month

WHY = {"ends_on": "2026-12-18", "reason": "Project stopped", "comment": "First line\nsecond line"}


@pytest.fixture
async def ongoing(deal):
    return await Running(deal).begin()


async def propose(ongoing, by=None, status: int = 201, **changes):
    return await ongoing.post(f"{ongoing.url}/early-ends", by or ongoing.client, status, **WHY | changes)


async def settle(ongoing, month: str) -> None:
    ids = dict.fromkeys(("cra_id", "bdc_id", "validated_by"), ongoing.bdc["id"])
    at = datetime(2026, 12, 31, tzinfo=UTC)
    event = CraValidated(**ids, mission_id=ongoing.deal.mission_id, month=Month(month), days="5.0", validated_at=at)
    await ongoing.h.deliver(event)
    await ongoing.h.deliver(event)


@pytest.mark.req("CT-28")
class TestAccept:
    @pytest.mark.parametrize("proposer", ["client", "provider"])
    async def test_the_order_ends_on_the_day_that_the_other_side_accepts(self, ongoing, proposer):
        other = ongoing.provider if proposer == "client" else ongoing.client
        asked = await propose(ongoing, getattr(ongoing, proposer))
        assert (asked["status"], asked["shortens_notice"], asked["former_ends_on"]) == ("proposed", True, "2026-12-31")
        assert await ongoing.status() == "early_termination_requested"
        accepted = await ongoing.post(f"/early-ends/{asked['id']}/acceptance", other, waive_notice=True)
        assert accepted["status"] == "accepted"
        [moved] = await ongoing.deal.of(MissionRescheduled)
        assert (str(moved.bdc_id), moved.ends_on, moved.days) == (ongoing.bdc["id"], date(2026, 12, 18), None)
        assert (moved.reason, moved.version) == ("early_end", 2)
        mission = await ongoing.deal.mission()
        assert (mission["status"], mission["period"]["end"]) == ("in_progress", "2026-12-18")
        for day, status in [(18, "in_progress"), (19, "completed")]:
            ongoing.h.clock.set(datetime(2026, 12, day, 9, 0, tzinfo=UTC))
            await ongoing.advance()
            assert await ongoing.status() == status

    async def test_not_by_the_proposer_nor_twice(self, ongoing):
        url = f"/early-ends/{(await propose(ongoing))['id']}/acceptance"
        assert await ongoing.code(url, ongoing.client, waive_notice=True) == (403, "forbidden")
        assert await ongoing.code(url, ongoing.provider) == (409, "notice_not_waived")
        await ongoing.post(url, ongoing.provider, waive_notice=True)
        assert await ongoing.code(url, ongoing.provider, waive_notice=True) == (409, "illegal_move")

    async def test_two_who_answer_at_once_are_one_answer(self, ongoing):
        url = f"/early-ends/{(await propose(ongoing))['id']}"
        answers = await asyncio.gather(
            ongoing.deal.call("POST", f"{url}/acceptance", ongoing.provider, json={"waive_notice": True}),
            ongoing.deal.call("POST", f"{url}/refusal", ongoing.provider, json={"reason": "No"}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_not_once_the_day_has_gone_by(self, ongoing):
        url = f"/early-ends/{(await propose(ongoing))['id']}/acceptance"
        ongoing.h.clock.set(datetime(2026, 12, 19, 9, 0, tzinfo=UTC))
        assert await ongoing.code(url, ongoing.provider, waive_notice=True) == (422, "not_an_early_end")

    @pytest.mark.parametrize(("month", "status"), [("2026-12", 409), ("2026-11", 200)])
    async def test_not_within_a_month_that_was_validated_meanwhile(self, ongoing, month, status):
        url = f"/early-ends/{(await propose(ongoing))['id']}/acceptance"
        await settle(ongoing, month)
        answer = await ongoing.deal.call("POST", url, ongoing.provider, json={"waive_notice": True})
        assert answer.status_code == status


@pytest.mark.req("CT-28")
class TestNotice:
    @pytest.mark.parametrize(("ends_on", "shortens"), [("2027-01-09", True), ("2027-01-10", False)])
    async def test_is_one_month_from_the_day_it_is_asked_for(self, ongoing, ends_on, shortens):
        await ongoing.renewed()
        assert (await propose(ongoing, ends_on=ends_on))["shortens_notice"] is shortens
        assert months_after(date(2026, 12, 10), ongoing.bdc["notice_months"]) == date(2027, 1, 10)

    async def test_an_early_end_within_it_needs_no_waiver(self, ongoing):
        await ongoing.renewed()
        asked = await propose(ongoing, ends_on="2027-01-29")
        await ongoing.post(f"/early-ends/{asked['id']}/acceptance", ongoing.provider)
        assert (await ongoing.deal.mission())["period"]["end"] == "2027-01-29"


@pytest.mark.req("CT-28")
class TestRefuse:
    async def test_the_proposer_accepts_the_refusal_and_the_order_stays(self, ongoing):
        asked = await propose(ongoing)
        refused = await ongoing.post(f"/early-ends/{asked['id']}/refusal", ongoing.provider, reason="Too soon")
        assert (refused["status"], refused["refusal_reason"]) == ("refused", "Too soon")
        assert await ongoing.status() == "premature_end_rejected"
        url = f"/early-ends/{asked['id']}/withdrawal"
        assert (await ongoing.code(url, ongoing.provider))[0] == 403
        await ongoing.post(url, ongoing.client)
        mission = await ongoing.deal.mission()
        assert (mission["status"], mission["period"]["end"]) == ("in_progress", "2026-12-31")
        assert await ongoing.deal.of(MissionRescheduled) == []

    async def test_or_proposes_another_day_in_its_place(self, ongoing):
        asked = await propose(ongoing)
        await ongoing.post(f"/early-ends/{asked['id']}/refusal", ongoing.provider, reason="Too soon")
        assert (await ongoing.code(f"{ongoing.url}/early-ends", ongoing.provider, **WHY))[0] == 403
        again = await propose(ongoing, ends_on="2026-12-23")
        listed = (await ongoing.deal.call("GET", f"{ongoing.url}/early-ends", ongoing.provider)).json()["items"]
        assert [(one["id"], one["status"]) for one in listed] == [
            (again["id"], "proposed"),
            (asked["id"], "replaced"),
        ]
        await ongoing.post(f"/early-ends/{again['id']}/acceptance", ongoing.provider, waive_notice=True)
        assert (await ongoing.deal.mission())["period"]["end"] == "2026-12-23"


@pytest.mark.req("CT-28")
class TestPropose:
    @pytest.mark.parametrize(
        ("ends_on", "status"),
        [("2026-12-09", 422), ("2026-12-10", 201), ("2026-12-30", 201), ("2026-12-31", 422), ("2027-01-05", 422)],
    )
    async def test_a_day_from_today_to_before_the_last(self, ongoing, ends_on, status):
        answer = await propose(ongoing, status=status, ends_on=ends_on)
        assert answer.get("code") == (None if status == 201 else "not_an_early_end")

    async def test_not_before_the_first_order_nor_while_a_renewal_is_agreed(self, ongoing, deal_from):
        fresh = deal_from("FR")
        await fresh.ready()
        told = await fresh.call("POST", f"/missions/{fresh.mission_id}/early-ends", fresh.client.head, json=WHY)
        assert (told.status_code, told.json()["code"]) == (409, "illegal_move")
        await ongoing.ask()
        assert await ongoing.code(f"{ongoing.url}/early-ends", ongoing.client, **WHY) == (409, "illegal_move")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [({"reason": ""}, "reason"), ({"comment": "a\x00b"}, "comment"), ({"ends_on": "1000-01-01"}, "ends_on")],
    )
    async def test_bad_input_is_named(self, ongoing, changes, field):
        answer = await propose(ongoing, status=422, **changes)
        assert field in answer["errors"][0]["field"]

    @pytest.mark.parametrize("role", [Role.CONSULTANT, Role.ACHETEUR])
    async def test_is_not_for_consultants_nor_buyers(self, ongoing, role):
        side = ongoing.deal.provider if role is Role.CONSULTANT else ongoing.deal.client
        assert (await ongoing.code(f"{ongoing.url}/early-ends", side.member(role), **WHY))[0] == 403

    async def test_a_rival_finds_none(self, ongoing):
        asked = await propose(ongoing)
        for rival in (ongoing.deal.rival_provider, ongoing.deal.rival_client):
            for path in ("acceptance", "withdrawal"):
                told = await ongoing.code(f"/early-ends/{asked['id']}/{path}", rival)
                assert told == (404, "early_end_not_found")
            read = await ongoing.deal.call("GET", f"/early-ends/{asked['id']}", rival)
            assert read.status_code == 404
