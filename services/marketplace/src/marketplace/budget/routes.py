"""A client's budgets and their spending lines (MK-28)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import ConfigDict
from sqlalchemy import select

from chassis import Tx, audit, get_locked
from chassis.auth import may
from chassis.errors import VersionConflict, require
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Amount
from marketplace.actor import Actor, acting
from marketplace.budget.domain import (
    AnotherCurrency,
    Budget,
    BudgetCurrencyFixed,
    BudgetNotFound,
    BudgetTerms,
    BudgetTooSmall,
    EntityNotAllowed,
    LineBelowConsumption,
    LineTerms,
    SpendingLine,
    SpendingLineNotFound,
    UnknownKeeper,
    check_keepers,
)
from marketplace.budget.queries import usable
from marketplace.directory.entities import UnknownEntity, active_entities
from marketplace.directory.queries import colleagues_among

router = Router("budgets")


class BudgetBody(BudgetTerms, Body):
    """All that a client says of a budget."""


class LineBody(LineTerms, Body):
    """All that a client says of a spending line."""


class BudgetView(BudgetTerms, View):
    """A budget."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    id: UUID
    changed_at: datetime
    version: int


class LineView(LineTerms, View):
    """A spending line and what of it is spoken for; amounts without VAT."""

    model_config = ConfigDict(extra="ignore", from_attributes=True, use_attribute_docstrings=True)

    id: UUID
    budget_id: UUID
    reserved: Amount
    """Set aside for proposals that were retained."""
    ordered: Amount
    invoiced: Amount
    """Part of what was ordered."""
    overrun: Amount
    """Ordered by renewals beyond the amount."""
    available: Amount
    version: int


_LINE_REFUSALS = documented(
    UnknownEntity, AnotherCurrency, EntityNotAllowed, BudgetTooSmall, LineBelowConsumption, VersionConflict
)


@router.get("/budgets", access=may(Permission.VIEW_PURCHASING))
async def list_budgets(page: PageDep, caller: CallerDep, tx: TxDep) -> Page[BudgetView]:
    """The client's budgets, the newest first."""
    query = select(Budget).where(Budget.company_id == acting(caller).company_id)
    return await page_of(tx, query, Budget.id, page, BudgetView.model_validate)


