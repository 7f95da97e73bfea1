"""A retained proposal becomes a mission; its days go by."""

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select

from chassis import Consumers, Tx, audit, emit
from chassis.clock import business_date
from chassis.sweeps import Sweep
from contracting.mission.domain import Mission, MissionStatus
from contracting.mission.gates import Blocker, Side, blockers_of, evaluate
from contracting.mission.queries import sides_of
from contracts.marketplace import ProposalRetained
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import CLIENT_ROLES, SELLERS

consumers = Consumers("contracting")


@consumers.on(ProposalRetained)
async def open_mission_on_ProposalRetained(event: ProposalRetained, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Open the mission's legal verification and tell each side, once, what it must bring (CT-12)."""
    if await tx.scalar(select(exists().where(Mission.proposal_id == event.proposal_id))):
        return
    mission = Mission.open(event)
    tx.add(mission)
    await tx.flush()
    audit(tx, "mission.opened", mission.id, proposal=event.proposal_id)
    sides = await sides_of(tx, mission)
    blockers = blockers_of(evaluate(sides.facts_of(mission), tx.today))
    tell = {
        Side.PROVIDER: RoleInCompany(company_id=mission.provider_company_id, roles=sorted(SELLERS)),
        Side.CLIENT: RoleInCompany(company_id=mission.client_company_id, roles=sorted(CLIENT_ROLES)),
    }
    for side, people in tell.items():
        theirs = [blocker for blocker in blockers if blocker.side is side]
        if theirs:
            emit(tx, _blocked(mission, people, theirs))


def _blocked(mission: Mission, people: RoleInCompany, blockers: list[Blocker]) -> NotificationRequested:
    return NotificationRequested(
        subject_id=mission.id,
        template="mission_blocked",
        roles=[people],
        context={"title": mission.title, "blockers": " ; ".join(blocker.french for blocker in blockers)},
    )


async def advance_missions(tx: Tx, as_of: datetime) -> None:
    """Start the missions whose first day has come and complete those whose last day is over, in Paris."""
    today = business_date(as_of)
    starts = and_(Mission.status == MissionStatus.YET_TO_START, Mission.starts_on <= today)
    ends = and_(Mission.status == MissionStatus.IN_PROGRESS, Mission.ends_on < today)
    due = select(Mission).where(or_(starts, ends)).order_by(Mission.id).with_for_update()
    for mission in (await tx.scalars(due)).all():
        mission.advance(today)
        audit(tx, "mission.advanced", mission.id, status=mission.status)


SWEEPS = [Sweep("advance_missions", timedelta(hours=1), advance_missions)]
