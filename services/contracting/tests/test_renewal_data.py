"""What renewals and early ends keep about people, and for how long (PL-06, PL-08)."""

from datetime import UTC, datetime

import pytest
from running import Running
from sqlalchemy import select

from chassis.personal_data import ERASED_NAME, NOBODY
from contracting.directory.colleagues import Colleague
from contracting.early_end.domain import EarlyEnd
from contracting.renewal.domain import Renewal
from contracting.renewal.personal import DATA
from contracts.identity import MemberErased


@pytest.fixture
async def ongoing(deal):
    """A renewal asked for until 26 February 2027 and given up, then an early end of 31 December 2026 proposed."""
    ongoing = await Running(deal).begin()
    renewal = await ongoing.ask()
    await ongoing.post(f"/renewals/{renewal['id']}/withdrawal", ongoing.client)
    why = {"ends_on": "2026-12-18", "reason": "Project stopped", "comment": "Ask Ada"}
    await ongoing.post(f"{ongoing.url}/early-ends", ongoing.client, 201, **why)
    return ongoing


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(
    ("as_of", "kind", "forgotten"),
    [
        (datetime(2037, 2, 26, 12, tzinfo=UTC), Renewal, False),
        (datetime(2037, 2, 27, 12, tzinfo=UTC), Renewal, True),
        (datetime(2036, 12, 31, 12, tzinfo=UTC), EarlyEnd, False),
        (datetime(2037, 1, 1, 12, tzinfo=UTC), EarlyEnd, True),
    ],
)
async def test_who_agreed_is_forgotten_ten_years_after_the_last_day(h, ongoing, as_of, kind, forgotten):
    async with h.forgetting(as_of) as tx:
        row = (await tx.scalars(select(kind).where(kind.mission_id == ongoing.deal.mission_id))).one()
        who = row.opened_by if kind is Renewal else row.proposed_by
        assert (who == NOBODY) is forgotten


@pytest.mark.req("PL-06")
async def test_an_erased_member_is_named_nowhere(h, ongoing):
    grace = await ongoing.colleague()
    async with h.tx() as tx:
        assert [len(await kind.gather(tx, ongoing.client.member_id)) for kind in DATA] == [1, 1, 0]
        assert [len(await kind.gather(tx, grace.member_id)) for kind in DATA] == [0, 0, 1]
    for member in (ongoing.deal.consultant_id, grace.member_id):
        await h.deliver(MemberErased(member_id=member, erased_at=h.clock()))
    async with h.tx() as tx:
        renewal = (await tx.scalars(select(Renewal).where(Renewal.mission_id == ongoing.deal.mission_id))).one()
        assert renewal.consultant_name == ERASED_NAME
        assert not (await tx.get_one(Colleague, grace.member_id)).active
