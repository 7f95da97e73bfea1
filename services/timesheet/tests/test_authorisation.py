"""Every route with every role, of the own and of a rival company."""

import pytest
from line_steps import objects

from chassis.matrix import World, try_every_caller, try_every_rival
from contracts.roles import Role


@pytest.mark.req("CO-22")
async def test_every_route_role_and_company(scene, h, record_property):
    owners = [scene.consultant, scene.manager, scene.head, scene.client(Role.DIRECTEUR_ACHATS)]
    evaluated = await scene.validated("2026-04", ["2026-04-20"])
    said = await scene.call("POST", f"/cras/{evaluated}/evaluation", scene.manager, json={"rating": 5})
    assert said.status_code == 201, said.text
    known = await objects(scene) | {"/cras/{cra_id}/evaluation": {"cra_id": evaluated}}
    world = World(h, scene.order.provider_company_id, known, owners)
    tried = await try_every_caller(world) + await try_every_rival(world)
    record_property("role x route x company pairs in timesheet", tried)
