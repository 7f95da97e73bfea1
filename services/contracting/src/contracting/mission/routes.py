"""Missions: what blocks them, the provider's payment option, the client's order."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select

from chassis import audit, get_locked
from chassis.auth import may
from chassis.errors import VersionConflict
from chassis.files import PDF, FileMissing, FileNotAccepted, FileTooLarge, StoredFile, attachment
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracting.mission.client_order import kept
from contracting.mission.domain import (
    ClientOrderFrozen,
    ClientOrderNotFound,
    Mission,
    MissionNotFound,
    PaymentOptionFrozen,
    PaymentRegimeUnknown,
)
from contracting.mission.payment import PaymentOptionNotAvailable
from contracting.mission.queries import company_known, mission_seen_by, visible_to
from contracting.mission.standing import MissionStatus
from contracting.mission.views import MissionSummary, MissionView, summary_for, view_for
from contracts.contracting import ContractKind, PaymentOption
from contracts.permissions import Permission
from contracts.roles import CompanyKind, StaffScope
from contracts.values import Name

router = Router("missions")


class PaymentChoice(Body):
    """When the provider wants to be paid."""

    option: PaymentOption


class ClientOrderForm(Body):
    """The client's order and the number it goes by."""

    reference: Annotated[Name, Field(max_length=60)]
    file: UploadFile


@router.get("/missions", access=may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS))
async def list_missions(
    tx: TxDep, caller: CallerDep, page: PageDep, status: Annotated[MissionStatus | None, Query()] = None
) -> Page[MissionSummary]:
    """The missions of one's side (CT-14); all of them for staff."""
    query = select(Mission).where(visible_to(caller))
    if status is not None:
        query = query.where(Mission.status == status)
    return await page_of(tx, query, Mission.id, page, lambda mission: summary_for(caller, mission))


@router.get(
    "/missions/{mission_id}",
    access=may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS),
    responses=documented(MissionNotFound),
)
async def read_mission(mission_id: UUID, response: Response, tx: TxDep, caller: CallerDep) -> MissionView:
    """A mission, and which side and which item block it now (CT-12)."""
    mission = await mission_seen_by(tx, caller, mission_id)
    set_etag(response, mission.version)
    return await view_for(tx, caller, mission)


@router.put(
    "/missions/{mission_id}/payment-option",
    access=may(Permission.SUPERVISE_MISSIONS),
    responses=documented(
        MissionNotFound, PaymentOptionFrozen, PaymentRegimeUnknown, VersionConflict, PaymentOptionNotAvailable
    ),
)
async def choose_payment_option(
    mission_id: UUID, *, body: PaymentChoice, request: Request, response: Response, tx: TxDep, caller: CallerDep
) -> MissionView:
    """Choose the payment option, before the order is issued (CT-18, CT-19)."""
    ours = Mission.provider_company_id == caller.company
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), ours, visible_to(caller))
    check_if_match(request, mission.version)
    provider = await company_known(tx, caller.company, ContractKind.FRAMEWORK)
    mission.choose_payment(body.option, provider.regime)
    audit(tx, "mission.payment_option_chosen", mission.id, option=body.option)
    set_etag(response, mission.version)
    return await view_for(tx, caller, mission)


@router.post(
    "/missions/{mission_id}/client-order",
    access=may(Permission.PLACE_ORDERS),
    status_code=201,
    responses=documented(MissionNotFound, ClientOrderFrozen, FileTooLarge, FileNotAccepted),
)
async def hand_over_client_order(
    mission_id: UUID,
    form: Annotated[ClientOrderForm, Form(media_type="multipart/form-data")],
    tx: TxDep,
    caller: CallerDep,
    platform: PlatformDep,
) -> MissionView:
    """Hand over the client's order, a PDF; a later one takes its place until the platform's is issued (CT-09)."""
    ours = Mission.client_company_id == caller.company
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), ours)
    mission.expect_order()
    stored = await platform.files.keep(form.file, accept=frozenset({PDF}))
    mission.receive_order(kept(stored, form.reference, by=caller.member_id, at=tx.now))
    await tx.flush()
    audit(tx, "mission.client_order_received", mission.id, sha256=stored.sha256)
    return await view_for(tx, caller, mission)


@router.get(
    "/missions/{mission_id}/client-order/file",
    access=may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS),
    responses=documented(MissionNotFound, ClientOrderNotFound, FileMissing)
    | {200: {"description": "The PDF", "content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
    response_class=Response,
)
async def download_client_order(mission_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep) -> Response:
    """The client's order, for the client and for staff; what it agreed with the platform is not the provider's."""
    mission = await mission_seen_by(tx, caller, mission_id)
    order = mission.order
    if order is None or caller.company_kind is CompanyKind.PROVIDER:
        raise ClientOrderNotFound
    stored = StoredFile(order.file_key, order.file_name, order.media_type, order.sha256, order.size)
    return attachment(stored, await platform.files.read(order.file_key))
