"""Starting the end of a month, and watching it."""

from datetime import datetime
from uuid import UUID

from opentelemetry import trace
from sqlalchemy import select

from billing.month_end.domain import (
    MonthEnd,
    MonthEndExists,
    MonthEndNotFound,
    MonthEndStatus,
    MonthNotBegun,
    Step,
)
from chassis import audit
from chassis.auth import staff
from chassis.db import get_or
from chassis.errors import Forbidden, require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from chassis.telemetry import traceparent_of
from contracts.roles import StaffScope
from contracts.values import Month

router = Router("month-ends")
FINANCE = staff(StaffScope.FINANCE)


class NewMonthEnd(Body):
    """The month to end."""

    month: Month


class LeftView(View):
    """What a step could not do: how many, and why the first one."""

    count: int
    reason: str


class MonthEndView(View):
    """How far the end of a month is."""

    id: UUID
    month: Month
    status: MonthEndStatus
    step: Step
    done: dict[Step, int]
    left: dict[Step, LeftView]
    started_by: UUID
    started_at: datetime
    finished_at: datetime | None


@router.post(
    "/staff/month-ends", access=FINANCE, status_code=201, responses=documented(Forbidden, MonthEndExists, MonthNotBegun)
)
async def start_month_end(body: NewMonthEnd, tx: TxDep, caller: CallerDep) -> MonthEndView:
    """End a month, or go through it once more for what was validated since; a worker does it step by step."""
    require(body.month.first <= tx.today, MonthNotBegun(field="month"))
    by, traceparent = caller.member_id, traceparent_of(trace.get_current_span())
    query = select(MonthEnd).where(MonthEnd.month_text == str(body.month)).with_for_update()
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        found = MonthEnd.start(body.month, by=by, at=tx.now, traceparent=traceparent)
        tx.add(found)
    else:
        require(found.status == MonthEndStatus.FINISHED, MonthEndExists())
        found.again(by=by, at=tx.now, traceparent=traceparent)
    audit(tx, "month_end.start", found.id, month=body.month)
    return MonthEndView.model_validate(found)


@router.get("/staff/month-ends", access=FINANCE, responses=documented(Forbidden))
async def list_month_ends(tx: TxDep, page: PageDep) -> Page[MonthEndView]:
    """The month ends, the last one started first."""
    return await page_of(tx, select(MonthEnd), MonthEnd.id, page, MonthEndView.model_validate)


@router.get("/staff/month-ends/{month_end_id}", access=FINANCE, responses=documented(Forbidden, MonthEndNotFound))
async def read_month_end(month_end_id: UUID, tx: TxDep) -> MonthEndView:
    """One of them, with the count of each step as it goes."""
    return MonthEndView.model_validate(await get_or(tx, MonthEnd, month_end_id, MonthEndNotFound()))
