"""Who sees a request when: the client's preferred providers first, the market later."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts.company import SupplierDereferenced, SupplierReferenced

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LAST_NIGHT = datetime(2026, 11, 6, 22, 59, 59, tzinfo=UTC)
"""23:59:59 in Paris on the fourth day after the publication."""


async def refer(market, buyer, seller, *, preferred=True):
    event = SupplierReferenced(
        version=1,
        reference_id=uuid4(),
        client_company_id=buyer.company,
        provider_company_id=seller.company,
        list_id=uuid4(),
        list_name="Data",
        preferred=preferred,
        referenced_at=NOW,
    )
    await market.h.deliver(event)
    return event


async def drop(market, event):
    kept = event.model_dump(include={"reference_id", "client_company_id", "provider_company_id", "list_id"})
    await market.h.deliver(SupplierDereferenced(**kept, version=2, dereferenced_at=NOW))


async def sees(market, seller, rfp, content):
    """What the provider is answered by each way to the request; whether its list shows it."""
    url = f"/rfps/{rfp['id']}"
    read = await market.call("GET", url, seller)
    listed = (await market.call("GET", "/rfps", seller, params={"limit": 200})).json()["items"]
    answer = await market.call("POST", f"{url}/proposals", seller, json=content(uuid4()))
    return read.status_code, answer.json()["code"], rfp["id"] in [one["id"] for one in listed]


SEEN, UNSEEN = (200, "unknown_consultant", True), (404, "rfp_not_found", False)


@pytest.mark.req("MK-02")
class TestWaves:
    async def test_everybody_at_once_unless_the_client_says_otherwise(self, market, proposal_content):
        rfp = await market.published(await market.buyer())
        assert rfp["market_opens_on"] == "2026-11-02"
        assert await sees(market, await market.seller(), rfp, proposal_content) == SEEN

    async def test_preferred_lists_first_and_the_market_on_its_day_in_paris(self, market, proposal_content):
        buyer, preferred, listed, other = await market.buyer(), *[await market.seller() for _ in range(3)]
        await refer(market, buyer, preferred)
        await refer(market, buyer, listed, preferred=False)
        rfp = await market.published(buyer, market_after_days=5)
        assert rfp["market_opens_on"] == "2026-11-07"
        market.h.clock.set(LAST_NIGHT)
        seen = [await sees(market, who, rfp, proposal_content) for who in (preferred, listed, other)]
        assert seen == [SEEN, UNSEEN, UNSEEN]
        market.h.clock.set(LAST_NIGHT.replace(hour=23, minute=0, second=0))
        seen = [await sees(market, who, rfp, proposal_content) for who in (preferred, listed, other)]
        assert seen == [SEEN, SEEN, SEEN]

    async def test_a_preferred_provider_of_another_client_waits(self, market, proposal_content):
        seller = await market.seller()
        await refer(market, await market.buyer(), seller)
        rfp = await market.published(await market.buyer(), market_after_days=1)
        assert await sees(market, seller, rfp, proposal_content) == UNSEEN

    async def test_whoever_leaves_the_list_before_sees_it_no_more_unless_it_answered(self, market, proposal_content):
        buyer, gone, answered = await market.buyer(), *[await market.seller() for _ in range(2)]
        references = [await refer(market, buyer, who) for who in (gone, answered)]
        rfp = await market.published(buyer, market_after_days=5)
        await market.proposed(answered, rfp)
        for reference in references:
            await drop(market, reference)
        assert await sees(market, gone, rfp, proposal_content) == UNSEEN
        assert (await sees(market, answered, rfp, proposal_content))[0] == 200

    @pytest.mark.parametrize("wrong", [-1, 91, "5", True, 1.5])
    async def test_refused_with_another_delay(self, market, content, wrong):
        buyer = await market.buyer()
        answer = await market.call("POST", "/rfps", buyer, json=content(buyer) | {"market_after_days": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "market_after_days")
