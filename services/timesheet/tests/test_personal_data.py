"""What timesheets know of somebody: exported, anonymous in time, and once the account is gone."""

from datetime import UTC, datetime

import pytest

from chassis.personal_data import NOBODY
from contracts.identity import MemberErased
from timesheet.cra.domain import Cra
from timesheet.directory.missions import Mission

NAME = "Canaria Zebulon"


@pytest.fixture
async def named(make_scene):
    scene = await make_scene(consultant_name=NAME)
    return scene, await scene.refused()


@pytest.mark.req("PL-06")
async def test_an_export_holds_the_members_own_days_alone(h, named):
    scene, _ = named
    mine = await h.exported(scene.consultant.member_id)
    assert [kept["total_days"] for kept in mine["activity reports"]] == ["1.5"]
    assert [kept["consultant_name"] for kept in mine["missions"]] == [NAME]
    manager = await h.exported(scene.manager.member_id)
    assert (len(manager["missions"]), manager["activity reports"]) == (1, [])
    stranger = await h.exported(h.member().member_id)
    assert all(records == [] for records in stranger.values())


@pytest.mark.req("ID-41", "PL-08")
async def test_an_erased_consultant_is_named_nowhere_and_the_days_stay(h, named):
    scene, cra_id = named
    await h.deliver(MemberErased(member_id=scene.consultant.member_id, erased_at=h.clock()))
    async with h.tx() as tx:
        cra, mission = await tx.get_one(Cra, cra_id), await tx.get_one(Mission, scene.order.bdc_id)
    assert (cra.refusal_reason, mission.consultant_name) == ("—", "—")
    assert (str(cra.total_days), len(cra.entries)) == ("1.5", 2)


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(("day", "forgotten"), [(14, False), (15, True)])
async def test_whose_days_they_were_is_forgotten_ten_years_after_the_mission(h, named, day, forgotten):
    scene, cra_id = named
    async with h.forgetting(datetime(2036, 7, day, 12, tzinfo=UTC)) as tx:
        mission = await tx.get_one(Mission, scene.order.bdc_id, populate_existing=True)
        cra = await tx.get_one(Cra, cra_id, populate_existing=True)
        assert (mission.consultant_name == "—") is forgotten
        assert (mission.consultant_id == NOBODY) is forgotten
        assert (cra.refusal_reason == "—") is forgotten
        assert str(cra.total_days) == "1.5"
