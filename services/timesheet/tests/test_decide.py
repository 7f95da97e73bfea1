"""Submitting, validating and refusing over HTTP: who, when, what is said to whom."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from chassis.audit import audit_log
from chassis.outbox import outbox
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.permissions import Permission, allows
from contracts.roles import Role
from contracts.timesheet import CraValidated

STATES = ("drafted", "pending", "submitted", "refused", "validated")
REASON = {"reason": "We agreed on three days"}


async def act(scene, cra_id: str, action: str, caller, **options):
    body = {"json": REASON} if action.endswith("refusal") else {}
    return await scene.call("POST", f"/cras/{cra_id}/{action}", caller, **{**body, **options})


async def told(scene, cra_id: str, template: str) -> list[NotificationRequested]:
    messages = await scene.h.emitted(NotificationRequested)
    return [m for m in messages if str(m.subject_id) == cra_id and m.template == template]


async def validations(scene, cra_id: str) -> list[CraValidated]:
    return [e for e in await scene.h.emitted(CraValidated) if str(e.cra_id) == cra_id]


async def audited(scene, cra_id: str) -> list[tuple[str, str]]:
    async with scene.h.tx() as tx:
        query = select(audit_log.c.action, audit_log.c.actor).where(audit_log.c.subject == cra_id)
        return [tuple(row) for row in await tx.execute(query.order_by(audit_log.c.id))]


def everyone(scene) -> dict[str, object]:
    o = scene.order
    return {
        "consultant": scene.consultant,
        "manager": scene.manager,
        "commercial": scene.supplier(Role.COMMERCIAL),
        "other commercial": scene.supplier(Role.COMMERCIAL),
        "gerant": scene.supplier(Role.GERANT),
        "other consultant": scene.supplier(Role.CONSULTANT),
        "directeur": scene.client(Role.DIRECTEUR_ACHATS),
        "other responsable": scene.client(Role.RESPONSABLE_PROJET),
        "acheteur": scene.client(Role.ACHETEUR),
        "rival supplier": scene.h.member(Role.GERANT),
        "rival client": scene.h.member(Role.DIRECTEUR_ACHATS),
        "manager elsewhere": scene.h.member(Role.RESPONSABLE_PROJET, None, o.operational_manager_id),
        "nobody": scene.h.member(),
    }


SEES = {"consultant", "manager", "commercial", "gerant", "directeur"}
ALLOWED = {
    "submission": Permission.REPORT_ACTIVITY,
    "approval": Permission.APPROVE_ACTIVITY,
    "approval-refusal": Permission.APPROVE_ACTIVITY,
    "validation": Permission.VALIDATE_ACTIVITY,
    "refusal": Permission.VALIDATE_ACTIVITY,
}
DOES = {
    "submission": "consultant",
    "approval": "commercial",
    "approval-refusal": "gerant",
    "validation": "manager",
    "refusal": "manager",
}
ALSO = {"approval": "gerant", "approval-refusal": "commercial"}
FROM = {
    "submission": {"drafted", "refused"},
    "approval": {"pending"},
    "approval-refusal": {"pending"},
    "validation": {"submitted"},
    "refusal": {"submitted"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", DOES)
async def test_every_status_and_person_is_answered(scene, action, state):
    cra_id = await getattr(scene, state)()
    callers = everyone(scene)
    await scene.supervise(callers["commercial"], scene.order.consultant_id)
    doer = callers.pop(DOES[action])
    callers.pop(ALSO.get(action), None)
    for name, caller in callers.items():
        answer = await act(scene, cra_id, action, caller)
        expected = 403 if name in SEES or not allows(ALLOWED[action], caller.role) else 404
        assert (name, answer.status_code) == (name, expected)
    answer = await act(scene, cra_id, action, doer)
    assert answer.status_code == (200 if state in FROM[action] else 409), answer.text
    assert answer.json().get("code", "illegal_move") == "illegal_move"


class TestSubmit:
    async def test_asks_whoever_looks_after_the_consultant_and_whoever_runs_the_provider(self, scene):
        commercial = await scene.supervise(scene.supplier(Role.COMMERCIAL), scene.order.consultant_id)
        await scene.supervise(scene.supplier(Role.COMMERCIAL), uuid4())
        await scene.supervise(scene.h.member(Role.COMMERCIAL), scene.order.consultant_id)
        cra_id = await scene.drafted()
        body = (await act(scene, cra_id, "submission", scene.consultant)).json()
        assert (body["status"], body["total_days"], body["approved_at"]) == ("pending_approval", "1.5", None)
        assert body["submitted_at"].startswith("2026-05-20T08:00")
        (message,) = await told(scene, cra_id, "cra_to_approve")
        heads = RoleInCompany(company_id=scene.order.provider_company_id, roles=[Role.FREELANCE, Role.GERANT])
        assert (message.members, message.roles) == ([commercial.member_id], [heads])
        assert set(message.context) == {"title", "month", "consultant_name", "days"}
        assert await told(scene, cra_id, "cra_submitted") == []

    @pytest.mark.parametrize("role", [Role.FREELANCE, Role.GERANT])
    async def test_of_one_s_own_work_goes_straight_to_the_client(self, scene, role):
        own = scene.h.member(role, scene.order.provider_company_id, scene.order.consultant_id)
        cra_id = await scene.drafted()
        body = (await act(scene, cra_id, "submission", own)).json()
        assert (body["status"], body["approved_at"]) == ("submitted", body["submitted_at"])
        assert len(await told(scene, cra_id, "cra_submitted")) == 1
        assert await told(scene, cra_id, "cra_to_approve") == []


class TestApprove:
    async def test_asks_the_operational_manager(self, scene):
        cra_id = await scene.pending()
        answer = await act(scene, cra_id, "approval", scene.head)
        body = answer.json()
        assert (body["status"], body["total_days"], "days" in body) == ("submitted", "1.5", False)
        assert body["approved_at"].startswith("2026-05-20T08:00")
        (message,) = await told(scene, cra_id, "cra_submitted")
        assert (message.members, message.roles) == ([scene.order.operational_manager_id], [])
        assert message.context == {
            "title": "Refonte du portail",
            "month": "2026-05",
            "consultant_name": "Ada Martin",
            "days": "1.5",
        }
        assert await audited(scene, cra_id) == [
            ("cra.submitted", str(scene.order.consultant_id)),
            ("cra.approved", str(scene.head.member_id)),
        ]

    async def test_refused_of_a_month_without_a_day(self, scene):
        cra_id = await scene.drafted()
        await scene.fill("2026-05", [])
        answer = await act(scene, cra_id, "submission", scene.consultant)
        assert (answer.status_code, answer.json()["code"]) == (422, "empty_cra")
        assert (await scene.read(cra_id))["status"] == "draft"


class TestRefuseApproval:
    @pytest.mark.req("TS-10")
    async def test_shows_the_consultant_why_and_lets_them_send_it_again(self, scene):
        cra_id = await scene.pending()
        answer = await act(scene, cra_id, "approval-refusal", scene.head)
        assert (answer.status_code, answer.json()["status"]) == (200, "refused")
        (message,) = await told(scene, cra_id, "cra_approval_refused")
        assert (message.members, message.context["reason"]) == ([scene.order.consultant_id], REASON["reason"])
        assert (await audited(scene, cra_id))[-1] == ("cra.approval_refused", str(scene.head.member_id))
        assert await told(scene, cra_id, "cra_refused") == []
        again = await act(scene, cra_id, "submission", scene.consultant)
        assert (again.json()["status"], again.json()["refusal_reason"]) == ("pending_approval", None)

    async def test_against_an_approval_at_once_only_one_holds(self, scene):
        cra_id = await scene.pending()
        decisions = [act(scene, cra_id, action, scene.head) for action in ("approval", "approval-refusal")]
        assert sorted(answer.status_code for answer in await asyncio.gather(*decisions)) == [200, 409]

    async def test_needs_a_reason(self, scene):
        cra_id = await scene.pending()
        answer = await act(scene, cra_id, "approval-refusal", scene.head, json={"reason": "ab"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")


@pytest.mark.req("TS-12")
class TestValidate:
    async def test_tells_billing_and_the_suppliers_side(self, scene):
        cra_id = await scene.submitted()
        answer = await act(scene, cra_id, "validation", scene.manager)
        body = answer.json()
        assert (answer.status_code, body["status"], body["total_days"]) == (200, "validated", "1.5")
        (validated,) = await validations(scene, cra_id)
        assert (validated.mission_id, validated.bdc_id) == (scene.mission_id, scene.order.bdc_id)
        assert (validated.month, f"{validated.days:.1f}") == ("2026-05", body["total_days"])
        assert (validated.validated_by, validated.version) == (scene.manager.member_id, body["version"])
        (message,) = await told(scene, cra_id, "cra_validated")
        heads = [Role.FREELANCE, Role.GERANT]
        assert message.members == [scene.order.consultant_id]
        assert message.roles == [RoleInCompany(company_id=scene.order.provider_company_id, roles=heads)]
        assert message.context == {"title": "Refonte du portail", "month": "2026-05", "days": "1.5"}
        assert (await audited(scene, cra_id))[-1] == ("cra.validated", str(scene.manager.member_id))

    async def test_twice_at_once_is_said_once(self, scene):
        cra_id = await scene.submitted()
        answers = await asyncio.gather(*(act(scene, cra_id, "validation", scene.manager) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert len(await validations(scene, cra_id)) == 1

    async def test_the_same_key_twice_gives_the_first_answer(self, scene):
        cra_id = await scene.submitted()
        key = {"headers": {"Idempotency-Key": str(uuid4())}}
        first, second = [await act(scene, cra_id, "validation", scene.manager, **key) for _ in range(2)]
        assert (first.status_code, first.content) == (200, second.content)
        assert len(await validations(scene, cra_id)) == 1

    async def test_refused_when_it_is_not_the_version_read(self, scene):
        cra_id = await scene.submitted()
        stale = {"headers": {"If-Match": '"1"'}}
        assert (await act(scene, cra_id, "validation", scene.manager, **stale)).status_code == 412
        assert await validations(scene, cra_id) == []

    async def test_against_a_refusal_at_once_only_one_holds(self, scene):
        cra_id = await scene.submitted()
        decisions = [act(scene, cra_id, action, scene.manager) for action in ("validation", "refusal")]
        answers = await asyncio.gather(*decisions)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        status = (await scene.read(cra_id))["status"]
        assert len(await validations(scene, cra_id)) == (1 if status == "validated" else 0)


class TestRefuse:
    async def test_shows_the_consultant_why(self, scene):
        cra_id = await scene.submitted()
        answer = await act(scene, cra_id, "refusal", scene.manager)
        assert (answer.status_code, answer.json()["status"]) == (200, "refused")
        assert (await scene.read(cra_id))["refusal_reason"] == REASON["reason"]
        (message,) = await told(scene, cra_id, "cra_refused")
        assert (message.members, message.context["reason"]) == ([scene.order.consultant_id], REASON["reason"])
        assert set(message.context) == {"title", "month", "reason"}
        assert (await audited(scene, cra_id))[-1] == ("cra.refused", str(scene.manager.member_id))
        assert await validations(scene, cra_id) == []

    @pytest.mark.parametrize("reason", ["abc", "a" * 500])
    async def test_takes_three_to_five_hundred_characters(self, scene, reason):
        cra_id = await scene.submitted()
        answer = await act(scene, cra_id, "refusal", scene.manager, json={"reason": reason})
        assert (answer.status_code, answer.json().get("refusal_reason")) == (200, reason)

    @pytest.mark.parametrize("reason", ["ab", " ab ", "a" * 501, "a\x00bcd", "a\nbcd", "", None, 4])
    async def test_refuses_another_reason(self, scene, reason):
        cra_id = await scene.submitted()
        answer = await act(scene, cra_id, "refusal", scene.manager, json={"reason": reason})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")

    @pytest.mark.req("TS-10")
    async def test_is_followed_by_a_corrected_month(self, scene):
        cra_id = await scene.refused()
        await scene.fill("2026-05", ["2026-05-04"])
        for action, caller in (("submission", scene.consultant), ("approval", scene.head)):
            assert (await act(scene, cra_id, action, caller)).status_code == 200
        assert (await act(scene, cra_id, "validation", scene.manager)).json()["total_days"] == "1.0"


@pytest.mark.req("TS-10", "TS-16")
class TestFinal:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE cras SET entries = '{}' WHERE id = :id",
            "UPDATE cras SET total_days = 20 WHERE id = :id",
            "UPDATE cras SET status = 'draft' WHERE id = :id",
            "UPDATE cras SET month = '2026-06' WHERE id = :id",
            "DELETE FROM cras WHERE id = :id",
        ],
    )
    async def test_not_even_the_database_lets_a_validated_month_change(self, scene, change):
        cra_id = await scene.validated()
        before = await scene.read(cra_id)
        with pytest.raises(Exception, match="never changes"):
            async with scene.h.tx() as tx:
                await tx.execute(text(change), {"id": cra_id})
        assert await scene.read(cra_id) == before

    async def test_a_draft_may_still_change_there(self, scene):
        cra_id = await scene.drafted()
        async with scene.h.tx() as tx:
            await tx.execute(text("DELETE FROM cras WHERE id = :id"), {"id": cra_id})

    async def test_a_refusal_that_is_raised_leaves_no_trace(self, scene):
        cra_id = await scene.validated()
        async with scene.h.tx() as tx:
            before = (await tx.execute(select(outbox.c.id).where(outbox.c.subject == cra_id))).all()
        for action in DOES:
            await act(scene, cra_id, action, scene.manager)
            await act(scene, cra_id, action, scene.consultant)
        async with scene.h.tx() as tx:
            assert (await tx.execute(select(outbox.c.id).where(outbox.c.subject == cra_id))).all() == before
