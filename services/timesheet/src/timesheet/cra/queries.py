"""Loading CRAs within what the caller sees, with their mission, in one statement."""

from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import contains_eager, defer
from sqlalchemy.orm.attributes import set_committed_value

from chassis import Tx
from chassis.auth import Caller
from chassis.hot import HotTx, read_row
from contracts.roles import CompanyKind
from timesheet.cra.domain import Cra
from timesheet.cra.refusals import CraNotFound
from timesheet.directory.missions import Mission
from timesheet.directory.queries import Sight, sight_of, visible, visible_to


def visible_cras(caller: Caller) -> Select[Cra]:
    """The CRAs of the missions that the caller sees (TS-14). Raises Forbidden without a company."""
    return select(Cra).join(Cra.mission).where(visible_to(caller)).options(contains_eager(Cra.mission))


def without_days(query: Select[Cra]) -> Select[Cra]:
    """Leave the days in the database: the total is on the row, and decides alone."""
    return query.options(defer(Cra.entries, raiseload=True))


async def cra_for(tx: Tx, cra_id: UUID, caller: Caller) -> Cra:
    """One CRA with its days. Raises CraNotFound."""
    cra = (await tx.scalars(visible_cras(caller).where(Cra.id == cra_id))).one_or_none()
    if cra is None:
        raise CraNotFound
    return cra


@cache
def _to_decide(kind: CompanyKind | None, sight: Sight) -> Select[Any]:
    """Built once a kind of caller: a decision is made far more often than its query changes."""
    scope = visible(kind, sight, bindparam("company"), bindparam("member"))
    cra = [column for column in Cra.__table__.columns if column.name != "entries"]
    mission = [column.label(f"mission_{column.name}") for column in Mission.__table__.columns]
    return select(*cra, *mission).join_from(Cra, Mission).where(Cra.id == bindparam("cra"), scope)


async def cra_to_decide(tx: HotTx, cra_id: UUID, caller: Caller) -> Cra:
    """One CRA without its days, which the transaction will save. Raises CraNotFound, or Forbidden without a company."""
    values = {"cra": cra_id, "company": caller.company, "member": caller.member_id}
    found = await tx.fetch(_to_decide(caller.company_kind, sight_of(caller)), values)
    if found is None:
        raise CraNotFound
    cra = read_row(Cra, found)
    set_committed_value(cra, "mission", read_row(Mission, found, prefix="mission_"))
    tx.save(cra)
    return cra


async def cra_of_month(tx: Tx, mission: Mission, month: str, *, locked: bool = False) -> Cra | None:
    """The CRA of one order and month, if there is one yet."""
    query = select(Cra).where(Cra.bdc_id == mission.bdc_id, Cra.month == month)
    query = query.join(Cra.mission).options(contains_eager(Cra.mission))
    if locked:
        query = query.with_for_update(of=Cra)
    return (await tx.scalars(query)).one_or_none()


async def days_in_other_months(tx: Tx, mission: Mission, month: str) -> Decimal:
    """Days that the order's other CRAs count already; true while the mission's row is locked."""
    counted = func.coalesce(func.sum(Cra.total_days), Decimal(0))
    query = select(counted).where(Cra.bdc_id == mission.bdc_id, Cra.month != month)
    return (await tx.execute(query)).scalar_one()
