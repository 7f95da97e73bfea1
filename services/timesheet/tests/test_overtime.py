"""Overtime and on-call duty: by the table that both sides agreed on, and by nothing else."""

import asyncio
from uuid import uuid4

import pytest
from line_steps import agreed, bill, propose, rate

from contracts.notification import NotificationRequested
from contracts.roles import Role
from contracts.timesheet import CraValidated
from timesheet.rate.domain import ALLOWED, RateStatus, Side

NIGHT = {"code": "ASTR", "on": "2026-05-06", "quantity": "7.5"}


async def report(scene, cra_id, caller=None, **changes):
    return await scene.call("POST", f"/cras/{cra_id}/overtime", caller or scene.consultant, json=NIGHT | changes)


async def settle(scene, rate_id, action, caller):
    return await scene.call("POST", f"/rates/{rate_id}/{action}", caller)


async def table(scene, caller=None):
    answer = await scene.call("GET", f"/missions/{scene.mission_id}/rates", caller or scene.head)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.req("TS-09")
class TestReport:
    async def test_an_entry_is_priced_by_the_table(self, scene):
        await rate(scene)
        cra_id = await scene.drafted()
        assert (await report(scene, cra_id)).status_code == 201
        _, line = (await bill(scene, cra_id))["lines"]
        assert (line["kind"], line["title"], line["unit"]) == ("overtime", "Astreinte de nuit", "HUR")
        assert (line["quantity"], line["unit_price"]["amount"], line["net"]["amount"]) == ("7.50", "45.50", "341.25")

    async def test_without_a_table_it_is_refused_with_the_reason(self, scene):
        answer = await report(scene, await scene.drafted())
        assert (answer.status_code, answer.json()["code"]) == (409, "rate_not_agreed")
        assert answer.json()["errors"][0]["field"] == "code"

    async def test_what_is_only_proposed_counts_for_nothing(self, scene):
        await propose(scene)
        assert (await report(scene, await scene.drafted())).json()["code"] == "rate_not_agreed"

    async def test_each_mission_has_a_table_of_its_own(self, make_scene):
        ours, theirs = await make_scene(), await make_scene()
        await rate(theirs)
        assert (await report(ours, await ours.drafted())).json()["code"] == "rate_not_agreed"

    @pytest.mark.parametrize(
        ("day", "holds"), [("2026-05-04", False), ("2026-05-05", True), ("2026-05-20", True), ("2026-05-21", False)]
    )
    async def test_a_rate_holds_from_its_first_to_its_last_day(self, scene, day, holds):
        await rate(scene, starts_on="2026-05-05", ends_on="2026-05-20")
        answer = await report(scene, await scene.drafted(), on=day)
        assert answer.status_code == (201 if holds else 409)

    @pytest.mark.parametrize(("day", "is_in"), [("2026-04-14", False), ("2026-04-15", True), ("2026-05-01", False)])
    async def test_the_date_is_of_the_month_and_the_order(self, scene, day, is_in):
        await rate(scene, starts_on="2026-01-01")
        answer = await report(scene, await scene.drafted("2026-04", ["2026-04-15"]), on=day)
        assert answer.status_code == (201 if is_in else 422)
        assert is_in or answer.json()["errors"][0]["field"] == "on"

    @pytest.mark.parametrize(("unit", "most"), [("HUR", "24"), ("DAY", "1"), ("C62", "100")])
    async def test_a_day_holds_no_more_than_it_can(self, scene, unit, most):
        await rate(scene, unit=unit)
        cra_id = await scene.drafted()
        too_much = await report(scene, cra_id, quantity=f"{most}.01")
        assert (too_much.status_code, too_much.json()["code"]) == (422, "invalid_overtime")
        assert (await report(scene, cra_id, quantity=most)).status_code == 201
        assert (await report(scene, cra_id, quantity="0.01")).status_code == 422
        assert (await report(scene, cra_id, quantity="0.01", on="2026-05-07")).status_code == 201

    @pytest.mark.parametrize("quantity", ["0", "-1", "1.234", "NaN"])
    async def test_a_quantity_is_a_positive_number(self, scene, quantity):
        answer = await report(scene, await scene.drafted(), quantity=quantity)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "quantity")

    async def test_the_price_of_the_day_stays_whatever_is_agreed_later(self, scene, h):
        await rate(scene)
        cra_id = await scene.drafted()
        await report(scene, cra_id)
        await rate(scene, price="60.00", starts_on="2026-05-07")
        await report(scene, cra_id, on="2026-05-07")
        await agreed(scene, cra_id)
        [event] = [one for one in await h.emitted(CraValidated) if str(one.cra_id) == cra_id]
        assert [str(line.unit_price.amount) for line in event.lines] == ["500.00", "45.50", "60.00"]

    async def test_a_consultant_is_not_shown_the_price(self, scene):
        await rate(scene)
        cra_id = await scene.drafted()
        shown = (await report(scene, cra_id)).json()
        assert (shown["net"], {line["net"] for line in shown["lines"]}) == (None, {None})
        assert [one["price"] for one in await table(scene, scene.consultant)] == [None]


