"""What the marketplace knows of somebody: exported, forgotten in time, and anonymous once the account is gone."""

from datetime import UTC, datetime

import pytest
from market_steps import budget, entity, ordered
from sqlalchemy import select

from contracts.identity import MemberErased
from contracts.roles import Role
from marketplace.directory.orders import Order
from marketplace.proposal.domain import Proposal
from marketplace.workflow.domain import Approval

NAME, PITCH = "Canaria Zebulon", "Canaria knows migrations."


@pytest.fixture
async def scene(market, content):
    buyer, seller = await market.buyer(), await market.seller()
    consultant = await market.consultant(seller, NAME)
    rfp = await market.published(buyer)
    proposal = await market.proposed(seller, rfp, consultant_id=str(consultant.member_id), pitch=PITCH)
    return buyer, seller, consultant, proposal


async def erase(h, member_id):
    await h.deliver(MemberErased(member_id=member_id, erased_at=h.clock()))


async def row(h, proposal):
    async with h.tx() as tx:
        return await tx.get_one(Proposal, proposal["id"])


@pytest.mark.req("PL-06")
async def test_an_export_holds_the_members_own_records_alone(h, scene):
    buyer, seller, consultant, _ = scene
    mine = await h.exported(consultant.member_id)
    assert [(kept["consultant_name"], kept["pitch"]) for kept in mine["proposals"]] == [(NAME, PITCH)]
    assert [kept["display_name"] for kept in mine["names of colleagues"]] == [NAME]
    assert mine["requests for proposals"] == []
    assert len((await h.exported(seller.member_id))["proposals"]) == 1
    assert len((await h.exported(buyer.member_id))["requests for proposals"]) == 1
    stranger = await h.exported(h.member(Role.COMMERCIAL).member_id)
    assert all(records == [] for records in stranger.values())


@pytest.mark.req("ID-41", "PL-08")
async def test_an_erased_consultant_is_named_nowhere_and_the_offer_stays(h, scene):
    _, _, consultant, proposal = scene
    await erase(h, consultant.member_id)
    kept = await row(h, proposal)
    assert (kept.consultant_name, kept.pitch, kept.daily_rate_amount > 0) == ("—", "—", True)


@pytest.mark.req("ID-41")
async def test_an_erased_author_leaves_an_open_offer_whole_and_a_settled_one_without_words(h, market, scene):
    _, seller, _, proposal = scene
    await erase(h, seller.member_id)
    assert (await row(h, proposal)).pitch == PITCH
    body = {"reason": "other", "comment": "Canaria said no."}
    colleague = await market.seller(company_id=seller.company)
    answer = await market.call("POST", f"/proposals/{proposal['id']}/cancellation", colleague, json=body)
    assert answer.status_code == 200, answer.text
    await erase(h, seller.member_id)
    kept = await row(h, proposal)
    assert (kept.pitch, kept.cancellation_comment, kept.consultant_name) == ("—", "—", NAME)


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(("years", "days", "left"), [(5, 0, True), (5, 1, False)])
async def test_a_proposal_goes_five_years_after_the_period_asked_for(h, scene, years, days, left):
    *_, proposal = scene
    from marketplace.rfp.domain import Rfp

    async with h.tx() as tx:
        end = (await tx.get_one(Rfp, proposal["rfp_id"])).period_end
    as_of = datetime(end.year + years, end.month, end.day + days, 12, tzinfo=UTC)
    async with h.forgetting(as_of) as tx:
        found = await tx.scalar(select(Proposal.id).where(Proposal.id == proposal["id"]))
        assert (found is not None) is left


class TestPurchasing:
    """What is kept of those who validate, answer for budgets and entities, and write clauses."""

    @pytest.fixture
    async def head(self, market):
        return await market.buyer(Role.DIRECTEUR_ACHATS)

    @pytest.fixture
    async def rejected(self, market, head):
        """A request that its validator rejected in words of their own."""
        body = {"validators": [str(head.member_id)]}
        assert (await market.call("PUT", "/publication-workflows", head, json=body)).is_success
        rfp = await market.drafted(head)
        await market.call("POST", f"/rfps/{rfp['id']}/publication", head)
        said = {"decision": "rejected", "reason": "Canaria is too dear"}
        assert (await market.call("POST", f"/rfps/{rfp['id']}/approvals", head, json=said)).is_success
        return rfp

    async def verdicts(self, h, rfp):
        async with h.tx() as tx:
            return (await tx.scalars(select(Approval.reason).where(Approval.rfp_id == rfp["id"]))).all()

    @pytest.mark.req("PL-06")
    async def test_is_part_of_the_export(self, h, market, head, rejected):
        entity_id = await entity(market, head.company, responsible_id=head.member_id)
        await budget(market, head, entity_id)
        await market.call("POST", "/clauses", head, data={"title": "Secrecy"})
        await market.h.deliver(ordered(None, operational_manager_id=head.member_id))
        mine = await h.exported(head.member_id)
        assert [one["reason"] for one in mine["validation of requests"]] == ["Canaria is too dear"]
        assert [one.get("name", one.get("title")) for one in mine["purchasing"]] == [
            "Data 2026", "Agence de Lyon", "Secrecy",
        ]  # fmt: skip
        assert [one["title"] for one in mine["orders"]] == ["Data engineer"]

    @pytest.mark.req("ID-41")
    async def test_an_erased_validator_leaves_no_words_and_is_asked_no_more(self, h, market, head, rejected):
        await erase(h, head.member_id)
        assert await self.verdicts(h, rejected) == ["—"]
        (workflow,) = (await market.call("GET", "/publication-workflows", head)).json()["items"]
        assert workflow["validators"] == []

    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("days", "left"), [(0, True), (1, False)])
    async def test_verdicts_go_five_years_after_the_period_asked_for(self, h, rejected, days, left):
        async with h.forgetting(datetime(2032, 2, 26 + days, 12, tzinfo=UTC)) as tx:
            found = await tx.scalar(select(Approval.id).where(Approval.rfp_id == rejected["id"]))
            assert (found is not None) is left

    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("day", "left"), [("2031-12-31", True), ("2032-01-01", False)])
    async def test_orders_go_five_years_after_their_last_day(self, h, market, day, left):
        order = ordered(None)
        await market.h.deliver(order)
        async with h.forgetting(datetime.fromisoformat(f"{day}T12:00:00Z")) as tx:
            assert (await tx.get(Order, order.bdc_id) is not None) is left
