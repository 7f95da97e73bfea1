"""Drafting requests for proposals, and finding them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from chassis.auth import may
from chassis.errors import Problem, VersionConflict
from chassis.http import CallerDep, Router, TxDep, check_if_match, set_etag
from chassis.pagination import Page
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit
from marketplace.actor import acting
from marketplace.rfp.content import FieldOfAnotherStep, Step, StepNotFound, StepsInOrder, with_step
from marketplace.rfp.domain import Rfp
from marketplace.rfp.finding import Search, find
from marketplace.rfp.named import NAMED, check_named, manager_of
from marketplace.rfp.queries import listed_for, own_rfp, rfp_of, visible_to
from marketplace.rfp.refusals import RfpAlreadyPublished, RfpNotFound, UnknownOperationalManager
from marketplace.rfp.views import RfpBody, RfpView, show, show_all

router = Router("rfps")

WRITING: tuple[type[Problem], ...] = (FieldOfAnotherStep, UnknownOperationalManager, *NAMED)
"""How what is written is refused."""


@router.post(
    "/rfps",
    access=may(Permission.RUN_RFPS),
    status_code=201,
    responses=documented(*WRITING),
)
async def draft_rfp(body: RfpBody, caller: CallerDep, tx: TxDep, response: Response) -> RfpView:
    """Begin a request with whatever is known of it; only the client's own people see it until it is published."""
    by = acting(caller)
    await check_named(tx, by.company_id, body)
    rfp = Rfp.draft(body, await manager_of(tx, by.company_id, body), by, tx.now)
    tx.add(rfp)
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.put(
    "/rfps/{rfp_id}",
    access=may(Permission.RUN_RFPS),
    responses=documented(RfpNotFound, RfpAlreadyPublished, *WRITING, VersionConflict),
)
async def edit_rfp(
    rfp_id: UUID, body: RfpBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> RfpView:
    """Replace the content of a draft."""
    by = acting(caller)
    rfp = await own_rfp(tx, by, rfp_id)
    check_if_match(request, rfp.version)
    await check_named(tx, by.company_id, body)
    rfp.edit(body, await manager_of(tx, by.company_id, body))
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.put(
    "/rfps/{rfp_id}/steps/{step}",
    access=may(Permission.RUN_RFPS),
    responses=documented(RfpNotFound, StepNotFound, StepsInOrder, RfpAlreadyPublished, *WRITING, VersionConflict),
)
async def write_step(
    rfp_id: UUID, step: Step, body: RfpBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> RfpView:
    """Save one step of a draft as far as it is filled; what the step may say and the body does not is emptied."""
    by = acting(caller)
    rfp = await own_rfp(tx, by, rfp_id)
    check_if_match(request, rfp.version)
    content = with_step(rfp.content, step, body)
    if step is Step.ENTITY:
        await check_named(tx, by.company_id, content)
    rfp.edit(content, await manager_of(tx, by.company_id, content))
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.get("/rfps", access=may(Permission.FOLLOW_RFPS), responses=documented(*MARKET_CLOSED))
async def list_rfps(search: Annotated[Search, Query()], caller: CallerDep, tx: TxDep) -> Page[RfpView]:
    """The client's own requests, or those that a provider may answer, as far as they meet the criteria."""
    actor = acting(caller)
    await admit(tx, actor)
    found, following = await find(tx, listed_for(actor, tx.today), search, actor.company_id)
    return Page(items=await show_all(tx, actor, found), next=following)


@router.get(
    "/rfps/{rfp_id}",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(RfpNotFound, *MARKET_CLOSED),
)
async def read_rfp(rfp_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> RfpView:
    """One request, with its version as ETag."""
    actor = acting(caller)
    await admit(tx, actor)
    rfp = await rfp_of(tx, rfp_id, visible_to(actor, tx.today))
    if rfp is None:
        raise RfpNotFound
    set_etag(response, rfp.version)
    return await show(tx, actor, rfp)
