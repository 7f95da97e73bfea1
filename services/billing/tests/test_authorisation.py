"""Every route with every role, of the own and of a rival company."""

import json

import pytest
from billing_payments import taken_back_objects
from facturx_builder import invoice_pdf
from issuing_world import issued_objects
from reform_objects import reform_objects
from self_billing_steps import own_objects

from chassis.matrix import World, try_every_caller, try_every_rival
from contracts.roles import Role

TYPED = {
    "number": "FA-1",
    "issued_on": "2026-11-10",
    "order_reference": "BDC-2026-1",
    "period_start": "2026-10-01",
    "period_end": "2026-10-31",
    "days": "18.00",
    "net": "9000.00",
    "vat": "1800.00",
    "gross": "10800.00",
}
"""What is typed of a PDF that only people can read."""


@pytest.mark.req("CO-22")
async def test_every_route_role_and_company(h, given, record_property):
    month = await given()
    invoice = (await month.post(invoice_pdf(month.bpf))).json()
    known = {"bpf_id": month.bpf["id"], "invoice_id": invoice["id"], "mission_id": str(month.month.mission_id)}
    known |= await own_objects(h, month.month)
    known |= await reform_objects(h)
    known |= await issued_objects(h, month.month)
    known |= await taken_back_objects(given, month.month)
    known["data"] = json.dumps(TYPED)
    provider = month.month.provider_id
    world = World(
        h, provider, known, [h.member(Role.GERANT, provider), h.member(Role.DIRECTEUR_ACHATS, month.month.client_id)]
    )
    tried = await try_every_caller(world) + await try_every_rival(world)
    record_property("role x route x company pairs in billing", tried)
