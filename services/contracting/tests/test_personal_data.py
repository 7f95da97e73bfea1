"""What contracting knows of somebody: exported, anonymous in time, and once the account is gone."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from chassis.personal_data import NOBODY
from contracting.bdc.domain import Bdc
from contracting.contract.domain import Contract
from contracting.mission.domain import ClientOrder, Mission
from contracts.identity import MemberErased

NAME = "Canaria Zebulon"


@pytest.fixture
async def ordered(deal):
    await deal.ready(consultant_name=NAME)
    answer = await deal.issue()
    assert answer.status_code == 201, answer.text
    return deal


async def rows(tx, deal):
    mission = await tx.get_one(Mission, deal.mission_id, populate_existing=True)
    return mission, (await tx.scalars(select(Bdc).where(Bdc.mission_id == mission.id))).one()


@pytest.mark.req("PL-06")
async def test_an_export_holds_the_members_own_records_alone(h, ordered):
    mine = await h.exported(ordered.consultant_id)
    for name in ("missions", "orders"):
        assert [kept["consultant_name"] for kept in mine[name]] == [NAME]
    head = await h.exported(ordered.provider.head.member_id)
    assert [kept["status"] for kept in head["signatures"]] == ["signed"]
    [signature] = head["signatures"]
    assert set(signature["ticked"]) == set(signature["signed_clauses"])
    assert [kept["capacity"] for kept in head["powers to sign"]] == ["legal_representative"]
    stranger = await h.exported(h.member().member_id)
    assert all(records == [] for records in stranger.values())


@pytest.mark.req("ID-41", "PL-08")
async def test_an_erased_consultant_is_named_nowhere_and_the_order_stays(h, ordered):
    await h.deliver(MemberErased(member_id=ordered.consultant_id, erased_at=h.clock()))
    async with h.tx() as tx:
        mission, bdc = await rows(tx, ordered)
    assert (mission.consultant_name, bdc.consultant_name) == ("—", "—")
    assert (bdc.consultant_id, str(bdc.days)) == (ordered.consultant_id, "18.0")


@pytest.mark.req("ID-41")
async def test_an_erased_signatory_leaves_the_contract_in_force_with_its_evidence(h, ordered):
    head = ordered.provider.head.member_id
    await h.deliver(MemberErased(member_id=head, erased_at=h.clock()))
    async with h.tx() as tx:
        kept = (await tx.scalars(select(Contract).where(Contract.company_id == ordered.provider.id))).one()
    assert (kept.signed_by, kept.status) == (head, "signed")
    assert kept.signed_sha256


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(
    ("as_of", "forgotten"),
    [(datetime(2036, 12, 31, 12, tzinfo=UTC), False), (datetime(2037, 1, 1, 12, tzinfo=UTC), True)],
)
async def test_who_carried_an_order_out_is_forgotten_ten_years_after_its_end(h, ordered, as_of, forgotten):
    async with h.forgetting(as_of) as tx:
        mission, bdc = await rows(tx, ordered)
        for row in (mission, bdc):
            assert (row.consultant_name == "—") is forgotten
            assert (row.consultant_id == NOBODY) is forgotten
            assert (row.operational_manager_id == NOBODY) is forgotten
        order = await tx.get_one(ClientOrder, (mission.id, 1), populate_existing=True)
        assert (order.received_by == NOBODY) is forgotten
        assert str(bdc.days) == "18.0"