@router.get("/budgets/{budget_id}", access=may(Permission.VIEW_PURCHASING), responses=documented(BudgetNotFound))
async def read_budget(budget_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> BudgetView:
    """One budget."""
    mine = (Budget.id == budget_id, Budget.company_id == acting(caller).company_id)
    budget = (await tx.scalars(select(Budget).where(*mine))).one_or_none()
    if budget is None:
        raise BudgetNotFound
    set_etag(response, budget.version)
    return BudgetView.model_validate(budget)


@router.post(
    "/budgets",
    access=may(Permission.APPROVE_SPENDING),
    status_code=201,
    responses=documented(UnknownEntity, UnknownKeeper),
)
async def create_budget(body: BudgetBody, caller: CallerDep, tx: TxDep, response: Response) -> BudgetView:
    """Plan money for some entities."""
    by = acting(caller)
    await _check(tx, by, body)
    budget = Budget.create(by.company_id, body, tx.now)
    tx.add(budget)
    audit(tx, "budget.created", budget.id, company=by.company_id)
    set_etag(response, budget.version)
    return BudgetView.model_validate(budget)


@router.put(
    "/budgets/{budget_id}",
    access=may(Permission.APPROVE_SPENDING),
    responses=documented(
        BudgetNotFound, UnknownEntity, UnknownKeeper, BudgetCurrencyFixed, BudgetTooSmall, VersionConflict
    ),
)
async def change_budget(
    budget_id: UUID, body: BudgetBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> BudgetView:
    """Say anew what a budget is; its lines must fit."""
    by = acting(caller)
    budget = await _budget(tx, by, budget_id)
    check_if_match(request, budget.version)
    await _check(tx, by, body)
    budget.arrange(body, await _lines_of(tx, budget), tx.now)
    audit(tx, "budget.changed", budget.id, company=by.company_id)
    set_etag(response, budget.version)
    return BudgetView.model_validate(budget)


@router.get("/budgets/{budget_id}/lines", access=may(Permission.VIEW_PURCHASING), responses=documented(BudgetNotFound))
async def list_lines(budget_id: UUID, page: PageDep, caller: CallerDep, tx: TxDep) -> Page[LineView]:
    """A budget's lines with what each has left."""
    company_id = acting(caller).company_id
    mine = select(Budget.id).where(Budget.id == budget_id, Budget.company_id == company_id)
    if await tx.scalar(mine) is None:
        raise BudgetNotFound
    query = select(SpendingLine).where(SpendingLine.budget_id == budget_id)
    return await page_of(tx, query, SpendingLine.id, page, LineView.model_validate)


@router.get("/spending-lines", access=may(Permission.VIEW_PURCHASING))
async def list_usable_lines(
    page: PageDep, caller: CallerDep, tx: TxDep, entity_id: Annotated[UUID | None, Query()] = None
) -> Page[LineView]:
    """The lines that may be spent today, from which a request names one."""
    query = select(SpendingLine).where(usable(acting(caller).company_id, tx.today))
    if entity_id is not None:
        query = query.where(SpendingLine.entity_id == entity_id)
    return await page_of(tx, query, SpendingLine.id, page, LineView.model_validate)


@router.post(
    "/budgets/{budget_id}/lines",
    access=may(Permission.APPROVE_SPENDING),
    status_code=201,
    responses=_LINE_REFUSALS | documented(BudgetNotFound),
)
async def open_line(budget_id: UUID, body: LineBody, caller: CallerDep, tx: TxDep, response: Response) -> LineView:
    """Let an entity spend a part of the budget."""
    by = acting(caller)
    budget = await _budget(tx, by, budget_id)
    await _check_entity(tx, by, body, None)
    line = SpendingLine.open(budget, body, await _lines_of(tx, budget))
    tx.add(line)
    audit(tx, "spending_line.opened", line.id, budget=budget.id)
    set_etag(response, line.version)
    return LineView.model_validate(line)


@router.put(
    "/spending-lines/{line_id}",
    access=may(Permission.APPROVE_SPENDING),
    responses=_LINE_REFUSALS | documented(SpendingLineNotFound),
)
async def change_line(
    line_id: UUID, body: LineBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> LineView:
    """Say anew what a line is; what is spoken for cannot be taken away."""
    by = acting(caller)
    mine = (SpendingLine.id == line_id, SpendingLine.company_id == by.company_id)
    budget_id = await tx.scalar(select(SpendingLine.budget_id).where(*mine))
    if budget_id is None:
        raise SpendingLineNotFound
    budget = await _budget(tx, by, budget_id)
    await _check_entity(tx, by, body, line_id)
    line = await get_locked(tx, SpendingLine, line_id, SpendingLineNotFound())
    check_if_match(request, line.version)
    line.arrange(budget, body, await _lines_of(tx, budget))
    audit(tx, "spending_line.changed", line.id, budget=budget.id)
    set_etag(response, line.version)
    return LineView.model_validate(line)


async def _budget(tx: Tx, by: Actor, budget_id: UUID) -> Budget:
    return await get_locked(tx, Budget, budget_id, BudgetNotFound(), Budget.company_id == by.company_id)


async def _lines_of(tx: Tx, budget: Budget) -> list[SpendingLine]:
    return list(await tx.scalars(select(SpendingLine).where(SpendingLine.budget_id == budget.id)))


async def _check(tx: Tx, by: Actor, terms: BudgetTerms) -> None:
    named = {member_id for member_id in (terms.responsible_id, terms.deputy_id) if member_id}
    check_keepers(terms, await colleagues_among(tx, by.company_id, named))
    await active_entities(tx, by.company_id, terms.entity_ids, field="entity_ids")


async def _check_entity(tx: Tx, by: Actor, terms: LineTerms, line_id: UUID | None) -> None:
    """Hold the entity, so that no two lines give it two currencies. Raises UnknownEntity or AnotherCurrency."""
    await active_entities(tx, by.company_id, [terms.entity_id], field="entity_id")
    others = select(SpendingLine.id).where(
        SpendingLine.entity_id == terms.entity_id,
        SpendingLine.company_id == by.company_id,
        SpendingLine.currency != terms.currency,
        SpendingLine.id != line_id if line_id else SpendingLine.id.is_not(None),
    )
    require((await tx.scalars(others.limit(1))).first() is None, AnotherCurrency(field="currency"))
