"""A retained proposal becomes a mission; documents stop holding and hold again; its days go by."""

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select

from chassis import Consumers, Tx, audit, emit, upsert_newer
from chassis.clock import business_date
from chassis.sweeps import Sweep
from contracting.directory.domain import CompanyCompliance
from contracting.mission.domain import Mission
from contracting.mission.gates import Blocker, Side, blockers_of, evaluate
from contracting.mission.queries import sides_of
from contracting.mission.standing import RUNNING, MissionStatus
from contracts.company import ComplianceChanged
from contracts.marketplace import ProposalRetained
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import CLIENT_ROLES, SELLERS

consumers = Consumers("contracting")

END_NOTICE = timedelta(days=20)
"""How long before its last day the client hears that a mission ends."""


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
    for side, people in people_of(mission).items():
        theirs = [blocker for blocker in blockers if blocker.side is side]
        if theirs:
            emit(tx, _blocked(mission, people, theirs))


@consumers.on(ComplianceChanged)
async def record_compliance_on_ComplianceChanged(event: ComplianceChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Remember whether the company's documents hold; block its running missions while they do not (CT-31).

    A block is lifted once the documents of both sides hold. What counts is the newest that is known, in whatever
    order the events arrive. Missions are locked before the copy, as when an order is issued.
    """
    ours = or_(Mission.client_company_id == event.company_id, Mission.provider_company_id == event.company_id)
    query = select(Mission).where(ours, Mission.status != MissionStatus.COMPLETED).order_by(Mission.id)
    missions = (await tx.scalars(query.with_for_update())).all()
    compliance = event.model_dump(include={"company_id", "compliant", "missing", "valid_until", "version"})
    compliance["shortcomings"] = {one.requirement: one.reason.value for one in event.shortcomings}
    if not await upsert_newer(tx, CompanyCompliance, compliance):
        return
    for mission in missions:
        holds = await _documents_hold(tx, mission)
        if mission.lift(tx.today) if holds else mission.block():
            audit(tx, "mission.unblocked" if holds else "mission.blocked", mission.id, company=event.company_id)
            emit(tx, _block_notice(mission, event, holds=holds))


async def _documents_hold(tx: Tx, mission: Mission) -> bool:
    of_either = CompanyCompliance.company_id.in_((mission.client_company_id, mission.provider_company_id))
    return not await tx.scalar(select(exists().where(of_either, CompanyCompliance.compliant.is_(False))))


def people_of(mission: Mission) -> dict[Side, RoleInCompany]:
    """Whom a message about the mission reaches, on each side."""
    return {
        Side.PROVIDER: RoleInCompany(company_id=mission.provider_company_id, roles=sorted(SELLERS)),
        Side.CLIENT: RoleInCompany(company_id=mission.client_company_id, roles=sorted(CLIENT_ROLES)),
    }


def _block_notice(mission: Mission, event: ComplianceChanged, *, holds: bool) -> NotificationRequested:
    which = "client" if event.company_id == mission.client_company_id else "provider"
    return NotificationRequested(
        subject_id=mission.id,
        template="mission_unblocked" if holds else "mission_held",
        roles=list(people_of(mission).values()),
        context={"title": mission.title} | ({} if holds else {"side": which}),
    )


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
    ends = and_(Mission.status.in_(RUNNING), Mission.ends_on < today)
    due = select(Mission).where(or_(starts, ends)).order_by(Mission.id).with_for_update()
    for mission in (await tx.scalars(due)).all():
        if mission.advance(today):
            audit(tx, "mission.advanced", mission.id, status=mission.status)


async def tell_of_ends(tx: Tx, as_of: datetime) -> None:
    """Tell the client once, as soon as twenty days are left, that a mission ends unless it is renewed (CT-17)."""
    today = business_date(as_of)
    soon = Mission.ends_on.between(today, today + END_NOTICE)
    untold = or_(Mission.end_told_on.is_(None), Mission.end_told_on != Mission.ends_on)
    due = select(Mission).where(Mission.status == MissionStatus.IN_PROGRESS, soon, untold)
    for mission in (await tx.scalars(due.order_by(Mission.id).with_for_update())).all():
        mission.end_told_on = mission.ends_on
        emit(
            tx,
            NotificationRequested(
                subject_id=mission.id,
                template="mission_ending",
                roles=[people_of(mission)[Side.CLIENT]],
                context={
                    "title": mission.title,
                    "consultant_name": mission.consultant_name,
                    "end": mission.ends_on.isoformat(),
                },
            ),
        )


SWEEPS = [
    Sweep("advance_missions", timedelta(hours=1), advance_missions),
    Sweep("tell_of_ends", timedelta(hours=1), tell_of_ends),
]
