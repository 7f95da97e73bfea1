"""A sales manager sees the missions of the consultants they supervise, and no others (CO-05)."""

from uuid import uuid4

import pytest

from contracts.roles import Role


async def listed(scene, path, caller):
    answer = await scene.call("GET", path, caller)
    assert answer.status_code == 200, answer.text
    return [line["mission_id"] for line in answer.json()["items"]]


@pytest.mark.req("CO-05")
class TestSupervision:
    @pytest.mark.parametrize("path", ["/missions", "/cras"])
    async def test_shows_the_missions_of_chosen_consultants_alone(self, scene, path):
        await scene.submitted()
        chosen, other = scene.supplier(Role.COMMERCIAL), scene.supplier(Role.COMMERCIAL)
        await scene.supervise(chosen, uuid4(), scene.order.consultant_id)
        await scene.supervise(other, uuid4())
        assert await listed(scene, path, chosen) == [str(scene.mission_id)]
        assert await listed(scene, path, other) == []
        assert await listed(scene, path, scene.supplier(Role.COMMERCIAL)) == []
        assert await listed(scene, path, scene.supplier(Role.GERANT)) == [str(scene.mission_id)]

    @pytest.mark.parametrize("path", ["/cras/{cra}", "/missions/{mission}/months", "/missions/{mission}/cras/2026-05"])
    async def test_opens_each_of_them_and_nothing_else(self, scene, path):
        address = path.format(cra=await scene.submitted(), mission=scene.mission_id)
        chosen = await scene.supervise(scene.supplier(Role.COMMERCIAL), scene.order.consultant_id)
        assert (await scene.call("GET", address, chosen)).status_code == 200
        assert (await scene.call("GET", address, scene.supplier(Role.COMMERCIAL))).status_code == 404

    async def test_is_worth_nothing_for_a_rival(self, scene):
        await scene.submitted()
        rival = await scene.supervise(scene.h.member(Role.COMMERCIAL), scene.order.consultant_id)
        assert await listed(scene, "/cras", rival) == []

    async def test_shows_a_sales_manager_their_own_missions(self, scene):
        await scene.submitted()
        own = scene.h.member(Role.COMMERCIAL, scene.order.provider_company_id, scene.order.consultant_id)
        assert await listed(scene, "/cras", own) == [str(scene.mission_id)]

    async def test_ends_and_does_not_come_back_by_an_older_event(self, scene):
        await scene.submitted()
        caller = await scene.supervise(scene.supplier(Role.COMMERCIAL), scene.order.consultant_id, version=2)
        await scene.supervise(caller, version=4)
        await scene.supervise(caller, scene.order.consultant_id, version=3)
        assert await listed(scene, "/missions", caller) == []
