"""Documents that stop holding while a mission runs: blocked with an alert, lifted when cured (CT-31)."""

import pytest
from running import UNDER_WAY, Running

from contracts.company import Shortcoming, ShortcomingReason
from contracts.notification import NotificationRequested


@pytest.fixture
async def ongoing(deal):
    return await Running(deal).begin()


async def notices(ongoing) -> list[str]:
    told = await ongoing.h.emitted(NotificationRequested)
    own = [one for one in told if str(one.subject_id) == ongoing.deal.mission_id and len(one.roles) == 2]
    return [one.template for one in own]


@pytest.mark.req("CT-31")
class TestBlock:
    @pytest.mark.parametrize("side", ["client", "provider"])
    async def test_blocked_with_an_alert_to_both_and_lifted_when_cured(self, ongoing, side):
        company = getattr(ongoing.deal, side)
        failed = company.compliance(version=2, missing=["kbis"])
        await ongoing.h.deliver(failed)
        await ongoing.h.deliver(failed)
        mission = await ongoing.deal.mission()
        assert (mission["status"], mission["beneath"]) == ("blocked", "in_progress")
        assert await notices(ongoing) == ["mission_held"]
        staff = await ongoing.deal.call("GET", "/missions?status=blocked", ongoing.deal.staff)
        assert ongoing.deal.mission_id in {one["id"] for one in staff.json()["items"]}
        await ongoing.h.deliver(company.compliance(version=3))
        assert await ongoing.status() == "in_progress"
        assert await notices(ongoing) == ["mission_held", "mission_unblocked"]

    async def test_an_older_outcome_that_arrives_late_changes_nothing(self, ongoing):
        provider = ongoing.deal.provider
        await ongoing.h.deliver(provider.compliance(version=3))
        await ongoing.h.deliver(provider.compliance(version=2, missing=["kbis"]))
        assert await ongoing.status() == "in_progress"
        await ongoing.h.deliver(provider.compliance(version=5, missing=["kbis"]))
        await ongoing.h.deliver(provider.compliance(version=4))
        assert await ongoing.status() == "blocked"

    async def test_lifted_only_once_both_sides_hold(self, ongoing):
        for side in (ongoing.deal.client, ongoing.deal.provider):
            await ongoing.h.deliver(side.compliance(version=2, missing=["kbis"]))
        await ongoing.h.deliver(ongoing.deal.client.compliance(version=3))
        assert await ongoing.status() == "blocked"
        await ongoing.h.deliver(ongoing.deal.provider.compliance(version=3))
        assert await ongoing.status() == "in_progress"

    @pytest.mark.req("CT-11")
    async def test_a_blocked_mission_does_not_start(self, h, deal):
        await deal.ready()
        await deal.issue()
        ongoing = Running(deal)
        await h.deliver(deal.provider.compliance(version=2, missing=["kbis"]))

        h.clock.set(UNDER_WAY)
        await ongoing.advance()
        mission = await deal.mission()
        assert (mission["status"], mission["beneath"]) == ("blocked", "yet_to_start")
        await h.deliver(deal.provider.compliance(version=3))
        assert await ongoing.status() == "in_progress"

    async def test_no_renewal_and_no_order_meanwhile_but_an_early_end(self, ongoing):
        renewal = await ongoing.agreed()
        await ongoing.deal.order("CMD-43")
        await ongoing.h.deliver(ongoing.deal.provider.compliance(version=2, missing=["kbis"]))
        assert (await ongoing.deal.issue()).json()["code"] == "gates_open"
        await ongoing.post(f"/renewals/{renewal['id']}/withdrawal", ongoing.client)
        mission = await ongoing.deal.mission()
        assert (mission["status"], mission["beneath"]) == ("blocked", "in_progress")
        body = {"ends_on": "2027-02-26", "days": "40.0"}
        assert await ongoing.code(f"{ongoing.url}/renewals", ongoing.client, **body) == (409, "illegal_move")
        early = {"ends_on": "2026-12-18", "reason": "Documents"}
        asked = await ongoing.post(f"{ongoing.url}/early-ends", ongoing.client, 201, **early)
        await ongoing.post(f"/early-ends/{asked['id']}/acceptance", ongoing.provider, waive_notice=True)
        assert (await ongoing.deal.mission())["period"]["end"] == "2026-12-18"

    async def test_a_validation_waits_for_the_block_to_be_lifted(self, ongoing):
        renewal = await ongoing.ask()
        await ongoing.post(f"/renewals/{renewal['id']}/answer", ongoing.provider)
        await ongoing.h.deliver(ongoing.deal.client.compliance(version=2, missing=["kbis"]))
        url = f"/renewals/{renewal['id']}/validation"
        assert await ongoing.code(url, ongoing.client) == (409, "illegal_move")
        await ongoing.h.deliver(ongoing.deal.client.compliance(version=3))
        assert await ongoing.status() == "ongoing_renewal"
        assert (await ongoing.post(url, ongoing.client))["status"] == "validated"


@pytest.mark.req("CT-12")
@pytest.mark.parametrize(
    ("reason", "side"),
    [(ShortcomingReason.EXPIRED, "provider"), (ShortcomingReason.AWAITING_REVIEW, "platform")],
)
async def test_both_sides_read_which_document_blocks_why_and_who_must_act(h, deal, reason, side):
    await deal.ready()
    lost = deal.provider.compliance(version=2, missing=["kbis"])
    await h.deliver(lost.model_copy(update={"shortcomings": [Shortcoming(requirement="kbis", reason=reason)]}))
    for caller in (deal.provider.head, deal.client.head):
        gates = {gate["gate"]: gate for gate in (await deal.mission(by=caller))["gates"]}
        [why] = gates["documents"]["reasons"]
        assert (why["side"], why["code"], why["item"]) == (side, f"document_{reason}", "kbis")
