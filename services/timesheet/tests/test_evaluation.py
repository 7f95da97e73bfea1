"""What the operational manager says of a month: once, when it is agreed on; read by both sides alone."""

import asyncio
from datetime import UTC, datetime

import pytest

from chassis.personal_data import NOBODY
from contracts.identity import MemberErased
from contracts.roles import Role
from timesheet.evaluation.domain import Evaluation

GOOD = {"rating": 4, "comment": "Everything was there."}


async def evaluate(scene, cra_id, caller=None, **changes):
    return await scene.call("POST", f"/cras/{cra_id}/evaluation", caller or scene.manager, json=GOOD | changes)


async def read(scene, cra_id, caller):
    return await scene.call("GET", f"/cras/{cra_id}/evaluation", caller)


class TestEvaluate:
    async def test_both_sides_of_the_mission_read_it(self, scene, h):
        cra_id = await scene.validated()
        assert (await read(scene, cra_id, scene.head)).json()["code"] == "evaluation_not_found"
        assert (await evaluate(scene, cra_id)).status_code == 201
        for caller in (scene.consultant, scene.head, scene.manager, scene.client(Role.DIRECTEUR_ACHATS)):
            said = (await read(scene, cra_id, caller)).json()
            assert (said["rating"], said["comment"]) == (4, "Everything was there.")
        assert (await read(scene, cra_id, h.member(Role.GERANT))).json()["code"] == "cra_not_found"

    @pytest.mark.parametrize("status", ["drafted", "pending", "submitted", "refused"])
    async def test_only_of_what_is_agreed_on(self, scene, status):
        answer = await evaluate(scene, await getattr(scene, status)())
        assert (answer.status_code, answer.json()["code"]) == (409, "cra_not_validated")

    async def test_once_even_at_the_same_instant(self, scene):
        cra_id = await scene.validated()
        answers = await asyncio.gather(*(evaluate(scene, cra_id) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]

    async def test_by_the_operational_manager_alone(self, scene, h):
        cra_id = await scene.validated()
        colleague = scene.client(Role.DIRECTEUR_ACHATS)
        for caller, status in ((scene.head, 403), (scene.consultant, 403), (colleague, 403)):
            assert (await evaluate(scene, cra_id, caller)).status_code == status
        assert (await evaluate(scene, cra_id, h.member(Role.RESPONSABLE_PROJET))).status_code == 404

    @pytest.mark.parametrize("rating", [0, 6, "4", 3.5, True])
    async def test_from_one_to_five(self, scene, rating):
        answer = await evaluate(scene, await scene.validated(), rating=rating)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "rating")


@pytest.mark.req("PL-06", "ID-41")
async def test_it_is_exported_and_its_words_go_with_the_account(scene, h):
    cra_id = await scene.validated()
    await evaluate(scene, cra_id)
    for caller in (scene.consultant, scene.manager):
        assert [one["rating"] for one in (await h.exported(caller.member_id))["evaluations"]] == [4]
    await h.deliver(MemberErased(member_id=scene.consultant.member_id, erased_at=h.clock()))
    assert (await read(scene, cra_id, scene.manager)).json()["comment"] == "—"


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(("day", "forgotten"), [(14, False), (15, True)])
async def test_its_words_are_forgotten_ten_years_after_the_mission(scene, h, day, forgotten):
    cra_id = await scene.validated()
    await evaluate(scene, cra_id)
    async with h.forgetting(datetime(2036, 7, day, 12, tzinfo=UTC)) as tx:
        said = await tx.get_one(Evaluation, cra_id, populate_existing=True)
        assert (said.comment is None, said.given_by == NOBODY, said.rating) == (forgotten, forgotten, 4)
