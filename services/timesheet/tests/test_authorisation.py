"""Every route with every role, of the own and of a rival company."""

import pytest

from chassis.matrix import World, try_every_caller, try_every_rival


@pytest.mark.req("CO-22")
async def test_every_route_role_and_company(scene, h, record_property):
    known = {"cra_id": await scene.submitted(), "mission_id": str(scene.mission_id), "month": "2026-04"}
    world = World(h, scene.order.provider_company_id, known, [scene.consultant, scene.manager])
    tried = await try_every_caller(world) + await try_every_rival(world)
    record_property("role x route x company pairs in timesheet", tried)
