"""What lines know of somebody, and what becomes of lines when an order ends early or its calendar runs out."""

from datetime import UTC, date, datetime

import pytest
from line_steps import bill, propose, rate, spend, with_client
from sqlalchemy import select

from chassis.personal_data import NOBODY
from contracts.contracting import MissionRescheduled, RescheduleReason
from timesheet.line.domain import LineFile
from timesheet.rate.domain import Rate


@pytest.mark.req("PL-06")
async def test_an_export_holds_the_members_own_lines_and_receipts_alone(h, scene):
    await rate(scene)
    await spend(scene, await scene.drafted(), comment="Kick-off")
    mine = await h.exported(scene.consultant.member_id)
    assert [line["comment"] for kept in mine["activity reports"] for line in kept["lines"]] == ["Kick-off"]
    assert [kept["name"] for kept in mine["receipts"]] == ["ticket.pdf"]
    head = await h.exported(scene.head.member_id)
    assert (head["receipts"], [kept["code"] for kept in head["overtime rates"]]) == ([], ["ASTR"])
    stranger = await h.exported(h.member().member_id)
    assert all(records == [] for records in stranger.values())


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(("day", "forgotten"), [(14, False), (15, True)])
async def test_receipts_and_names_go_ten_years_after_the_mission(h, scene, day, forgotten):
    rate_id = (await propose(scene)).json()["id"]
    cra_id = await scene.drafted()
    await spend(scene, cra_id)
    async with h.forgetting(datetime(2036, 7, day, 12, tzinfo=UTC)) as tx:
        kept = (await tx.scalars(select(LineFile).where(LineFile.cra_id == cra_id))).one()
        proposed = await tx.get_one(Rate, rate_id, populate_existing=True)
        assert (kept.removed_at is not None) is forgotten
        assert (proposed.proposed_by == NOBODY) is forgotten


@pytest.mark.req("CT-28", "TS-09")
@pytest.mark.parametrize(("ends_on", "left"), [(date(2026, 5, 6), 2), (date(2026, 5, 5), 1)])
async def test_overtime_after_an_early_end_is_dropped(h, scene, ends_on, left):
    await rate(scene)
    cra_id = await scene.drafted()
    for day in ("2026-05-04", "2026-05-06"):
        body = {"code": "ASTR", "on": day, "quantity": "2"}
        assert (await scene.call("POST", f"/cras/{cra_id}/overtime", scene.consultant, json=body)).status_code == 201
    await with_client(scene, cra_id)
    order = scene.order
    early = MissionRescheduled(
        mission_id=order.mission_id,
        bdc_id=order.bdc_id,
        ends_on=ends_on,
        version=2,
        reason=RescheduleReason.EARLY_END,
        rescheduled_at=h.clock(),
    )
    await h.deliver(early)
    kinds = [line["kind"] for line in (await bill(scene, cra_id))["lines"]]
    assert kinds == ["work"] + ["overtime"] * left
    assert (await scene.read(cra_id))["status"] == ("submitted" if left == 2 else "refused")
