"""What this service knows of people's work for companies (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import Tx
from chassis.personal_data import ERASED_NAME, Basis, DataClass, Records, record_of
from company.affiliation.domain import Affiliation
from company.affiliation.ending import Why, end_affiliation
from company.affiliation.headless import note_headless
from company.affiliation.joining import KEPT_AFTER_DECISION, JoinRequest, JoinStatus
from company.affiliation.queries import affiliation_of, lock_companies
from company.directory.domain import GONE, KnownMember
from company.directory.missions import RunningMission
from company.entity.domain import Entity
from company.supervision.domain import Supervision
from contracts.roles import ProfileType


async def _affiliations(tx: Tx, member_id: UUID) -> Records:
    found = await affiliation_of(tx, member_id)
    return [record_of(found, "company_id", "display_name", "role", "granted_at")] if found else []


async def _end(tx: Tx, member_id: UUID) -> None:
    """The account is gone, so even the last head goes; staff are told of a company that nobody runs any more."""
    present = await affiliation_of(tx, member_id)
    if present is not None:
        await lock_companies(tx, {present.company_id})
        present = await affiliation_of(tx, member_id)
    if present is not None:
        await end_affiliation(tx, present, Why.ERASED)
        await note_headless(tx, present.company_id)


async def _requests(tx: Tx, member_id: UUID) -> Records:
    query = select(JoinRequest).where(JoinRequest.member_id == member_id).order_by(JoinRequest.id)
    shown = ("company_id", "member_name", "role", "status", "requested_at", "decided_at")
    return [record_of(request, *shown) for request in await tx.scalars(query)]


async def _drop_requests(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(JoinRequest).where(JoinRequest.member_id == member_id))
    decided = update(JoinRequest).where(JoinRequest.decided_by == member_id)
    await tx.execute(decided.values(decided_by=None))


async def _forget_requests(tx: Tx, as_of: datetime) -> None:
    """Drop what was decided long ago; what waits is not over."""
    over = JoinRequest.decided_at <= as_of - KEPT_AFTER_DECISION
    await tx.execute(delete(JoinRequest).where(JoinRequest.status != JoinStatus.PENDING, over))


async def _known(tx: Tx, member_id: UUID) -> Records:
    member = await tx.get(KnownMember, member_id)
    return [record_of(member, "display_name", "profile_type")] if member else []


async def _blank(tx: Tx, member_id: UUID) -> None:
    """Leave a row without the name, so that an event that comes late brings neither name nor affiliation back.

    Whoever is being affiliated at the moment is waited for. Of a member who was never heard of before, the profile
    is anything: nobody asks for it any more.
    """
    anonymous = {"display_name": ERASED_NAME, "version": GONE}
    row = {"member_id": member_id, "profile_type": ProfileType.CONSULTANCY, **anonymous}
    left = insert(KnownMember).values(row).on_conflict_do_update(index_elements=["member_id"], set_=anonymous)
    await tx.execute(left)


async def _supervisions(tx: Tx, member_id: UUID) -> Records:
    """Whose missions one follows, and whether somebody follows one's own."""
    own = select(Supervision).join(Affiliation, Affiliation.id == Supervision.affiliation_id)
    mine = (await tx.scalars(own.where(Affiliation.member_id == member_id))).all()
    others = (await tx.scalars(select(Supervision).where(any_(Supervision.consultants) == member_id))).all()
    return [
        *({"supervises": [str(one) for one in row.consultants], "since": str(row.changed_at)} for row in mine),
        *({"supervised_since": str(row.changed_at)} for row in others),
    ]


async def _missions(tx: Tx, member_id: UUID) -> Records:
    part = (RunningMission.consultant_id == member_id) | (RunningMission.operational_manager_id == member_id)
    query = select(RunningMission).where(part).order_by(RunningMission.bdc_id)
    return [record_of(row, "mission_id", "title", "starts_on", "ends_on") for row in await tx.scalars(query)]


async def _duties(tx: Tx, member_id: UUID) -> Records:
    held = (Entity.responsible_id == member_id) | (Entity.substitute_id == member_id)
    return [record_of(row, "company_id", "name") for row in await tx.scalars(select(Entity).where(held))]


DATA = [
    DataClass(
        "known members",
        purpose="show a name to colleagues and keep each profile on its side",
        basis=Basis.CONTRACT,
        kept="until the account is gone; an id and the profile type stay",
        tables=(KnownMember,),
        gather=_known,
        erase=_blank,
    ),
    DataClass(
        "affiliations",
        purpose="act for a company in one role",
        basis=Basis.CONTRACT,
        kept="until the member leaves, is removed, or the account is gone",
        tables=(Affiliation,),
        gather=_affiliations,
        erase=_end,
    ),
    DataClass(
        "join requests",
        purpose="let a company's heads decide who acts for it",
        basis=Basis.CONTRACT,
        kept="one year after the decision",
        tables=(JoinRequest,),
        gather=_requests,
        erase=_drop_requests,
        forget=_forget_requests,
    ),
    DataClass(
        "supervision",
        purpose="limit what a sales manager sees to the consultants they look after",
        basis=Basis.CONTRACT,
        kept="as long as the sales manager's affiliation; ids alone",
        tables=(Supervision,),
        gather=_supervisions,
    ),
    DataClass(
        "duties in entities",
        purpose="know who answers for a part of a client",
        basis=Basis.CONTRACT,
        kept="as long as the affiliation; ids alone",
        tables=(Entity,),
        gather=_duties,
    ),
    DataClass(
        "missions",
        purpose="know a company's clients and suppliers",
        basis=Basis.CONTRACT,
        kept="as long as the contract data of the mission; ids alone",
        tables=(RunningMission,),
        gather=_missions,
    ),
]
"""The member comes first: who is being affiliated at the same moment is waited for, then leaves with the rest."""
