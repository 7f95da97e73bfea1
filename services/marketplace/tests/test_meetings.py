"""Qualification meetings and their calendar files, over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from icalendar import Calendar
from proposal_steps import LATER, SLOT, invite, select, sides

from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from contracts.notification import NotificationRequested
from contracts.roles import BUYERS, SELLERS, Role
from marketplace.meeting.domain import MOVES, MeetingStatus

S = MeetingStatus
ALLOWED = {
    S.CONFIRMED: ({S.PROPOSED}, SELLERS),
    S.DECLINED: ({S.PROPOSED}, SELLERS),
    S.CANCELLED: ({S.PROPOSED, S.CONFIRMED}, BUYERS | SELLERS),
}


async def act(market, caller, meeting, what, **body):
    return await market.call("POST", f"/meetings/{meeting['id']}/{what}", caller, json=body)


async def calendar(market, caller, meeting):
    return await market.call("GET", f"/meetings/{meeting['id']}/calendar", caller)


@pytest.mark.parametrize(("present", "target", "role"), list(product(S, S, Role)))
def test_each_move_is_as_the_table_says(present, target, role):
    sources, by = ALLOWED.get(target, (set(), set()))
    if present in sources and role in by:
        assert check_move(MOVES, present, target, role) == target
    else:
        with pytest.raises((Forbidden, IllegalMove)):
            check_move(MOVES, present, target, role)


class TestPropose:
    @pytest.mark.req("MK-07")
    async def test_only_for_an_interesting_proposal(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        proposal = await market.proposed(seller, await market.published(buyer))

        async def refused():
            answer = await invite(market, buyer, proposal)
            assert (answer.status_code, answer.json()["code"]) == (409, "proposal_not_interesting")

        await refused()
        await market.call("GET", f"/proposals/{proposal['id']}", buyer)
        await refused()
        await market.qualify(buyer, proposal, "not_interesting")
        await refused()
        await market.qualify(buyer, proposal, "interesting")
        assert (await invite(market, buyer, proposal)).status_code == 201
        [told] = [n for n in await market.h.emitted(NotificationRequested) if n.template == "meeting_proposed"][-1:]
        assert told.members == [seller.member_id]
        assert told.context["slots"] == "2026-11-10 10:00 (Europe/Paris); 2026-11-11 14:30 (Europe/Paris)"
        await select(market, buyer, proposal)
        await refused()

    @pytest.mark.parametrize("role", sorted(set(Role) - BUYERS))
    async def test_refused_to_other_roles(self, market, role):
        buyer, _, proposal = await sides(market)
        assert (await invite(market, market.h.member(role, buyer.company), proposal)).status_code == 403

    async def test_one_waits_at_a_time(self, market):
        buyer, _, proposal = await sides(market)
        answers = await asyncio.gather(*(invite(market, buyer, proposal) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert {a.json()["code"] for a in answers if a.status_code == 409} == {"meeting_waiting"}

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"slots": []}, "slots"),
            ({"slots": [SLOT] * 6}, "slots"),
            ({"slots": [{"start": "2026-11-10T10:00:00", "time_zone": "Europe/Paris"}]}, "slots.0.start"),
            ({"slots": [SLOT | {"time_zone": "Europe/Lutetia"}]}, "slots.0"),
            ({"slots": [SLOT | {"time_zone": "../etc/passwd"}]}, "slots.0"),
            ({"slots": [SLOT | {"start": "2026-11-10T10:00:00+02:00"}]}, "slots.0"),
            ({"slots": [SLOT, LATER | {"start": "2026-11-01T10:00:00+01:00"}]}, "slots.1.start"),
            ({"slots": [SLOT | {"start": "2028-11-10T10:00:00+01:00"}]}, "slots.0.start"),
            ({"minutes": 14}, "minutes"),
            ({"minutes": 481}, "minutes"),
            ({"place": "a\nb"}, "place"),
        ],
    )
    async def test_a_wrong_time_is_refused_by_field(self, market, change, field):
        buyer, _, proposal = await sides(market)
        answer = await invite(market, buyer, proposal, **change)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    async def test_a_second_before_now_is_past(self, market):
        buyer, _, proposal = await sides(market)
        now = market.h.clock()
        past, near = ((now + timedelta(seconds=s)).isoformat() for s in (-1, 30))
        assert (await invite(market, buyer, proposal, {"start": past, "time_zone": "UTC"})).status_code == 422
        assert (await invite(market, buyer, proposal, {"start": near, "time_zone": "UTC"})).status_code == 201


class TestClocks:
    @pytest.mark.parametrize(
        ("start", "exists"),
        [
            ("2027-03-28T01:59:00+01:00", True),
            ("2027-03-28T02:30:00+01:00", False),
            ("2027-03-28T02:30:00+02:00", False),
            ("2027-03-28T03:00:00+02:00", True),
            ("2027-10-31T02:30:00+02:00", True),
            ("2027-10-31T02:30:00+01:00", True),
            ("2027-10-31T03:00:00+02:00", False),
        ],
    )
    async def test_an_hour_that_is_skipped_does_not_exist_and_one_that_comes_twice_is_told_apart(
        self, market, start, exists
    ):
        buyer, seller, proposal = await sides(market)
        answer = await invite(market, buyer, proposal, {"start": start, "time_zone": "Europe/Paris"})
        assert answer.status_code == (201 if exists else 422), answer.text
        if exists:
            meeting = answer.json()
            await act(market, seller, meeting, "confirmation", start=start)
            [event] = Calendar.from_ical((await calendar(market, seller, meeting)).content).walk("VEVENT")
            assert event.start == datetime.fromisoformat(start).astimezone(UTC)


class TestAnswer:
    @pytest.mark.req("MK-07")
    async def test_both_sides_are_mailed_the_time_for_their_calendars(self, market):
        buyer, seller, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal, minutes=45, place="Lyon, salle 2")).json()
        early = await calendar(market, buyer, meeting)
        assert (early.status_code, early.json()["code"]) == (409, "meeting_not_confirmed")
        confirmed = await act(market, seller, meeting, "confirmation", start=LATER["start"])
        assert (confirmed.json()["status"], confirmed.json()["agreed"]) == ("confirmed", LATER)
        [told] = [n for n in await market.about(NotificationRequested, meeting["id"]) if n.calendar]
        assert (told.template, told.members) == ("meeting_confirmed", sorted([buyer.member_id, seller.member_id]))
        file = await calendar(market, buyer, meeting)
        assert file.headers["content-type"].startswith("text/calendar")
        for text in (told.calendar, file.text):
            read = Calendar.from_ical(text)
            [event] = read.walk("VEVENT")
            assert (read["METHOD"], event["SEQUENCE"], event["STATUS"]) == ("REQUEST", 0, "CONFIRMED")
            assert event.start == datetime(2026, 11, 11, 13, 30, tzinfo=UTC)
            assert event.end - event.start == timedelta(minutes=45)
            assert event["LOCATION"] == "Lyon, salle 2"
            assert "mailto" not in text.lower()
            assert "@" not in text

    @pytest.mark.req("MK-07")
    async def test_calling_it_off_takes_it_from_the_calendars(self, market):
        buyer, seller, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal)).json()
        await act(market, seller, meeting, "confirmation", start=SLOT["start"])
        first = Calendar.from_ical((await calendar(market, buyer, meeting)).text).walk("VEVENT")[0]
        assert (await act(market, buyer, meeting, "cancellation", reason="Ill")).json()["status"] == "cancelled"
        told = (await market.about(NotificationRequested, meeting["id"]))[-1]
        off = Calendar.from_ical(told.calendar)
        [event] = off.walk("VEVENT")
        assert (off["METHOD"], event["SEQUENCE"], event["STATUS"]) == ("CANCEL", 1, "CANCELLED")
        assert event["UID"] == first["UID"]

    async def test_what_was_never_agreed_is_called_off_without_a_file(self, market):
        buyer, seller, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal)).json()
        await act(market, seller, meeting, "cancellation", reason="Taken")
        assert (await market.about(NotificationRequested, meeting["id"]))[-1].calendar is None

    async def test_none_suits_and_others_would(self, market):
        buyer, seller, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal, SLOT)).json()
        declined = await act(market, seller, meeting, "refusal", reason="Abroad", other_slots=[LATER])
        assert (declined.json()["status"], declined.json()["other_slots"]) == ("declined", [LATER])
        told = (await market.about(NotificationRequested, meeting["id"]))[-1]
        assert (told.members, told.context["slots"]) == ([buyer.member_id], "2026-11-11 14:30 (Europe/Paris)")
        assert (await invite(market, buyer, proposal, LATER)).status_code == 201

    async def test_none_of_the_times_proposed_is_refused(self, market):
        buyer, seller, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal, SLOT)).json()
        answer = await act(market, seller, meeting, "confirmation", start=LATER["start"])
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_slot")

    async def test_a_time_that_has_passed_meanwhile_is_refused(self, market):
        buyer, seller, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal)).json()
        market.h.clock.offset += timedelta(days=8, hours=12)
        late = await act(market, seller, meeting, "confirmation", start=SLOT["start"])
        assert (late.status_code, late.json()["code"]) == (422, "slot_not_future")
        assert (await act(market, seller, meeting, "confirmation", start=LATER["start"])).status_code == 200

    async def test_an_answer_and_a_cancellation_at_the_same_moment_leave_one_state(self, market):
        buyer, seller, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal)).json()
        answers = await asyncio.gather(
            act(market, seller, meeting, "refusal", reason="Abroad"),
            act(market, buyer, meeting, "cancellation", reason="Ill"),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_nobody_elses_business(self, market):
        buyer, _, proposal = await sides(market)
        meeting = (await invite(market, buyer, proposal)).json()
        for rival in (await market.buyer(), await market.seller()):
            for found in (await calendar(market, rival, meeting), await calendar(market, rival, {"id": uuid4()})):
                assert (found.status_code, found.json()["code"]) == (404, "meeting_not_found")
