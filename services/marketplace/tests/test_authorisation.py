"""Every route with every role, of the own and of a rival company."""

import pytest
from market_steps import budget, entity, line, ordered
from proposal_steps import around

from chassis.matrix import World, try_every_caller, try_every_rival
from chassis.testing import small_pdf
from contracts.roles import Role, StaffScope


@pytest.mark.req("CO-22")
async def test_every_route_role_and_company(h, market, record_property):
    buyer, seller = await market.buyer(Role.DIRECTEUR_ACHATS), await market.seller(Role.GERANT)
    paper = {"file": ("clause.pdf", small_pdf(), "application/pdf")}
    clause = (await market.call("POST", "/clauses", buyer, data={"title": "Secrecy"}, files=paper)).json()
    rfp, other = await market.published(buyer), await market.drafted(buyer)
    proposal = await market.proposed(seller, rfp, accepted_clauses=[clause["id"]])
    await market.interesting(buyer, proposal)
    consultant = await market.consultant(seller)
    question = await market.call("POST", f"/rfps/{rfp['id']}/questions", seller, json={"text": "Which cloud?"})
    search = await market.call("POST", "/saved-searches", seller, json={"name": "All", "criteria": {}})
    mine = await entity(market, buyer.company)
    planned = await budget(market, buyer, mine)
    order = ordered(None, client_company_id=buyer.company, provider_company_id=seller.company)
    await market.h.deliver(order)
    (template,) = (await market.call("GET", "/rfp-templates", buyer)).json()["items"]
    beside = await around(market, buyer, seller, rfp, proposal, accepted_clauses=[clause["id"]])
    known = beside | {
        "budget_id": planned["id"],
        "line_id": (await line(market, buyer, planned))["id"],
        "entity_id": str(mine),
        "entity_ids": [str(mine)],
        "responsible_id": str(buyer.member_id),
        "deputy_id": None,
        "clause_id": clause["id"],
        "template_id": template["id"],
        "mission_id": str(order.mission_id),
        "step": "description",
        "question_id": question.json()["id"],
        "text": "Which one?",
        "search_id": search.json()["id"],
        "criteria": {},
        "accepted_clauses": [clause["id"]],
        "rfp_id": rfp["id"],
        "proposal_id": proposal["id"],
        "operational_manager_id": str(buyer.member_id),
        "consultant_id": str(consultant.member_id),
        "period": {"start": "2099-01-01", "end": "2099-02-01"},
        "days": "10.0",
    }
    world = World(h, buyer.company, known, [buyer, seller, h.staff(*StaffScope)])
    drafts = World(h, buyer.company, known | {"rfp_id": other["id"]}, [buyer, seller, h.staff(*StaffScope)])
    tried = await try_every_caller(world)
    tried += await try_every_rival(world) + await try_every_rival(drafts, reach=False)
    record_property("role x route x company pairs in marketplace", tried)
