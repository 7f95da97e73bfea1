"""Every route with every role, of the own and of a rival company."""

import sys

import pytest

from chassis.matrix import World, try_every_caller, try_every_rival
from contracts.roles import Role


@pytest.mark.req("CO-22")
async def test_every_route_role_and_company(h, market, capsys):
    buyer, seller = await market.buyer(Role.DIRECTEUR_ACHATS), await market.seller(Role.GERANT)
    rfp, other = await market.published(buyer), await market.drafted(buyer)
    proposal = await market.proposed(seller, rfp)
    await market.interesting(buyer, proposal)
    consultant = await market.consultant(seller)
    known = {
        "rfp_id": rfp["id"],
        "proposal_id": proposal["id"],
        "operational_manager_id": str(buyer.member_id),
        "consultant_id": str(consultant.member_id),
        "period": {"start": "2099-01-01", "end": "2099-02-01"},
        "days": "10.0",
    }
    world = World(h, buyer.company, known, [buyer, seller])
    drafts = World(h, buyer.company, known | {"rfp_id": other["id"]}, [buyer, seller])
    tried = await try_every_caller(world)
    tried += await try_every_rival(world) + await try_every_rival(drafts, reach=False)
    with capsys.disabled():
        sys.stdout.write(f"\nmarketplace: {tried} role x route x company pairs tried\n")
