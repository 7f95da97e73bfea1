"""Every route with every role, of the own and of a rival company."""

import pytest
from running import Running

from chassis.matrix import World, try_every_caller, try_every_rival
from chassis.testing import small_pdf


@pytest.mark.req("CO-22")
async def test_every_route_role_and_company(h, deal, record_property):
    await deal.ready()
    conditions = f"/missions/{deal.mission_id}/special-conditions"
    files = {"file": ("conditions.pdf", small_pdf(), "application/pdf")}
    await deal.call("PUT", conditions, deal.client.head, data={"text": "On site"}, files=files)
    await deal.call("POST", f"{conditions}/acceptance", deal.provider.head)
    ongoing = await Running(deal).start()
    contract, renewal = await deal.contract_of(deal.provider), await ongoing.ask()
    await ongoing.post(f"/renewals/{renewal['id']}/withdrawal", ongoing.client)
    why = {"ends_on": "2026-12-18", "reason": "Project stopped"}
    early_end = await ongoing.post(f"{ongoing.url}/early-ends", ongoing.client, 201, **why)
    known = {"mission_id": deal.mission_id, "contract_id": contract["id"], "bdc_id": ongoing.bdc["id"]}
    known |= {"renewal_id": renewal["id"], "early_end_id": early_end["id"]}
    known |= {"starts_on": "2027-01-04", "ends_on": "2027-02-26"}
    known |= {"clause": "object", "kind": "framework", "terms_version": contract["terms_version"]}
    world = World(h, deal.provider.id, known, [deal.provider.head, deal.client.head, deal.staff])
    tried = await try_every_caller(world) + await try_every_rival(world)
    record_property("role x route x company pairs in contracting", tried)
