"""Drafting, publishing and finding requests for proposals."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import ConfigDict

from chassis import Tx, audit, get_locked
from chassis.auth import may
from chassis.errors import VersionConflict
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.numbering import next_number
from chassis.pagination import Page
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit
from marketplace.actor import Actor, acting
from marketplace.directory.domain import Affiliation, CompanyNotValidated, PrincipalContractMissing
from marketplace.directory.queries import affiliation_of, publishing_client
from marketplace.rfp.domain import (
    Rfp,
    RfpAlreadyPublished,
    RfpContent,
    RfpNotFound,
    RfpStartsInThePast,
    RfpStatus,
    UnknownOperationalManager,
)
from marketplace.rfp.finding import Search, find
from marketplace.rfp.queries import listed_for, rfp_of, visible_to

router = Router("rfps")


class RfpBody(RfpContent, Body):
    """The whole content of a request."""


class RfpView(RfpContent, View):
    """A request for proposals."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)

    id: UUID
    reference: str | None
    """The number that people quote; given by the publication."""
    status: RfpStatus
    client_company_id: UUID
    client_name: str | None
    """As it was at the publication."""
    created_at: datetime
    published_at: datetime | None
    market_opens_on: date | None
    """From when providers see it that are on none of the client's preferred lists."""
    version: int


@router.post(
    "/rfps",
    access=may(Permission.RUN_RFPS),
    status_code=201,
    responses=documented(UnknownOperationalManager),
)
async def draft_rfp(body: RfpBody, caller: CallerDep, tx: TxDep, response: Response) -> RfpView:
    """Begin a request; only the client's own people see it until it is published."""
    by = acting(caller)
    rfp = Rfp.draft(body, await _manager(tx, by, body.operational_manager_id), by, tx.now)
    tx.add(rfp)
    set_etag(response, rfp.version)
    return RfpView.model_validate(rfp)


@router.put(
    "/rfps/{rfp_id}",
    access=may(Permission.RUN_RFPS),
    responses=documented(RfpNotFound, RfpAlreadyPublished, UnknownOperationalManager, VersionConflict),
)
async def edit_rfp(
    rfp_id: UUID, body: RfpBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> RfpView:
    """Replace the content of a draft."""
    by = acting(caller)
    rfp = await _own(tx, by, rfp_id)
    check_if_match(request, rfp.version)
    rfp.edit(body, await _manager(tx, by, body.operational_manager_id))
    set_etag(response, rfp.version)
    return RfpView.model_validate(rfp)


@router.post(
    "/rfps/{rfp_id}/publication",
    access=may(Permission.RUN_RFPS),
    responses=documented(
        RfpNotFound,
        RfpAlreadyPublished,
        RfpStartsInThePast,
        CompanyNotValidated,
        PrincipalContractMissing,
        UnknownOperationalManager,
    ),
)
async def publish_rfp(rfp_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> RfpView:
    """Give it its number and show it to providers; its content is frozen from now on."""
    by = acting(caller)
    rfp = await _own(tx, by, rfp_id)
    client = await publishing_client(tx, by.company_id)
    rfp.check_publishable(await _manager(tx, by, rfp.operational_manager_id), tx.today)
    rfp.publish(await next_number(tx, "RFP"), client.name, by, tx.now)
    audit(tx, "rfp.publish", rfp.id, reference=rfp.reference)
    set_etag(response, rfp.version)
    return RfpView.model_validate(rfp)


@router.get("/rfps", access=may(Permission.FOLLOW_RFPS), responses=documented(*MARKET_CLOSED))
async def list_rfps(search: Annotated[Search, Query()], caller: CallerDep, tx: TxDep) -> Page[RfpView]:
    """The client's own requests, or those that a provider may answer, as far as they meet the criteria."""
    actor = acting(caller)
    await admit(tx, actor)
    found, following = await find(tx, listed_for(actor, tx.today), search, actor.company_id)
    return Page(items=[RfpView.model_validate(rfp) for rfp in found], next=following)


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
    return RfpView.model_validate(rfp)


async def _own(tx: Tx, by: Actor, rfp_id: UUID) -> Rfp:
    return await get_locked(tx, Rfp, rfp_id, RfpNotFound(), Rfp.client_company_id == by.company_id)


async def _manager(tx: Tx, by: Actor, member_id: UUID) -> Affiliation | None:
    return await affiliation_of(tx, by.company_id, member_id)
