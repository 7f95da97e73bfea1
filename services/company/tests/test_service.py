"""The service as a whole: its description holds for any request, its tables are those of the code."""

import asyncio

from account_steps import declare_capacity

from chassis.fuzzing import fuzz, schema_differences, undocumented_routes
from contracts.roles import ProfileType, Role


async def test_any_request_is_answered_as_described(world) -> None:
    company = await world.company()
    document = (await world.upload(company, "urssaf_certificate")).json()
    request = (await world.ask(await world.member(), company, Role.CONSULTANT)).json()
    signatory = (await declare_capacity(world, company, await world.colleague(company))).json()
    known = {"company_id": company.id, "document_id": document["id"], "request_id": request["id"]}
    known |= {"signatory_id": signatory["id"], "item_id": document["id"]}
    callers = [world.proven(company.founder), world.headers(await world.member(ProfileType.CLIENT)), world.staff]
    statuses = await fuzz(world.h, callers=callers, known=known)
    assert {200, 201, 403, 404, 409, 422} <= statuses


def test_every_route_says_who_may_call_it_and_how_it_refuses(h) -> None:
    assert undocumented_routes(h.app) == []


async def test_the_tables_are_those_of_the_code(h) -> None:
    assert await asyncio.to_thread(schema_differences, "company", h.database_url) == ""
