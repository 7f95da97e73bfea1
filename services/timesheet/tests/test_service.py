"""The service as a whole: its description holds for any request, its tables are those of the code."""

import asyncio

from line_steps import objects

from chassis.fuzzing import fuzz, schema_differences, undocumented_routes
from chassis.testing import Harness
from contracts.roles import StaffScope


async def test_any_request_is_answered_as_described(scene, h: Harness):
    people = (scene.consultant, scene.manager, scene.head, h.staff(StaffScope.CONTRACTS))
    statuses = await fuzz(h, callers=[h.headers(who) for who in people], known=await objects(scene))
    assert {200, 403, 404, 409, 422} <= statuses


def test_every_route_says_who_may_call_it_and_how_it_refuses(h: Harness):
    assert undocumented_routes(h.app) == []


async def test_the_tables_are_those_of_the_code(h: Harness):
    assert await asyncio.to_thread(schema_differences, "timesheet", h.database_url) == ""
