from chassis import Consumers, Tx, upsert_newer
from company.directory.domain import KnownMember
from company.directory.missions import RunningMission
from contracts.contracting import BdcIssued
from contracts.identity import MemberActivated

consumers = Consumers("company")


@consumers.on(MemberActivated)
async def record_member_on_MemberActivated(event: MemberActivated, tx: Tx) -> None:  # noqa: N802 - the queue's name
    """Keep who may create or join a company, and on which side."""
    values = event.model_dump(include={"member_id", "display_name", "profile_type", "version"})
    await upsert_newer(tx, KnownMember, values)


@consumers.on(BdcIssued)
async def record_mission_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - the queue's name
    """Know who works for whom: a provider's clients, a client's suppliers (CO-24, CO-25)."""
    await upsert_newer(tx, RunningMission, RunningMission.values_of(event))
