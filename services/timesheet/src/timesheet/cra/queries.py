"""Loading CRAs within what the caller sees, with their mission, in one statement."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, bindparam, exists, func, select, text
from sqlalchemy.orm import contains_eager, defer
from sqlalchemy.orm.attributes import set_committed_value

from chassis import Tx
from chassis.auth import Caller
from chassis.hot import HotTx, read_row
from contracts.contracting import WorkType
from contracts.roles import CompanyKind
from contracts.values import Month
from timesheet.cra.domain import Cra
from timesheet.cra.refusals import CraNotFound, MonthOutsideMission
from timesheet.directory.missions import Mission
from timesheet.directory.queries import Sight, pending_renewal, sight_of, visible, visible_to
from timesheet.directory.renewals import RenewalPending
from timesheet.directory.supervision import Supervision
from timesheet.line.corrections import Corrections
from timesheet.settings.domain import ActivitySettings


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


def left_to_the_calendar(month: Month) -> ColumnElement[bool]:
    """Whether a mission's month is reported by the platform, as its client chose: as long as nobody has begun it.

    Not at a fixed price, where days bill nothing.
    """
    begun = exists(select(Cra.id).where(Cra.bdc_id == Mission.bdc_id, Cra.month == month))
    since = ActivitySettings.fixed_since
    chosen = and_(ActivitySettings.module_on, since.is_not(None), since <= month.last)
    return and_(chosen, ~begun, Mission.work_type == WorkType.TIME_AND_MATERIALS)


async def check_covered(tx: Tx, mission: Mission, month: Month) -> None:
    """Raise RenewalPending where a renewal would bring the month (TS-06), MonthOutsideMission where nothing does."""
    if mission.covers(month):
        return
    renewal = await pending_renewal(tx, mission.mission_id)
    if renewal is not None and renewal.covers(month):
        raise RenewalPending(f"it would begin on {renewal.starts_on}")
    raise MonthOutsideMission


async def days_in_other_months(tx: Tx, mission: Mission, month: str | None) -> Decimal:
    """Days that the order's other CRAs, and corrections of its months, count already; true while its row is locked.

    Without a month, what all of them count.
    """
    counted = func.coalesce(func.sum(Cra.total_days), Decimal(0))
    query = select(counted).where(Cra.bdc_id == mission.bdc_id, Cra.month.is_distinct_from(month))
    corrections = Corrections.of(await reports_with_lines(tx, mission.mission_id))
    return (await tx.execute(query)).scalar_one() + corrections.counted_for(mission.bdc_id)


async def reports_with_lines(tx: Tx, mission_id: UUID) -> Sequence[Cra]:
    """The reports of a mission that hold more than days."""
    query = select(Cra).join(Cra.mission).where(Mission.mission_id == mission_id, Cra.lines != text("'[]'"))
    return (await tx.scalars(without_days(query).options(contains_eager(Cra.mission)))).all()


async def supervisors_of(tx: Tx, mission: Mission) -> Sequence[UUID]:
    """The sales managers who look after the consultant of a mission (CO-05)."""
    follows = any_(Supervision.consultants) == mission.consultant_id
    query = select(Supervision.member_id).where(Supervision.company_id == mission.provider_company_id, follows)
    return (await tx.scalars(query)).all()


async def cras_to_validate(tx: Tx, ids: Sequence[UUID], caller: Caller) -> Sequence[Cra]:
    """Those of the CRAs that the caller sees, each held until the commit. Raises Forbidden without a company."""
    query = without_days(visible_cras(caller)).where(Cra.id.in_(ids)).order_by(Cra.id)
    return (await tx.scalars(query.with_for_update(of=Cra))).all()
