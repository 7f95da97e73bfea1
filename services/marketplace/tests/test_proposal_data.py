"""What happens around a proposal, as personal data: exported, forgotten in time, anonymous once the account is gone."""

from datetime import UTC, datetime, timedelta

import pytest
from proposal_steps import CANDIDATE, answer, invite, offer, read, report, sides, spam
from sqlalchemy import select

from contracts.identity import MemberErased
from marketplace.meeting.domain import Meeting
from marketplace.negotiation.domain import Round
from marketplace.proposal.domain import Proposal
from marketplace.report.domain import Report
from marketplace.spam.domain import SpamMark


async def erase(market, member_id):
    await market.h.deliver(MemberErased(member_id=member_id, erased_at=market.h.clock()))


async def row(market, kind, key):
    async with market.h.tx() as tx:
        return await tx.get_one(kind, key)


@pytest.mark.req("PL-06")
async def test_an_export_holds_what_the_member_said_and_nobody_else(market):
    buyer, seller, proposal = await sides(market)
    await offer(market, buyer, proposal, comment="Our best")
    await invite(market, buyer, proposal, message="Welcome")
    await report(market, buyer, "proposal", proposal)
    mine, theirs = await market.h.exported(buyer.member_id), await market.h.exported(seller.member_id)
    assert [one["comment"] for one in mine["negotiations"]] == ["Our best"]
    assert [one["message"] for one in mine["qualification meetings"]] == ["Welcome"]
    assert [one["description"] for one in mine["reports"]] == ["They wrote to me."]
    assert (theirs["negotiations"], theirs["reports"], theirs["qualification meetings"]) == ([], [], [])
    consultant = await market.h.exported(proposal["consultant_id"])
    assert len(consultant["qualification meetings"]) == 1


@pytest.mark.req("ID-41", "PL-08")
async def test_the_words_of_somebody_erased_are_gone_and_the_facts_stay(market):
    buyer, seller, proposal = await sides(market)
    offered = (await offer(market, buyer, proposal, comment="Our best")).json()
    dearer = {"daily_rate": {"amount": "530.00"}, "comment": "My last word"}
    countered = (await answer(market, seller, offered, "counter-offer", **dearer)).json()
    meeting = (await invite(market, buyer, proposal, message="Welcome")).json()
    made = (await report(market, seller, "proposal", proposal)).json()
    await erase(market, seller.member_id)
    assert (await row(market, Round, countered["id"])).comment == "—"
    assert (await row(market, Round, offered["id"])).comment == "Our best"
    assert (await row(market, Meeting, meeting["id"])).message == "Welcome"
    assert (await row(market, Report, made["id"])).description == "—"
    await erase(market, buyer.member_id)
    assert (await row(market, Meeting, meeting["id"])).message == "—"


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(("days", "named"), [(0, True), (1, False)])
async def test_a_candidate_is_named_for_a_year_after_the_request_closed(market, days, named):
    buyer, seller = await market.buyer(), await market.seller()
    rfp = await market.published(buyer)
    body = {"candidate": CANDIDATE, "daily_rate": {"amount": "550.00"}, "pitch": "Ada", "available_on": "2026-12-01"}
    proposal = (await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=body)).json()
    await market.call("POST", f"/rfps/{rfp['id']}/closing", buyer, json={"reason": "cancelled"})
    closed_at = (await row(market, Proposal, proposal["id"])).closed_at
    as_of = closed_at.replace(year=closed_at.year + 1) + timedelta(days=days)
    async with market.h.forgetting(as_of) as tx:
        kept = (await tx.scalars(select(Proposal).where(Proposal.id == proposal["id"]))).one()
        shown = (kept.consultant_name, kept.candidate is not None, kept.pitch)
        assert shown == (("Ada King", True, "Ada") if named else ("—", False, "—"))
        await tx.rollback()
    assert (await read(market, seller, proposal))["consultant_name"] == "Ada King"


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(("days", "left"), [(0, True), (1, False)])
async def test_a_mark_is_kept_for_two_years(market, days, left):
    buyer, _, proposal = await sides(market)
    await spam(market, buyer, proposal)
    async with market.h.tx() as tx:
        mark = (await tx.scalars(select(SpamMark).where(SpamMark.proposal_id == proposal["id"]))).one()
    at = mark.marked_at
    as_of = datetime(at.year + 2, at.month, at.day, 12, tzinfo=UTC) + timedelta(days=days)
    async with market.h.forgetting(as_of) as tx:
        found = await tx.scalar(select(SpamMark.id).where(SpamMark.id == mark.id))
        assert (found is not None) is left
        await tx.rollback()
