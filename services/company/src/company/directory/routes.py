"""A provider's clients and a client's suppliers, as the orders between them say (CO-24, CO-25)."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select

from chassis import Tx
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import by_rows, permitted
from company.company.domain import Company, CompanyNotFound
from company.directory.missions import RunningMission, under_way_on
from company.referencing.domain import Reference, ReferencingList
from contracts.permissions import Permission

router = Router("clients and suppliers")


class ClientView(View):
    """A company that one's company works or worked for."""

    company_id: UUID
    name: str
    city: str
    missions: int
    running: int
    first_start: date
    last_end: date


class ComplianceSummary(View):
    """How a provider's documents stand; nothing is known before its validation."""

    compliant: bool | None
    missing: list[str]
    valid_until: date | None


class SupplierView(View):
    """A company that works or worked for one's company, or is on one of its lists."""

    company_id: UUID
    name: str
    city: str
    missions: int
    running: int
    first_start: date | None
    last_end: date | None
    compliance: ComplianceSummary
    referenced: bool
    preferred: bool


@router.get("/companies/{company_id}/clients", access=by_rows(Permission.BELONG), responses=documented(CompanyNotFound))
async def list_clients(company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep) -> Page[ClientView]:
    """Whom one's company works or worked for (CO-24)."""
    await permitted(tx, caller, company_id, Permission.BELONG)
    ours = RunningMission.provider_company_id == company_id
    clients = select(Company).where(Company.id.in_(select(RunningMission.client_company_id).where(ours)))
    found = await page_of(tx, clients, Company.id, page, lambda company: company)
    counted = await _missions(tx, RunningMission.client_company_id, ours, found.items)
    return Page(items=[ClientView(**_named(c), **counted[c.id]) for c in found.items], next=found.next)


@router.get(
    "/companies/{company_id}/suppliers", access=by_rows(Permission.BELONG), responses=documented(CompanyNotFound)
)
async def list_suppliers(
    company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep, referenced: bool | None = None
) -> Page[SupplierView]:
    """Who works or worked for one's company, or is on one of its lists (CO-25)."""
    await permitted(tx, caller, company_id, Permission.BELONG)
    ours = RunningMission.client_company_id == company_id
    working = Company.id.in_(select(RunningMission.provider_company_id).where(ours))
    listed = Company.id.in_(_listed(company_id).with_only_columns(Reference.provider_company_id))
    wanted = {None: working | listed, True: listed, False: working & ~listed}[referenced]
    found = await page_of(tx, select(Company).where(wanted), Company.id, page, lambda company: company)
    counted = await _missions(tx, RunningMission.provider_company_id, ours, found.items)
    lists: dict[UUID, bool] = {row.id: row.preferred for row in await tx.execute(_listed(company_id))}
    items = [_supplier(c, counted.get(c.id, _NO_MISSION), lists.get(c.id)) for c in found.items]
    return Page(items=items, next=found.next)


_NO_MISSION = {"missions": 0, "running": 0, "first_start": None, "last_end": None}


def _listed(client_id: UUID) -> Any:
    """The providers on the client's lists, each with whether one of those is preferred."""
    preferred = func.bool_or(ReferencingList.preferred).label("preferred")
    return (
        select(Reference.provider_company_id.label("id"), preferred)
        .join(ReferencingList, ReferencingList.id == Reference.list_id)
        .where(ReferencingList.company_id == client_id)
        .group_by(Reference.provider_company_id)
    )


async def _missions(
    tx: Tx, side: Any, scope: ColumnElement[bool], companies: list[Company]
) -> dict[UUID, dict[str, Any]]:
    """How many missions there are with each of the companies, and since and until when."""
    under_way = under_way_on(tx.today)
    counts = select(
        side.label("id"),
        func.count(RunningMission.mission_id.distinct()).label("missions"),
        func.count(RunningMission.mission_id.distinct()).filter(under_way).label("running"),
        func.min(RunningMission.starts_on).label("first_start"),
        func.max(RunningMission.ends_on).label("last_end"),
    )
    query = counts.where(scope, side.in_([company.id for company in companies])).group_by(side)
    rows: list[Row[Any]] = list((await tx.execute(query)).all())
    return {row.id: {name: getattr(row, name) for name in _NO_MISSION} for row in rows}


def _named(company: Company) -> dict[str, Any]:
    return {"company_id": company.id, "name": company.name, "city": company.city}


def _supplier(company: Company, counted: dict[str, Any], preferred: bool | None) -> SupplierView:
    compliance = ComplianceSummary(
        compliant=company.compliant,
        missing=company.compliance_missing,
        valid_until=company.compliance_valid_until,
    )
    listed = preferred is not None
    named = _named(company)
    return SupplierView(**named, **counted, compliance=compliance, referenced=listed, preferred=bool(preferred))
