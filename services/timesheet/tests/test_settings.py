"""How a client has its activity reports handled: who decides, and what each choice changes."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from line_steps import TRAIN, rate, spend
from sqlalchemy import select

from contracts.contracting import WorkType
from contracts.notification import NotificationRequested
from contracts.roles import Role
from contracts.timesheet import CraValidated
from timesheet.settings.domain import ActivitySettings, Choices

DEFAULT = asdict(Choices())
MONTH = "2026-05"


async def put(scene, caller, headers=None, **changes):
    return await scene.call("PUT", "/activity-settings", caller, json=DEFAULT | changes, headers=headers or {})


def chooser(scene):
    return scene.client(Role.DIRECTEUR_ACHATS)


class TestChoose:
    async def test_who_has_chosen_nothing_has_the_default(self, scene):
        answer = await scene.call("GET", "/activity-settings", scene.manager)
        shown = {"client_company_id": str(scene.order.client_company_id), "version": 0}
        assert (answer.json(), answer.headers["etag"]) == (DEFAULT | shown, '"0"')

    async def test_every_choice_holds_from_then_on_for_that_client_alone(self, scene, make_scene):
        other = await make_scene()
        flipped = {name: not chosen for name, chosen in DEFAULT.items()}
        answer = await put(scene, chooser(scene), **flipped)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
        read = (await scene.call("GET", "/activity-settings", scene.manager)).json()
        assert {name: read[name] for name in DEFAULT} == flipped
        assert (await other.call("GET", "/activity-settings", other.manager)).json()["version"] == 0

    async def test_two_people_who_read_the_same_do_not_overwrite_each_other(self, scene):
        first, second = [
            await put(scene, chooser(scene), {"If-Match": '"0"'}, weekends_allowed=on) for on in (True, False)
        ]
        assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "version_conflict")

    async def test_four_first_choices_at_once_lose_none_silently(self, scene):
        answers = await asyncio.gather(*(put(scene, chooser(scene), {"If-Match": '"0"'}) for _ in range(4)))
        assert {answer.status_code for answer in answers} <= {200, 409, 412}
        assert [answer.status_code for answer in answers].count(200) == 1

    @pytest.mark.parametrize("role", [Role.RESPONSABLE_PROJET, Role.ACHETEUR])
    async def test_is_for_the_head_of_purchasing(self, scene, role):
        assert (await put(scene, scene.client(role))).status_code == 403
        assert (await put(scene, scene.head)).status_code == 403

    @pytest.mark.parametrize("body", [{}, {"module_on": True}, DEFAULT | {"module_on": "maybe"}, DEFAULT | {"x": True}])
    async def test_every_choice_is_named_and_no_other(self, scene, body):
        answer = await scene.call("PUT", "/activity-settings", chooser(scene), json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    async def test_who_chose_is_exported_and_forgotten_in_time(self, scene, h):
        who = chooser(scene)
        await put(scene, who)
        assert len((await h.exported(who.member_id))["activity settings"]) == 1
        for day, kept in ((20, True), (21, False)):
            async with h.forgetting(datetime(2036, 5, day, 12, tzinfo=UTC)) as tx:
                query = select(ActivitySettings.changed_by)
                query = query.where(ActivitySettings.client_company_id == scene.order.client_company_id)
                assert ((await tx.scalars(query)).one() == who.member_id) is kept


@pytest.mark.req("TS-03")
class TestModule:
    async def test_on_the_month_is_filled_in_here(self, scene):
        await scene.choose(module_on=True)
        assert (await scene.fill(MONTH, ["2026-05-04"])).status_code == 200

    async def test_off_none_is_begun_filled_in_nor_sent_and_the_reason_is_said(self, scene):
        draft = await scene.drafted("2026-04", ["2026-04-15"])
        await scene.choose(module_on=False)
        sent = await scene.call("POST", f"/cras/{draft}/submission", scene.consultant)
        span = await scene.call("PUT", f"{path(scene)}/fill", scene.consultant, json={"quantity": "1.0"})
        begun, filled = await scene.fill(MONTH, ["2026-05-04"]), await scene.fill("2026-04", ["2026-04-16"])
        assert {(a.status_code, a.json()["code"]) for a in (begun, filled, sent, span)} == {(409, "module_off")}
        months = (await scene.call("GET", f"/missions/{scene.mission_id}/months", scene.consultant)).json()["items"]
        assert [(m["status"], m["reason"]) for m in months] == [
            ("draft", None),
            *[("not_started", "module_off")] * 3,
        ]

    async def test_off_no_line_of_a_draft_is_written_nor_removed(self, make_scene):
        scene = await make_scene(work_type=WorkType.FIXED_PRICE)
        cra_id = await scene.drafted()
        await rate(scene)
        line = (await spend(scene, cra_id)).json()["lines"][-1]["id"]
        await scene.choose(module_on=False)
        url = f"/cras/{cra_id}"
        overtime, delivered = {"code": "ASTR", "on": "2026-05-06", "quantity": "1"}, {"title": "T", "amount": "1.00"}
        correction = {"month": "2026-04", "quantity": "1", "comment": "One day more"}
        answers = [
            await spend(scene, cra_id),
            await scene.call("PUT", f"{url}/expenses/{line}", scene.consultant, data=TRAIN),
            await scene.call("POST", f"{url}/overtime", scene.consultant, json=overtime),
            await scene.call("POST", f"{url}/deliverables", scene.head, json=delivered),
            await scene.call("POST", f"{url}/adjustments", scene.consultant, data=correction),
            await scene.call("DELETE", f"{url}/lines/{line}", scene.consultant),
        ]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "module_off")] * 6

    async def test_off_what_was_delivered_is_still_said_of_a_month_that_was_sent(self, make_scene):
        scene = await make_scene(work_type=WorkType.FIXED_PRICE)
        cra_id = await scene.pending()
        await scene.choose(module_on=False)
        delivered = {"title": "Portal", "amount": "100.00"}
        assert (await scene.call("POST", f"/cras/{cra_id}/deliverables", scene.head, json=delivered)).status_code == 201
        assert (await scene.call("POST", f"/cras/{cra_id}/approval", scene.head)).status_code == 200

    async def test_off_what_was_sent_before_is_still_decided(self, scene):
        cra_id = await scene.submitted()
        await scene.choose(module_on=False)
        assert (await scene.call("POST", f"/cras/{cra_id}/validation", scene.manager)).status_code == 200

    async def test_off_at_one_client_leaves_the_others_be(self, scene, make_scene):
        other = await make_scene()
        await scene.choose(module_on=False)
        assert (await other.fill(MONTH, ["2026-05-04"])).status_code == 200


class TestClientValidation:
    async def validations(self, scene, cra_id: str) -> list[CraValidated]:
        return [e for e in await scene.h.emitted(CraValidated) if str(e.cra_id) == cra_id]

    @pytest.mark.req("TS-12")
    async def test_off_the_provider_s_approval_validates(self, scene):
        cra_id = await scene.pending()
        await scene.choose(validation_on=False)
        answer = (await scene.call("POST", f"/cras/{cra_id}/approval", scene.head)).json()
        assert (answer["status"], answer["approved_at"]) == ("validated", answer["validated_at"])
        (event,) = await self.validations(scene, cra_id)
        assert (event.validated_by, f"{event.days:.1f}") == (scene.head.member_id, "1.5")
        told = [m.template for m in await scene.h.emitted(NotificationRequested) if str(m.subject_id) == cra_id]
        assert told == ["cra_to_approve", "cra_validated"]

    async def test_off_a_freelance_s_submission_validates(self, scene):
        await scene.choose(validation_on=False)
        own = scene.h.member(Role.FREELANCE, scene.order.provider_company_id, scene.order.consultant_id)
        cra_id = await scene.drafted()
        answer = (await scene.call("POST", f"/cras/{cra_id}/submission", own)).json()
        assert answer["status"] == "validated"
        assert [event.validated_by for event in await self.validations(scene, cra_id)] == [own.member_id]

    async def test_off_what_is_with_the_client_stays_there(self, scene):
        cra_id = await scene.submitted()
        await scene.choose(validation_on=False)
        assert (await scene.call("POST", f"/cras/{cra_id}/approval", scene.head)).status_code == 409
        assert (await scene.call("POST", f"/cras/{cra_id}/validation", scene.manager)).status_code == 200

    async def test_on_it_takes_both(self, scene):
        cra_id = await scene.pending()
        answer = await scene.call("POST", f"/cras/{cra_id}/approval", scene.head)
        assert (answer.json()["status"], await self.validations(scene, cra_id)) == ("submitted", [])


def path(scene) -> str:
    return f"/missions/{scene.mission_id}/cras/{MONTH}"
