"""The next order of a mission: asked for by the client, answered by the provider, made to hold by the client alone."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from running import NEXT, Running
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from contracting.mission.consumers import tell_of_ends
from contracting.renewal.consumers import lapse_renewals
from contracts.contracting import BdcIssued, MissionRescheduled
from contracts.notification import NotificationRequested
from contracts.roles import Role
from contracts.timesheet import CraValidated
from contracts.values import Money, Month, Period


@pytest.fixture
async def ongoing(deal):
    return await Running(deal).begin()


@pytest.mark.req("CT-17")
class TestAsk:
    @pytest.mark.req("CT-15")
    async def test_begins_the_day_after_at_the_same_rate_and_waits_for_the_provider(self, ongoing):
        renewal = await ongoing.ask()
        assert (renewal["status"], renewal["kind"]) == ("awaiting_provider", "renewal")
        assert renewal["period"] == {"start": "2027-01-01", "end": "2027-02-26"}
        assert renewal["daily_rate"] == renewal["former_daily_rate"] == {"amount": "500.00", "currency": "EUR"}
        assert await ongoing.status() == "ongoing_renewal"
        listed = await ongoing.deal.call("GET", "/renewals?status=awaiting_provider", ongoing.provider)
        assert [one["id"] for one in listed.json()["items"]] == [renewal["id"]]
        assert (await ongoing.deal.call("GET", "/renewals?status=awaiting_client", ongoing.provider)).json()[
            "items"
        ] == []

    @pytest.mark.parametrize(
        ("changes", "status", "code", "field"),
        [
            ({"starts_on": "2026-12-31"}, 409, "renewal_overlaps_order", "starts_on"),
            ({"starts_on": "2026-12-01"}, 409, "renewal_overlaps_order", "starts_on"),
            ({"starts_on": "2027-03-01"}, 422, "dates_reversed", "ends_on"),
            ({"daily_rate": "500.125"}, 422, "invalid_request", "daily_rate"),
            ({"daily_rate": "0"}, 422, "invalid_request", "daily_rate"),
            ({"daily_rate": "-1.00"}, 422, "invalid_request", "daily_rate"),
            ({"days": "0.0"}, 422, "invalid_request", "days"),
            ({"days": "1.3"}, 422, "invalid_request", "days"),
            ({"ends_on": "9999-12-31"}, 422, "invalid_request", "ends_on"),
        ],
    )
    async def test_what_does_not_fit_is_refused_with_its_field(self, ongoing, changes, status, code, field):
        answer = await ongoing.deal.call("POST", f"{ongoing.url}/renewals", ongoing.client, json=NEXT | changes)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert field in answer.json()["errors"][0]["field"]
        assert await ongoing.status() == "in_progress"

    async def test_one_at_a_time_even_when_two_ask_at_once(self, ongoing):
        both = [ongoing.deal.call("POST", f"{ongoing.url}/renewals", ongoing.client, json=NEXT) for _ in range(4)]
        assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [201, 409, 409, 409]

    async def test_not_before_the_first_order(self, deal):
        await deal.ready()
        asked = await deal.call("POST", f"/missions/{deal.mission_id}/renewals", deal.client.head, json=NEXT)
        assert (asked.status_code, asked.json()["code"]) == (409, "illegal_move")

    @pytest.mark.parametrize("role", Role)
    async def test_is_for_who_runs_missions_for_the_client(self, ongoing, role):
        allowed = role in {Role.RESPONSABLE_PROJET, Role.DIRECTEUR_ACHATS}
        side = ongoing.deal.client if allowed or role is Role.ACHETEUR else ongoing.deal.provider
        answer = await ongoing.deal.call("POST", f"{ongoing.url}/renewals", side.member(role), json=NEXT)
        assert answer.status_code == (201 if allowed else 403)


@pytest.mark.req("CT-16", "CT-17")
class TestAnswer:
    async def test_the_provider_s_other_terms_hold_only_once_the_client_validates(self, ongoing):
        other = await ongoing.colleague()
        renewal = await ongoing.ask()
        changes = {"starts_on": "2027-01-11", "daily_rate": "550.00", "consultant_id": str(other.member_id)}
        answered = await ongoing.post(f"/renewals/{renewal['id']}/answer", ongoing.provider, **changes)
        assert (answered["status"], answered["consultant_name"]) == ("awaiting_client", "Grace H.")
        assert answered["period"]["start"] == "2027-01-11"
        before = await ongoing.deal.mission()
        assert (before["daily_rate"]["amount"], before["line"], before["ready_to_issue"]) == ("500.00", 1, False)
        assert (await ongoing.deal.issue()).json()["code"] == "bdc_already_issued"
        await ongoing.post(f"/renewals/{renewal['id']}/validation", ongoing.client)
        await ongoing.deal.order("CMD-43")
        second = (await ongoing.deal.issue()).json()
        assert (second["daily_rate"]["amount"], second["consultant_name"]) == ("550.00", "Grace H.")
        assert (await ongoing.deal.mission())["daily_rate"]["amount"] == "550.00"

    async def test_the_provider_cannot_validate_nor_the_client_answer(self, ongoing):
        renewal = await ongoing.ask()
        assert (await ongoing.code(f"/renewals/{renewal['id']}/validation", ongoing.client))[1] == "illegal_move"
        assert (await ongoing.code(f"/renewals/{renewal['id']}/validation", ongoing.provider))[0] == 403
        assert (await ongoing.code(f"/renewals/{renewal['id']}/answer", ongoing.client))[0] == 403

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"starts_on": "2026-12-31"}, 409, "renewal_overlaps_order"),
            ({"starts_on": "2027-02-27"}, 422, "dates_reversed"),
            ({"daily_rate": "500.001"}, 422, "invalid_request"),
            ({"consultant_id": "018f2f7a-0000-7000-8000-000000000000"}, 422, "unknown_consultant"),
        ],
    )
    async def test_what_does_not_fit_is_refused(self, ongoing, changes, status, code):
        renewal = await ongoing.ask()
        assert await ongoing.code(f"/renewals/{renewal['id']}/answer", ongoing.provider, **changes) == (status, code)

    async def test_who_left_the_provider_is_not_its_consultant_any_more(self, ongoing):
        gone = await ongoing.colleague(over=True)
        renewal = await ongoing.ask()
        told = await ongoing.code(
            f"/renewals/{renewal['id']}/answer", ongoing.provider, consultant_id=str(gone.member_id)
        )
        assert told == (422, "unknown_consultant")

    async def test_a_validation_of_terms_that_changed_meanwhile_is_refused(self, ongoing):
        renewal = await ongoing.ask()
        answered = await ongoing.post(f"/renewals/{renewal['id']}/answer", ongoing.provider)
        await ongoing.post(f"/renewals/{renewal['id']}/answer", ongoing.provider, daily_rate="600.00")
        seen = {"If-Match": f'"{answered["version"]}"'}
        url = f"/renewals/{renewal['id']}/validation"
        assert (await ongoing.deal.call("POST", url, ongoing.client, headers=seen)).status_code == 412

    @pytest.mark.parametrize("turn", ["provider", "client"])
    async def test_whoever_s_turn_it_is_may_reject_with_a_reason(self, ongoing, turn):
        renewal = await ongoing.ask()
        if turn == "client":
            await ongoing.post(f"/renewals/{renewal['id']}/answer", ongoing.provider)
        other = ongoing.client if turn == "provider" else ongoing.provider
        url = f"/renewals/{renewal['id']}/rejection"
        assert (await ongoing.code(url, other, reason="No budget"))[0] in {403, 409}
        rejected = await ongoing.post(url, getattr(ongoing, turn), reason="No budget")
        assert (rejected["status"], rejected["reason"]) == ("rejected", "No budget")
        assert await ongoing.status() == "in_progress"
        assert (await ongoing.ask())["status"] == "awaiting_provider"


class TestOrder:
    @pytest.mark.req("CT-10", "CT-15", "CT-17", "CT-22")
    async def test_is_the_next_line_of_the_same_number_with_its_own_event_and_document(self, ongoing):
        second = await ongoing.renewed()
        assert second["reference"] == ongoing.bdc["reference"][:-1] + "2"
        first_event, event = await ongoing.deal.of(BdcIssued)
        assert first_event.bdc_id != event.bdc_id
        assert first_event.mission_id == event.mission_id
        assert (event.period, event.days) == (Period(start=date(2027, 1, 1), end=date(2027, 2, 26)), 40)
        assert (event.daily_rate, event.client_order_reference) == (Money.of("500"), "CMD-43")
        mission = await ongoing.deal.mission()
        assert (mission["status"], mission["period"]["end"]) == ("in_progress", "2027-02-26")
        assert [one["reference"] for one in mission["assignments"]] == [ongoing.bdc["reference"], second["reference"]]
        first = await ongoing.deal.call("GET", f"/bdcs/{ongoing.bdc['id']}", ongoing.provider)
        assert first.json() == ongoing.bdc
        document = await ongoing.deal.call("GET", f"/bdcs/{second['id']}/document", ongoing.client)
        assert document.content.startswith(b"%PDF-")

    @pytest.mark.req("CT-09", "CT-11", "CT-12")
    async def test_every_gate_is_looked_at_again(self, ongoing):
        await ongoing.agreed()
        refused = await ongoing.deal.issue()
        assert [one["code"] for one in refused.json()["errors"]] == ["client_order_missing"]
        await ongoing.deal.order("CMD-43")
        await ongoing.h.deliver(ongoing.deal.provider.compliance(version=2, valid_until=date(2026, 12, 9)))
        refused = await ongoing.deal.issue()
        assert [one["code"] for one in refused.json()["errors"]] == ["documents_expired"]

    @pytest.mark.req("CT-18", "CT-19", "CT-20")
    async def test_the_payment_option_is_frozen_in_between_and_chosen_anew(self, ongoing):
        assert (await ongoing.deal.choose("flash")).json()["code"] == "payment_option_frozen"
        renewal = await ongoing.ask()
        await ongoing.post(f"/renewals/{renewal['id']}/answer", ongoing.provider)
        assert (await ongoing.deal.choose("flash")).json()["code"] == "payment_option_frozen"
        await ongoing.post(f"/renewals/{renewal['id']}/validation", ongoing.client)
        assert (await ongoing.deal.choose("flash")).status_code == 200
        await ongoing.deal.order("CMD-43")
        assert (await ongoing.deal.issue()).json()["payment_option"] == "flash"
        first, second = await ongoing.deal.of(BdcIssued)
        assert (first.payment_option, second.payment_option) == ("express", "flash")
        assert (await ongoing.deal.choose("basic")).json()["code"] == "payment_option_frozen"

    async def test_withdrawn_before_the_order_leaves_everything_as_it_was(self, ongoing):
        before = await ongoing.deal.mission()
        renewal = await ongoing.agreed()
        await ongoing.deal.choose("flash")
        await ongoing.deal.order("CMD-43")
        await ongoing.post(f"/renewals/{renewal['id']}/withdrawal", ongoing.client)
        after = await ongoing.deal.mission()
        for same in ("status", "payment_option", "client_order", "line", "period", "daily_rate"):
            assert after[same] == before[same], same
        assert (await ongoing.deal.issue()).json()["code"] == "bdc_already_issued"

    async def test_ten_orders_at_once_are_one(self, ongoing):
        await ongoing.agreed()
        await ongoing.deal.order("CMD-43")
        answers = await asyncio.gather(*(ongoing.deal.issue() for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9

    async def test_the_database_itself_refuses_a_day_shared_by_two_orders(self, h, ongoing):
        second = await ongoing.renewed()
        for column, rule in (("starts_on", "ex_bdcs_overlap"), ("ends_on", "ck_bdcs_in_order")):
            with pytest.raises(IntegrityError, match=rule):
                await self.move(h, column, second["id"])

    async def move(self, h, column: str, bdc_id: str):
        async with h.tx() as tx:
            await tx.execute(text(f"UPDATE bdcs SET {column} = '2026-12-31' WHERE id = :id"), {"id": bdc_id})


@pytest.mark.req("CT-24")
class TestReplacement:
    async def replaced(self, ongoing, **changes):
        other = await ongoing.colleague()
        body = {"consultant_id": str(other.member_id), "starts_on": "2026-12-21", "days": "6.0"} | changes
        return await ongoing.deal.call("POST", f"{ongoing.url}/replacements", ongoing.provider, json=body)

    async def test_another_consultant_goes_on_once_the_client_agrees_and_the_order_is_out(self, ongoing):
        asked = (await self.replaced(ongoing)).json()
        assert (asked["kind"], asked["status"], asked["consultant_name"]) == (
            "replacement",
            "awaiting_client",
            "Grace H.",
        )
        await ongoing.post(f"/renewals/{asked['id']}/validation", ongoing.client)
        await ongoing.deal.order("CMD-43")
        second = (await ongoing.deal.issue()).json()
        assert (second["days"], second["period"]) == ("6.0", {"start": "2026-12-21", "end": "2026-12-31"})
        [moved] = await ongoing.deal.of(MissionRescheduled)
        assert (str(moved.bdc_id), moved.ends_on, moved.days) == (ongoing.bdc["id"], date(2026, 12, 20), 12)
        assert (moved.reason, moved.version) == ("replacement", 2)
        for caller in (ongoing.provider, ongoing.client):
            shown = (await ongoing.deal.mission(by=caller))["assignments"]
            assert [(one["consultant_name"], one["period"]["start"]) for one in shown] == [
                ("Ada L.", "2026-12-01"),
                ("Grace H.", "2026-12-21"),
            ]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"starts_on": "2026-12-01"}, "replacement_outside_order"),
            ({"starts_on": "2027-01-01"}, "dates_reversed"),
            ({"days": "18.0"}, "too_many_days"),
            ({"consultant_id": "018f2f7a-0000-7000-8000-000000000000"}, "unknown_consultant"),
        ],
    )
    async def test_what_does_not_fit_is_refused(self, ongoing, changes, code):
        answer = await self.replaced(ongoing, **changes)
        assert (answer.status_code in {409, 422}, answer.json()["code"]) == (True, code)

    async def test_not_within_a_month_that_is_validated(self, ongoing):
        await ongoing.h.deliver(validated(ongoing))
        assert (await self.replaced(ongoing)).json()["code"] == "month_already_validated"


def validated(ongoing, month: str = "2026-12") -> CraValidated:
    mission, bdc = ongoing.deal.mission_id, ongoing.bdc["id"]
    ids = {"cra_id": bdc, "mission_id": mission, "bdc_id": bdc, "validated_by": bdc}
    return CraValidated(**ids, month=Month(month), days="18.0", validated_at=datetime(2026, 12, 31, tzinfo=UTC))


class TestTime:
    @pytest.mark.req("CT-17")
    async def test_the_client_alone_hears_once_twenty_days_before_the_end(self, h, ongoing):
        for day, told in [(10, 0), (11, 1), (12, 1)]:
            async with h.tx() as tx:
                await tell_of_ends(tx, datetime(2026, 12, day, 9, 0, tzinfo=UTC))
            found = [
                one
                for one in await h.emitted(NotificationRequested)
                if one.template == "mission_ending" and str(one.subject_id) == ongoing.deal.mission_id
            ]
            assert len(found) == told
        assert [one.company_id for one in found[0].roles] == [ongoing.deal.client.id]

    @pytest.mark.req("CT-17")
    async def test_a_renewal_may_be_agreed_for_thirty_days_after_the_end_and_lapses_then(self, h, ongoing):
        renewal = await ongoing.ask()
        for after, status, mission in [(30, "awaiting_provider", "ongoing_renewal"), (31, "lapsed", "completed")]:
            h.clock.set(datetime(2026, 12, 31, 9, 0, tzinfo=UTC) + timedelta(days=after))
            await ongoing.advance()
            async with h.tx() as tx:
                await lapse_renewals(tx, h.clock())
            read = await ongoing.deal.call("GET", f"/renewals/{renewal['id']}", ongoing.client)
            assert (read.json()["status"], await ongoing.status()) == (status, mission)


@pytest.mark.req("CT-17")
async def test_a_rival_finds_no_renewal(ongoing):
    renewal = await ongoing.ask()
    deal = ongoing.deal
    for rival in (deal.rival_provider, deal.rival_client):
        url = f"/renewals/{renewal['id']}"
        for answer in (
            await deal.call("GET", url, rival),
            await deal.call("POST", f"{url}/withdrawal", rival),
            await deal.call("POST", f"{url}/rejection", rival, json={"reason": "Mine"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "renewal_not_found")
        assert (await deal.call("GET", "/renewals", rival)).json()["items"] == []
