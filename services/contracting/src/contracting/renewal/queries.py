"""Renewals as both sides see them, and what an order may not cut."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from chassis.auth import Caller
from contracting.early_end.domain import ValidatedMonth, check_months
from contracting.mission.domain import Mission
from contracting.mission.queries import visible_to
from contracting.renewal.domain import OPEN, Renewal, RenewalNotFound


async def open_renewal(tx: Tx, mission_id: UUID) -> Renewal | None:
    """The one that is being agreed, or that waits for its order."""
    query = select(Renewal).where(Renewal.mission_id == mission_id, Renewal.status.in_(OPEN))
    return (await tx.scalars(query.with_for_update())).one_or_none()


async def renewal_with_mission(tx: Tx, caller: Caller, renewal_id: UUID) -> tuple[Renewal, Mission]:
    """A renewal that the caller's side sees, its mission locked before it. Raises RenewalNotFound."""
    query = select(Mission).join(Renewal, Renewal.mission_id == Mission.id)
    query = query.where(Renewal.id == renewal_id, visible_to(caller)).with_for_update(of=Mission)
    mission = (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    if mission is None:
        raise RenewalNotFound
    query_renewal = select(Renewal).where(Renewal.id == renewal_id).with_for_update()
    return (await tx.scalars(query_renewal, execution_options={"populate_existing": True})).one(), mission


async def check_settled_months(tx: Tx, bdc_id: UUID, ends_on: date) -> None:
    """Raise MonthAlreadyValidated when an order would end before a validated month does."""
    months = await tx.scalars(select(ValidatedMonth.month).where(ValidatedMonth.bdc_id == bdc_id))
    check_months(list(months), ends_on)
