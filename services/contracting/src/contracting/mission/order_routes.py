"""What both sides bring before the platform's order: offer, special conditions, an order made from the template."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from chassis import audit, get_locked
from chassis.auth import may
from chassis.documents import PDF_ANSWER
from chassis.errors import TemporarilyUnavailable
from chassis.files import PDF, FileMissing, FileNotAccepted, FileTooLarge, attachment
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep
from chassis.problems import documented
from contracting.mission.client_order import kept, write
from contracting.mission.conditions import (
    SpecialConditions,
    SpecialConditionsFrozen,
    SpecialConditionsNotFound,
    conditions_of,
)
from contracting.mission.domain import ClientOrderFrozen, Mission, MissionNotFound, OfferFrozen
from contracting.mission.queries import mission_seen_by, sides_of, visible_to
from contracting.mission.views import MissionView, SpecialConditionsView, view_for
from contracting.own import OwnDep
from contracting.renewal.queries import open_renewal
from contracts.contracting import Offer
from contracts.permissions import Permission
from contracts.roles import StaffScope
from contracts.values import Name

router = Router("missions")

Conditions = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=10_000,
        pattern=r"^[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$",
    ),
]


class OfferChoice(Body):
    """Who contracts with whom."""

    offer: Offer


class OrderReference(Body):
    """The number that the client gives its order."""

    reference: Annotated[Name, Field(max_length=60)]


class ConditionsForm(Body):
    """The special conditions, and a PDF that goes with them."""

    text: Conditions
    file: UploadFile | None = None


@router.put(
    "/missions/{mission_id}/offer",
    access=may(Permission.PLACE_ORDERS, or_staff=StaffScope.CONTRACTS),
    responses=documented(MissionNotFound, OfferFrozen),
)
async def choose_offer(mission_id: UUID, body: OfferChoice, tx: TxDep, caller: CallerDep) -> MissionView:
    """Connect unless the client works with the provider directly (Rise); fixed by the order (CT-05)."""
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), visible_to(caller))
    mission.choose_offer(body.offer)
    audit(tx, "mission.offer_chosen", mission.id, offer=body.offer)
    return await view_for(tx, caller, mission)


@router.post(
    "/missions/{mission_id}/client-order/generation",
    access=may(Permission.PLACE_ORDERS),
    status_code=201,
    responses=documented(MissionNotFound, ClientOrderFrozen, TemporarilyUnavailable),
)
async def make_client_order(
    *, mission_id: UUID, body: OrderReference, tx: TxDep, caller: CallerDep, platform: PlatformDep, own: OwnDep
) -> MissionView:
    """Have the client's order made from the platform's template, with the agreed terms (CT-09, CT-30)."""
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), visible_to(caller))
    mission.expect_order()
    renewal = await open_renewal(tx, mission.id) if mission.issued_line else None
    client = (await sides_of(tx, mission)).client.name
    terms = renewal.terms if renewal else mission.terms
    content = await write(mission, terms, body.reference, client=client, operator=own.operator, today=tx.today)
    name = f"commande-{mission.rfp_reference}-{mission.line}.pdf"
    stored = await platform.files.put(content, name, accept=frozenset({PDF}))
    mission.receive_order(kept(stored, body.reference, by=caller.member_id, at=tx.now))
    await tx.flush()
    audit(tx, "mission.client_order_made", mission.id, sha256=stored.sha256)
    return await view_for(tx, caller, mission)


@router.put(
    "/missions/{mission_id}/special-conditions",
    access=may(Permission.PLACE_ORDERS),
    responses=documented(MissionNotFound, SpecialConditionsFrozen, FileTooLarge, FileNotAccepted),
)
async def write_special_conditions(
    mission_id: UUID,
    form: Annotated[ConditionsForm, Form(media_type="multipart/form-data")],
    tx: TxDep,
    caller: CallerDep,
    platform: PlatformDep,
) -> SpecialConditionsView:
    """The client writes what it adds to the order; the provider is asked to accept it, and anew after a change."""
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), visible_to(caller))
    if not mission.awaits_order:
        raise SpecialConditionsFrozen
    stored = await platform.files.keep(form.file, accept=frozenset({PDF})) if form.file else None
    conditions = await conditions_of(tx, mission_id, locked=True)
    if conditions is None:
        conditions = SpecialConditions(mission_id=mission_id)
        tx.add(conditions)
    conditions.rewrite(form.text, stored, by=caller.member_id, at=tx.now)
    await tx.flush()
    audit(tx, "special_conditions.written", mission.id, version=conditions.version)
    return SpecialConditionsView.model_validate(conditions)


@router.post(
    "/missions/{mission_id}/special-conditions/acceptance",
    access=may(Permission.SUPERVISE_MISSIONS),
    responses=documented(MissionNotFound, SpecialConditionsNotFound, SpecialConditionsFrozen),
)
async def accept_special_conditions(
    mission_id: UUID, request: Request, tx: TxDep, caller: CallerDep
) -> SpecialConditionsView:
    """The provider agrees to what the client wrote last (CT-13)."""
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), visible_to(caller))
    conditions = await conditions_of(tx, mission_id, locked=True)
    if conditions is None:
        raise SpecialConditionsNotFound
    if not mission.awaits_order:
        raise SpecialConditionsFrozen
    address = request.client.host[:45] if request.client else None
    conditions.accept(by=caller.member_id, at=tx.now, address=address)
    audit(tx, "special_conditions.accepted", mission.id, version=conditions.version)
    return SpecialConditionsView.model_validate(conditions)


@router.get(
    "/missions/{mission_id}/special-conditions/file",
    access=may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS),
    responses=documented(MissionNotFound, SpecialConditionsNotFound, FileMissing) | PDF_ANSWER,
    response_class=Response,
)
async def download_special_conditions(
    mission_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep
) -> Response:
    """The PDF that goes with the special conditions, for both sides (CT-13)."""
    await mission_seen_by(tx, caller, mission_id)
    conditions = await conditions_of(tx, mission_id)
    if conditions is None:
        raise SpecialConditionsNotFound
    return attachment(conditions.file, await platform.files.read(conditions.file.key))
