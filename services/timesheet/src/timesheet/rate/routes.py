"""The table of overtime and on-call rates of a mission: proposed by the client, agreed to by the provider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import exists, select

from chassis import Tx, audit, emit
from chassis.auth import Caller, may
from chassis.errors import Forbidden, IllegalMove, require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from contracts.notification import NotificationRequested
from contracts.permissions import Permission
from contracts.roles import CompanyKind, Role
from contracts.values import Amount, Money, Name
from timesheet.cra.messages import heads_of_provider
from timesheet.cra.queries import supervisors_of
from timesheet.directory.missions import Mission
from timesheet.directory.queries import MissionNotFound, visible_to
from timesheet.rate.domain import (
    Rate,
    RateEndsBeforeItStarts,
    RateNotFound,
    RateOverlaps,
    RateStatus,
    Side,
    Unit,
)

router = Router("rates")


class ProposedRate(Body):
    """A code that the consultant reports by, and its price."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,19}$")]
    label: Annotated[Name, Field(max_length=150)]
    unit: Unit
    price: Annotated[Amount, Field(gt=0, le=100_000)]
    """Of a unit, without VAT."""
    starts_on: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))]
    ends_on: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))] | None = None
    """The last day; none unless one is agreed."""


class RateView(View):
    """A row of the table. A consultant is not shown the price."""

    id: UUID
    mission_id: UUID
    code: str
    label: str
    unit: Unit
    price: Money | None
    starts_on: date
    ends_on: date | None
    status: RateStatus
    proposed_at: datetime
    settled_at: datetime | None
    version: int

    @classmethod
    def showing(cls, rate: Rate, caller: Caller) -> RateView:
        """Show a row to whoever sees its mission."""
        shown = cls.model_validate(rate)
        return shown.model_copy(update={"price": None}) if caller.role is Role.CONSULTANT else shown


class RatesView(View):
    """The whole table, by code and first day."""

    items: list[RateView]


async def _table_of(tx: Tx, mission_id: UUID) -> Sequence[Rate]:
    query = select(Rate).where(Rate.mission_id == mission_id).order_by(Rate.code, Rate.starts_on, Rate.id)
    return (await tx.scalars(query)).all()


async def _hold_mission(tx: Tx, mission_id: UUID, caller: Caller) -> Mission:
    """One change of the table at a time; return one of its orders. Raises MissionNotFound."""
    query = select(Mission).where(Mission.mission_id == mission_id, visible_to(caller))
    held = (await tx.scalars(query.order_by(Mission.bdc_id).with_for_update(key_share=True))).all()
    require(bool(held), MissionNotFound())
    return held[-1]


def _proposed(rate: Rate, mission: Mission, supervisors: Sequence[UUID]) -> NotificationRequested:
    """Whoever looks after the consultant, and whoever runs the provider, have a price to agree on."""
    return NotificationRequested(
        subject_id=rate.id,
        template="rate_proposed",
        members=list(supervisors),
        roles=[heads_of_provider(mission)],
        context={"title": mission.title, "code": rate.code, "label": rate.label},
    )


async def _settle(tx: Tx, rate_id: UUID, outcome: RateStatus, caller: Caller) -> Rate:
    """Raises RateNotFound, Forbidden, IllegalMove."""
    seen = exists().where(Mission.mission_id == Rate.mission_id, visible_to(caller))
    rate = (await tx.scalars(select(Rate).where(Rate.id == rate_id, seen).with_for_update())).one_or_none()
    if rate is None:
        raise RateNotFound
    side = Side.CLIENT if caller.company_kind is CompanyKind.CLIENT else Side.PROVIDER
    rate.settle(outcome, side=side, by=caller.member_id, at=tx.now)
    audit(tx, f"rate.{outcome.value}", rate.id, mission=rate.mission_id, code=rate.code)
    return rate


@router.get(
    "/missions/{mission_id}/rates",
    access=may(Permission.FOLLOW_MISSIONS),
    responses=documented(Forbidden, MissionNotFound),
)
async def list_rates(mission_id: UUID, caller: CallerDep, tx: TxDep) -> RatesView:
    """What overtime and on-call duty cost on the mission, agreed on or still proposed."""
    seen = exists().where(Mission.mission_id == mission_id, visible_to(caller))
    require(bool(await tx.scalar(select(seen))), MissionNotFound())
    return RatesView(items=[RateView.showing(rate, caller) for rate in await _table_of(tx, mission_id)])


@router.post(
    "/missions/{mission_id}/rates",
    access=may(Permission.CONFIGURE_ACTIVITY),
    status_code=201,
    responses=documented(Forbidden, MissionNotFound, RateEndsBeforeItStarts),
)
async def propose_rate(mission_id: UUID, body: ProposedRate, caller: CallerDep, tx: TxDep) -> RateView:
    """Propose a code and its price; it counts once the provider agrees (TS-09)."""
    mission = await _hold_mission(tx, mission_id, caller)
    require(body.ends_on is None or body.ends_on >= body.starts_on, RateEndsBeforeItStarts(field="ends_on"))
    rate = Rate(
        **body.model_dump(exclude={"price"}),
        mission_id=mission_id,
        price_amount=body.price,
        status=RateStatus.PROPOSED,
        proposed_by=caller.member_id,
        proposed_at=tx.now,
        version=1,
    )
    tx.add(rate)
    await tx.flush()
    emit(tx, _proposed(rate, mission, await supervisors_of(tx, mission)))
    audit(tx, "rate.proposed", rate.id, mission=mission_id, code=rate.code)
    return RateView.showing(rate, caller)


@router.post(
    "/rates/{rate_id}/acceptance",
    access=may(Permission.APPROVE_ACTIVITY),
    responses=documented(Forbidden, RateNotFound, IllegalMove, RateOverlaps),
)
async def accept_rate(rate_id: UUID, caller: CallerDep, tx: TxDep) -> RateView:
    """Agree for the provider; an open-ended price of the same code ends on the day before."""
    mission_id = await tx.scalar(select(Rate.mission_id).where(Rate.id == rate_id))
    if mission_id is None:
        raise RateNotFound
    try:
        await _hold_mission(tx, mission_id, caller)
    except MissionNotFound:
        raise RateNotFound from None
    rate = await _settle(tx, rate_id, RateStatus.ACCEPTED, caller)
    rate.succeed(other for other in await _table_of(tx, mission_id) if other.id != rate.id)
    return RateView.showing(rate, caller)


@router.post(
    "/rates/{rate_id}/refusal",
    access=may(Permission.APPROVE_ACTIVITY),
    responses=documented(Forbidden, RateNotFound, IllegalMove),
)
async def refuse_rate(rate_id: UUID, caller: CallerDep, tx: TxDep) -> RateView:
    """Turn it down for the provider; the client may propose another."""
    return RateView.showing(await _settle(tx, rate_id, RateStatus.REFUSED, caller), caller)


@router.post(
    "/rates/{rate_id}/withdrawal",
    access=may(Permission.CONFIGURE_ACTIVITY),
    responses=documented(Forbidden, RateNotFound, IllegalMove),
)
async def withdraw_rate(rate_id: UUID, caller: CallerDep, tx: TxDep) -> RateView:
    """Take it back for the client, as long as the provider has not answered."""
    return RateView.showing(await _settle(tx, rate_id, RateStatus.WITHDRAWN, caller), caller)
