"""Orders as their two sides may see them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, select, true

from chassis import Tx
from chassis.auth import Caller
from contracting.bdc.domain import Bdc, BdcNotFound
from contracting.directory.supervision import follows
from contracts.roles import CompanyKind, Role, StaffScope


async def bdc_of(tx: Tx, mission_id: UUID) -> Bdc | None:
    """The last order of a mission, once there is one."""
    query = select(Bdc).where(Bdc.mission_id == mission_id).order_by(Bdc.line.desc()).limit(1)
    return (await tx.scalars(query)).one_or_none()


async def bdcs_of(tx: Tx, mission_id: UUID) -> Sequence[Bdc]:
    """All orders of a mission, the first one first: who was assigned to it, and when (CT-24)."""
    return (await tx.scalars(select(Bdc).where(Bdc.mission_id == mission_id).order_by(Bdc.line))).all()


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Orders of one's side (CT-23), though not for a consultant; every order for staff.

    A sales manager sees those of the consultants they supervise (CO-05).
    """
    if StaffScope.CONTRACTS in caller.scopes:
        return true()
    if caller.company_id is None or caller.role is Role.CONSULTANT:
        return false()
    if caller.company_kind is CompanyKind.CLIENT:
        return Bdc.client_company_id == caller.company_id
    supplied = Bdc.provider_company_id == caller.company_id
    if caller.role is Role.COMMERCIAL:
        return and_(supplied, follows(caller.member_id, caller.company_id, Bdc.consultant_id))
    return supplied


async def bdc_seen_by(tx: Tx, caller: Caller, bdc_id: UUID) -> Bdc:
    """Load an order that the caller may see. Raises BdcNotFound."""
    found = (await tx.scalars(select(Bdc).where(Bdc.id == bdc_id, visible_to(caller)))).one_or_none()
    if found is None:
        raise BdcNotFound
    return found
