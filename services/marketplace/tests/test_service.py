"""The service as a whole: its description holds for any request, its tables are those of the code."""

import asyncio

from chassis.fuzzing import fuzz, schema_differences, undocumented_routes
from contracts.roles import StaffScope


async def test_any_request_is_answered_as_described(h, market):
    buyer, seller = await market.buyer(), await market.seller()
    draft, rfp = await market.drafted(buyer), await market.published(buyer)
    proposal = await market.proposed(seller, rfp)
    callers = [h.headers(who) for who in (buyer, seller, h.staff(*StaffScope))]
    filled_in = {
        "operational_manager_id": str(buyer.member_id),
        "consultant_id": str(seller.member_id),
        "period": {"start": "2099-01-01", "end": "2099-02-01"},
        "proposal_id": proposal["id"],
    }
    statuses = set()
    for known in (draft, rfp):
        statuses |= await fuzz(h, callers=callers, known=filled_in | {"rfp_id": known["id"]})
    assert {200, 201, 403, 404, 409, 422} <= statuses


def test_every_route_says_who_may_call_it_and_how_it_refuses(h):
    assert undocumented_routes(h.app) == []


async def test_the_tables_are_those_of_the_code(h):
    assert await asyncio.to_thread(schema_differences, "marketplace", h.database_url) == ""
