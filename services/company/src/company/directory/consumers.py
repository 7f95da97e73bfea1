from sqlalchemy import update

from chassis import Consumers, Tx, upsert_newer
from chassis.errors import NotReady
from company.affiliation.domain import Affiliation
from company.affiliation.joining import JoinRequest, JoinStatus
from company.directory.domain import KnownMember
from company.directory.missions import RunningMission
from contracts.contracting import BdcIssued, MissionRescheduled
from contracts.identity import MemberActivated, MemberRenamed

consumers = Consumers("company")


@consumers.on(MemberActivated)
async def record_member_on_MemberActivated(event: MemberActivated, tx: Tx) -> None:  # noqa: N802 - the queue's name
    """Keep who may create or join a company, and on which side."""
    values = event.model_dump(include={"member_id", "display_name", "profile_type", "version"})
    await upsert_newer(tx, KnownMember, values)


@consumers.on(MemberRenamed)
async def rename_member_on_MemberRenamed(event: MemberRenamed, tx: Tx) -> None:  # noqa: N802 - the queue's name
    """Show colleagues the new name; what was issued or decided before keeps the old one (ID-21)."""
    known = await tx.get(KnownMember, event.member_id, with_for_update=True)
    if known is None:
        raise NotReady("the member is not known yet")
    if event.version <= known.version:
        return
    known.display_name, known.version = event.display_name, event.version
    mine = update(Affiliation).where(Affiliation.member_id == event.member_id)
    await tx.execute(mine.values(display_name=event.display_name))
    waiting = (JoinRequest.member_id == event.member_id, JoinRequest.status == JoinStatus.PENDING)
    await tx.execute(update(JoinRequest).where(*waiting).values(member_name=event.display_name))


@consumers.on(BdcIssued)
async def record_mission_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - the queue's name
    """Know who works for whom: a provider's clients, a client's suppliers (CO-24, CO-25)."""
    await upsert_newer(tx, RunningMission, RunningMission.values_of(event))


@consumers.on(MissionRescheduled)
async def reschedule_mission_on_MissionRescheduled(event: MissionRescheduled, tx: Tx) -> None:  # noqa: N802 - the queue's name
    """Nobody works for anybody after the day that both sides agreed on (CT-28)."""
    mission = await tx.get(RunningMission, event.bdc_id, with_for_update=True)
    if mission is None:
        raise NotReady("the order is not known yet")
    if event.version > mission.version:
        mission.ends_on, mission.version = event.ends_on, event.version
