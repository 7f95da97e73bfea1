"""What the order will need to know of the request: kind of work, and whose public holidays hold."""

import pytest

from contracts.marketplace import ProposalRetained
from marketplace.rfp.workplace import workplace_of


@pytest.mark.parametrize(
    ("country", "postcode", "workplace"),
    [
        ("FR", None, "FR"),
        ("FR", "69003", "FR"),
        ("FR", "56999", "FR"),
        ("FR", "57000", "FR-57"),
        ("FR", "67100", "FR-67"),
        ("FR", "68999", "FR-68"),
        ("FR", "69000", "FR"),
        ("FR", "97000", "FR"),
        ("FR", "97110", "FR-971"),
        ("FR", "97600", "FR-976"),
        ("FR", "97 110", "FR-971"),
        ("FR", "97700", "FR"),
        ("RE", None, "FR-974"),
        ("DE", "67100", "DE"),
    ],
)
def test_the_place_says_whose_holidays_hold(country, postcode, workplace):
    assert workplace_of(country, postcode) == workplace


FIXED = {"type": "fixed_price", "deliverables": [{"title": "Portal"}], "pricing": "per_deliverable"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"city": "Strasbourg", "postcode": "67000"}, ("time_and_materials", "FR-67")),
        (FIXED, ("fixed_price", "FR")),
    ],
)
async def test_the_retained_proposal_tells_kind_and_place(market, changes, told):
    buyer, seller = await market.buyer(), await market.seller()
    proposal = await market.proposed(seller, await market.published(buyer, **changes))
    await market.won(buyer, proposal)
    [event] = await market.about(ProposalRetained, proposal["id"])
    assert (event.work_type, event.workplace) == told


async def test_a_postcode_that_is_none_is_named(market, content):
    buyer = await market.buyer()
    answer = await market.call("POST", "/rfps", buyer, json=content(buyer) | {"postcode": "Lyon 3e"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "postcode")
