"""Loading what lines are judged by, and holding it while they are."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from chassis.auth import Caller
from contracts.values import Money
from timesheet.cra.domain import Cra
from timesheet.cra.queries import reports_with_lines, visible_cras, without_days
from timesheet.cra.refusals import CraNotFound
from timesheet.directory.missions import Mission
from timesheet.rate.domain import Rate


async def cra_to_write(tx: Tx, cra_id: UUID, caller: Caller) -> Cra:
    """One CRA, with all orders of its mission held: their limits are kept whoever writes. Raises CraNotFound.

    Orders are locked before reports, and in their order, as wherever days are counted.
    """
    mission_id = await tx.scalar(visible_cras(caller).with_only_columns(Mission.mission_id).where(Cra.id == cra_id))
    if mission_id is None:
        raise CraNotFound
    orders = select(Mission).where(Mission.mission_id == mission_id).order_by(Mission.bdc_id)
    await tx.scalars(orders.with_for_update(key_share=True))
    query = visible_cras(caller).where(Cra.id == cra_id).with_for_update(of=Cra)
    found = (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    if found is None:
        raise CraNotFound
    return found


async def delivered_elsewhere(tx: Tx, cra: Cra) -> Money:
    """What the order's other reports bill as deliverables."""
    return await delivered_under(tx, cra.mission, but=cra)


async def delivered_under(tx: Tx, mission: Mission, *, but: Cra | None = None) -> Money:
    """What the order's reports bill as deliverables, all of them or all others."""
    reports = await reports_with_lines(tx, mission.mission_id)
    return sum((one.delivered for one in reports if one.bdc_id == mission.bdc_id and one is not but), Money.of(0))


async def earlier_report(tx: Tx, cra: Cra, month: str, bdc_id: UUID, caller: Caller) -> Cra | None:
    """The report of one month of one order of the same mission, as far as the caller sees it."""
    query = visible_cras(caller).where(Mission.mission_id == cra.mission.mission_id)
    query = query.where(Cra.bdc_id == bdc_id, Cra.month == month)
    return (await tx.scalars(without_days(query))).one_or_none()


async def rates_of(tx: Tx, mission_id: UUID) -> Sequence[Rate]:
    """The mission's table of rates, whatever was agreed on."""
    return (await tx.scalars(select(Rate).where(Rate.mission_id == mission_id))).all()
