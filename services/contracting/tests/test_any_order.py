"""Nothing promises the order of events, nor that each comes once: whatever the order, the deal ends the same."""

import random
from uuid import uuid4

import pytest

from chassis.db import new_id
from contracts.company import Signatory
from contracts.roles import Role, SignatoryCapacity


def facts_of(deal, colleague):
    """Everything that other services say of a deal, in the order in which they said it."""
    told = []
    for side in (deal.client, deal.provider):
        both = [
            Signatory(member_id=member, capacity=SignatoryCapacity.LEGAL_REPRESENTATIVE)
            for member in (side.head.member_id, colleague)
        ]
        told += [
            side.registered(),
            side.validated(version=2, bank=False, verified_signatories=both),
            side.compliance(version=3, missing=["urssaf_certificate"]),
            side.changed(version=4, bank=False, name="Passing name"),
            side.compliance(version=5),
            side.changed(version=6, bank=True, name="Last name"),
        ]
    return [*told, deal.retained()]


@pytest.mark.parametrize("seed", range(20))
async def test_any_order_with_repeats_leads_to_the_same_order(h, deal, seed):
    colleague, dice = uuid4(), random.Random(seed)
    told = [(event, new_id()) for event in facts_of(deal, colleague)]
    told += dice.choices(told, k=6)
    dice.shuffle(told)
    for event, event_id in told:
        await h.deliver(event, event_id=event_id)
    [mission] = (await deal.call("GET", "/missions", deal.provider.head)).json()["items"]
    deal.mission_id = mission["id"]
    await deal.sign(deal.client, by=deal.client.member(Role.ACHETEUR, colleague))
    await deal.sign(deal.provider)
    await deal.choose("express")
    await deal.order()
    assert [gate["reasons"] for gate in (await deal.mission())["gates"]] == [[]] * 5
    issued = await deal.issue()
    assert issued.status_code == 201, issued.text
    assert (issued.json()["client_name"], issued.json()["provider_name"]) == ("Last name", "Last name")
