"""Which missions a caller sees."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from chassis import Tx
from chassis.auth import Caller
from chassis.errors import NotFound
from contracts.roles import HEADS, CompanyKind, Role
from contracts.values import Month
from timesheet.directory.missions import Mission
from timesheet.directory.renewals import Renewal
from timesheet.directory.supervision import follows


class MissionNotFound(NotFound):
    """Absent, not the caller's, or still being contracted (TS-04)."""

    code, title = "mission_not_found", "No such mission; its order may not be issued yet"


class Sight(StrEnum):
    """How much of their company's missions a caller sees."""

    ALL = "all"
    SUPERVISED = "supervised"
    """Those of the consultants that a sales manager supervises (CO-05)."""
    OWN = "own"


def sight_of(caller: Caller) -> Sight:
    """Whoever runs the company sees all, a sales manager what they supervise, others their own missions."""
    if caller.role in HEADS:
        return Sight.ALL
    return Sight.SUPERVISED if caller.role is Role.COMMERCIAL else Sight.OWN


def visible(kind: CompanyKind | None, sight: Sight, company: Any, member: Any) -> ColumnElement[bool]:
    """The scope of a side: its company's missions, or only those of some members (TS-14)."""
    if kind is CompanyKind.PROVIDER:
        ours, own = Mission.provider_company_id == company, Mission.consultant_id == member
    else:
        ours, own = Mission.client_company_id == company, Mission.operational_manager_id == member
    if sight is Sight.SUPERVISED:
        own = follows(member, company, Mission.consultant_id)
    return ours if sight is Sight.ALL else and_(ours, own)


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The missions that the caller sees. Raises Forbidden for one who acts for no company."""
    return visible(caller.company_kind, sight_of(caller), caller.company, caller.member_id)


async def orders_of(tx: Tx, mission_id: UUID, caller: Caller) -> Sequence[Mission]:
    """The orders of a mission, oldest first. Raises MissionNotFound."""
    query = select(Mission).where(Mission.mission_id == mission_id, visible_to(caller)).order_by(Mission.starts_on)
    found = (await tx.scalars(query)).all()
    if not found:
        raise MissionNotFound
    return found


async def order_of_month(
    tx: Tx, mission_id: UUID, month: Month, bdc_id: UUID | None, caller: Caller, *, locked: bool = False
) -> Mission:
    """The order that the month falls under: `bdc_id`, or else the first that touches it, or else the first.

    Raises:
        MissionNotFound: no order of this mission is visible to the caller, or not that one.

    """
    touches = and_(Mission.starts_on <= month.last, Mission.ends_on >= month.first)
    query = select(Mission).where(Mission.mission_id == mission_id, visible_to(caller))
    if bdc_id is not None:
        query = query.where(Mission.bdc_id == bdc_id)
    query = query.order_by(touches.desc(), Mission.starts_on).limit(1)
    if locked:
        query = query.with_for_update(key_share=True)
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise MissionNotFound
    return found


async def pending_renewal(tx: Tx, mission_id: UUID) -> Renewal | None:
    """What both sides still agree on for the mission; one at a time."""
    query = select(Renewal).where(Renewal.mission_id == mission_id, Renewal.pending)
    return (await tx.scalars(query.order_by(Renewal.renewal_id.desc()).limit(1))).one_or_none()
