"""The caller's missions."""

from uuid import UUID

from sqlalchemy import select

from chassis.auth import may
from chassis.errors import Forbidden
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Days, Period
from timesheet.directory.missions import Mission
from timesheet.directory.queries import visible_to

router = Router("missions")


class MissionView(View):
    """A mission under one order."""

    mission_id: UUID
    bdc_id: UUID
    reference: str
    title: str
    client_company_id: UUID
    provider_company_id: UUID
    operational_manager_id: UUID
    consultant_id: UUID
    consultant_name: str
    days: Days
    period: Period


@router.get("/missions", access=may(Permission.FOLLOW_MISSIONS), responses=documented(Forbidden))
async def list_missions(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[MissionView]:
    """The caller's missions whose order is issued, one line an order, newest first."""
    return await page_of(
        tx, select(Mission).where(visible_to(caller)), Mission.bdc_id, page, MissionView.model_validate
    )
