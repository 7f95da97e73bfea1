"""What others learn of a renewal: on which days it is, and whether it is still being agreed (TS-06)."""

from datetime import timedelta

import pytest
from running import Running

from contracting.renewal.consumers import lapse_renewals
from contracts.contracting import RenewalChanged

REASON = {"reason": "The budget is spent"}


@pytest.fixture
async def ongoing(deal):
    return await Running(deal).begin()


async def told(ongoing) -> list[tuple[str, bool]]:
    news = [e for e in await ongoing.h.emitted(RenewalChanged) if str(e.mission_id) == str(ongoing.deal.mission_id)]
    assert [event.version for event in news] == sorted({event.version for event in news})
    return [(event.period.start.isoformat(), event.pending) for event in news]


async def test_each_step_is_told_until_its_order_is_issued(ongoing):
    await ongoing.agreed(starts_on="2027-01-11")
    proposed = [("2027-01-01", True), ("2027-01-11", True), ("2027-01-11", True)]
    assert await told(ongoing) == proposed
    await ongoing.deal.order("CMD-43")
    assert (await ongoing.deal.issue()).status_code == 201
    assert await told(ongoing) == [*proposed, ("2027-01-11", False)]


@pytest.mark.parametrize(("end", "body"), [("rejection", REASON), ("withdrawal", {})])
async def test_a_renewal_that_comes_to_nothing_waits_no_more(ongoing, end, body):
    renewal = await ongoing.ask()
    by = ongoing.provider if end == "rejection" else ongoing.client
    await ongoing.post(f"/renewals/{renewal['id']}/{end}", by, **body)
    assert await told(ongoing) == [("2027-01-01", True), ("2027-01-01", False)]


async def test_nor_does_one_that_nobody_went_on_with(ongoing):
    await ongoing.ask()
    async with ongoing.h.tx() as tx:
        await lapse_renewals(tx, ongoing.h.clock() + timedelta(days=60))
    assert await told(ongoing) == [("2027-01-01", True), ("2027-01-01", False)]


async def test_another_consultant_within_the_order_opens_no_month(ongoing):
    colleague = await ongoing.colleague()
    body = {"consultant_id": str(colleague.member_id), "starts_on": "2026-12-14", "days": "5.0"}
    await ongoing.post(f"{ongoing.url}/replacements", ongoing.provider, 201, **body)
    assert await told(ongoing) == []
