"""Validating several months at once: each has its own outcome, and none is left out silently."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from contracts.roles import Role
from contracts.timesheet import CraValidated

APRIL = ("2026-04", ["2026-04-15"])


async def validate(scene, *ids: str, caller=None):
    answer = await scene.call("POST", "/cras/validations", caller or scene.manager, json={"ids": list(ids)})
    assert answer.status_code == 200, answer.text
    return {one["cra_id"]: (one["validated"], one["code"]) for one in answer.json()["items"]}


async def events(scene, *ids: str) -> list[str]:
    return [str(e.cra_id) for e in await scene.h.emitted(CraValidated) if str(e.cra_id) in ids]


@pytest.mark.req("TS-12")
class TestValidateSeveral:
    async def test_each_is_validated_and_told(self, scene):
        april, may = await scene.submitted(*APRIL), await scene.submitted()
        assert await validate(scene, may, april) == {may: (True, None), april: (True, None)}
        assert sorted(await events(scene, april, may)) == sorted([april, may])
        assert [(await scene.read(one))["status"] for one in (april, may)] == ["validated"] * 2

    async def test_one_that_cannot_be_stops_no_other_and_is_answered_with_why(self, scene):
        april, may, unknown = await scene.pending(*APRIL), await scene.submitted(), str(uuid4())
        assert await validate(scene, april, unknown, may) == {
            april: (False, "illegal_move"),
            unknown: (False, "cra_not_found"),
            may: (True, None),
        }
        assert await events(scene, april, may) == [may]
        assert (await scene.read(april))["status"] == "pending_approval"

    async def test_the_same_twice_is_decided_once(self, scene):
        may = await scene.submitted()
        assert await validate(scene, may, may) == {may: (True, None)}
        assert await validate(scene, may) == {may: (False, "illegal_move")}
        assert await events(scene, may) == [may]

    async def test_only_of_one_s_own_missions(self, scene):
        may = await scene.submitted()
        rival = scene.h.member(Role.RESPONSABLE_PROJET)
        colleague, head = scene.client(Role.RESPONSABLE_PROJET), scene.client(Role.DIRECTEUR_ACHATS)
        assert await validate(scene, may, caller=rival) == {may: (False, "cra_not_found")}
        assert await validate(scene, may, caller=colleague) == {may: (False, "cra_not_found")}
        assert await validate(scene, may, caller=head) == {may: (False, "forbidden")}
        refused = await scene.call("POST", "/cras/validations", scene.head, json={"ids": [may]})
        assert (refused.status_code, await events(scene, may)) == (403, [])

    async def test_against_refusals_and_validations_one_by_one_each_is_decided_once(self, scene):
        april, may = await scene.submitted(*APRIL), await scene.submitted()
        refusal = {"json": {"reason": "Not these days"}}
        answers = await asyncio.gather(
            validate(scene, april, may),
            scene.call("POST", f"/cras/{may}/refusal", scene.manager, **refusal),
            validate(scene, may, april),
            scene.call("POST", f"/cras/{april}/validation", scene.manager),
        )
        statuses = {one: (await scene.read(one))["status"] for one in (april, may)}
        assert statuses[april] == "validated"
        assert statuses[may] == ("refused" if answers[1].status_code == 200 else "validated")
        told = await events(scene, april, may)
        assert sorted(told) == sorted(one for one, status in statuses.items() if status == "validated")

    @pytest.mark.parametrize("ids", [[], ["x"], [str(uuid4()) for _ in range(101)], None])
    async def test_between_one_and_a_hundred(self, scene, ids):
        answer = await scene.call("POST", "/cras/validations", scene.manager, json={"ids": ids})
        assert (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0]) == (422, "ids")
