"""Which missions a caller sees."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from chassis import Tx
from chassis.auth import Caller
from chassis.errors import NotFound
from contracts.roles import HEADS, SELLERS, CompanyKind
from contracts.values import Month
from timesheet.directory.missions import Mission


class MissionNotFound(NotFound):
    """Absent, not the caller's, or still being contracted (TS-04)."""

    code, title = "mission_not_found", "No such mission; its order may not be issued yet"


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The missions of the caller's company: all for those who sell or run it, else their own (TS-14).

    Raises:
        Forbidden: the caller acts for no company.

    """
    if caller.company_kind is CompanyKind.PROVIDER:
        ours, own, everything = Mission.provider_company_id, Mission.consultant_id, SELLERS
    else:
        ours, own, everything = Mission.client_company_id, Mission.operational_manager_id, HEADS
    company = ours == caller.company
    return company if caller.role in everything else and_(company, own == caller.member_id)


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