ACTIONS = {"acceptance": RateStatus.ACCEPTED, "refusal": RateStatus.REFUSED, "withdrawal": RateStatus.WITHDRAWN}
REACHED = {outcome: action for action, outcome in ACTIONS.items()}


@pytest.mark.req("TS-09")
class TestAgree:
    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("status", RateStatus)
    async def test_each_status_and_side_by_the_table(self, scene, status, action):
        buyer = scene.client(Role.DIRECTEUR_ACHATS)
        sides = {Side.CLIENT: buyer, Side.PROVIDER: scene.head}
        rate_id = (await propose(scene)).json()["id"]
        if status in REACHED:
            by = next(iter(ALLOWED[status].by))
            assert (await settle(scene, rate_id, REACHED[status], sides[by])).status_code == 200
        for side, caller in sides.items():
            answer = await settle(scene, rate_id, action, caller)
            if side not in ALLOWED[ACTIONS[action]].by:
                assert answer.status_code == 403
            else:
                assert answer.status_code == (200 if status is RateStatus.PROPOSED else 409)

    @pytest.mark.parametrize(
        ("days", "status"),
        [
            ({"starts_on": "2026-06-01"}, 200),  # takes over from the open-ended one
            ({"starts_on": "2026-04-15"}, 409),  # the same first day
            ({"starts_on": "2026-04-01"}, 409),
            ({"starts_on": "2026-04-01", "ends_on": "2026-04-15"}, 409),
            ({"starts_on": "2026-04-01", "ends_on": "2026-04-14"}, 200),
            ({"code": "NUIT"}, 200),
        ],
    )
    async def test_a_code_has_one_price_a_day(self, scene, days, status):
        await rate(scene)
        rate_id = (await propose(scene, **days)).json()["id"]
        answer = await settle(scene, rate_id, "acceptance", scene.head)
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "rate_overlaps"

    async def test_the_former_price_ends_on_the_day_before(self, scene):
        former = await rate(scene)
        await rate(scene, starts_on="2026-06-01", price="60.00")
        ends = {one["id"]: one["ends_on"] for one in await table(scene)}
        assert ends.pop(former) == "2026-05-31"
        assert list(ends.values()) == [None]

    async def test_two_acceptances_at_once_leave_one_price(self, scene):
        ids = [(await propose(scene, price=price)).json()["id"] for price in ("45.50", "60.00")]
        answers = await asyncio.gather(*(settle(scene, one, "acceptance", scene.head) for one in ids))
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"ends_on": "2026-04-14"}, "ends_on"),
            ({"price": "0"}, "price"),
            ({"unit": "MON"}, "unit"),
            ({"code": "nuit"}, "code"),
            ({"label": ""}, "label"),
        ],
    )
    async def test_what_is_wrong_is_named(self, scene, changes, field):
        answer = await propose(scene, **changes)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    @pytest.mark.req("CO-05")
    async def test_who_runs_the_provider_or_looks_after_the_consultant_is_told_what_is_asked(self, scene, h):
        commercial = await scene.supervise(scene.supplier(Role.COMMERCIAL), scene.order.consultant_id)
        await scene.supervise(scene.supplier(Role.COMMERCIAL), uuid4())
        rate_id = (await propose(scene)).json()["id"]
        [told] = [one for one in await h.emitted(NotificationRequested) if str(one.subject_id) == rate_id]
        assert (told.template, told.roles[0].company_id) == ("rate_proposed", scene.order.provider_company_id)
        assert (told.members, told.roles[0].roles) == ([commercial.member_id], [Role.FREELANCE, Role.GERANT])
        assert told.context == {"title": "Refonte du portail", "code": "ASTR", "label": "Astreinte de nuit"}

    async def test_only_the_clients_head_of_purchasing_proposes(self, scene):
        for caller in (scene.manager, scene.head, scene.consultant):
            assert (await propose(scene, caller)).status_code == 403

    async def test_no_rate_of_that_name_and_none_of_strangers(self, scene, make_scene):
        stranger = await make_scene()
        rate_id = (await propose(scene)).json()["id"]
        for unknown, caller in ((uuid4(), scene.head), (rate_id, stranger.head)):
            answer = await settle(scene, unknown, "acceptance", caller)
            assert (answer.status_code, answer.json()["code"]) == (404, "rate_not_found")
