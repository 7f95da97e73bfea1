"""The service as a whole: its description holds for any request, its tables are those of the code."""

import asyncio

from chassis.fuzzing import fuzz, schema_differences, undocumented_routes


async def test_any_request_is_answered_as_described(h, deal):
    await deal.ready("order")
    contract = await deal.contract_of(deal.provider)
    known = {"mission_id": deal.mission_id, "contract_id": contract["id"], "kind": "framework"}
    known |= {"terms_version": "2026-11", "clause": "object"}
    callers = [h.headers(who) for who in (deal.provider.head, deal.client.head, deal.staff)]
    statuses = await fuzz(h, callers=callers, known=known)
    assert {200, 403, 404, 409, 422} <= statuses


def test_every_route_says_who_may_call_it_and_how_it_refuses(h):
    assert undocumented_routes(h.app) == []


async def test_the_tables_are_those_of_the_code(h):
    assert await asyncio.to_thread(schema_differences, "contracting", h.database_url) == ""
