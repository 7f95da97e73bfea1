"""How a request ends without an award, and requests for more days of a running mission (domain facts 1.2)."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy import select

from chassis import audit, emit, get_locked
from chassis.auth import may
from chassis.errors import Conflict, IllegalMove, NotFound, require
from chassis.http import Body, CallerDep, Router, TxDep, set_etag
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Money, Period
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit
from marketplace.actor import acting
from marketplace.directory.orders import Order
from marketplace.favourite.queries import interested_in
from marketplace.proposal.domain import Proposal
from marketplace.proposal.queries import lose_others
from marketplace.rfp import notices
from marketplace.rfp.content import RfpContent
from marketplace.rfp.domain import Rfp
from marketplace.rfp.named import manager_of
from marketplace.rfp.queries import own_rfp, visible_to
from marketplace.rfp.refusals import ClosingUnexplained, RfpNotFound, UnknownOperationalManager
from marketplace.rfp.status import ClosingReason
from marketplace.rfp.views import RfpView, show
from marketplace.values import Prose, WorkedDays

router = Router("rfps")


class MissionNotFound(NotFound):
    """No order was issued for it, or it is another client's."""

    code, title = "mission_not_found", "There is no such running mission"


class ExtensionOverlaps(Conflict):
    """More days come after those that are ordered."""

    code, title = "extension_overlaps", "The extension begins before the mission's order ends"


class ClosingBody(Body):
    """Why a client closes a request; `other` needs a comment."""

    reason: ClosingReason
    comment: Prose | None = None


class ExtensionBody(Body):
    """More days of a running mission."""

    period: Period
    days: WorkedDays


class RefusalBody(Body):
    """Why a provider does not want more days."""

    reason: Annotated[Prose | None, Field(description="Why not")] = None


@router.post(
    "/rfps/{rfp_id}/closing",
    access=may(Permission.RUN_RFPS),
    responses=documented(RfpNotFound, ClosingUnexplained, IllegalMove),
)
async def close_rfp(rfp_id: UUID, body: ClosingBody, caller: CallerDep, tx: TxDep, response: Response) -> RfpView:
    """End a request that nobody won; whoever marked or answered it is told, and nobody else (MK-03)."""
    by = acting(caller)
    rfp = await own_rfp(tx, by, rfp_id)
    rfp.close(body.reason, body.comment, by, tx.now)
    await lose_others(tx, rfp.id, tx.now)
    interested = await interested_in(tx, rfp.id)
    if interested:
        emit(tx, notices.closed(rfp, interested))
    audit(tx, "rfp.close", rfp.id, reason=body.reason)
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.post(
    "/missions/{mission_id}/extensions",
    access=may(Permission.RUN_RFPS),
    status_code=201,
    responses=documented(MissionNotFound, ExtensionOverlaps, UnknownOperationalManager),
)
async def draft_extension(
    mission_id: UUID, body: ExtensionBody, caller: CallerDep, tx: TxDep, response: Response
) -> RfpView:
    """Begin a request for more days to the provider of a running mission alone, at the rate that was ordered."""
    by = acting(caller)
    mine = (Order.mission_id == mission_id, Order.client_company_id == by.company_id)
    order = (await tx.scalars(select(Order).where(*mine).order_by(Order.ends_on.desc()).limit(1))).one_or_none()
    if order is None:
        raise MissionNotFound
    require(body.period.start >= order.ends_on + timedelta(days=1), ExtensionOverlaps(field="period"))
    former = await tx.scalar(select(Proposal.rfp_id).where(Proposal.id == order.proposal_id))
    origin = await tx.get(Rfp, former) if former else None
    known = origin.content if origin else RfpContent(title=order.title)
    changes = {"period": body.period, "days": body.days, "market_after_days": 0}
    terms = {"max_daily_rate": Money(amount=order.daily_rate_amount)} if known.type == "time_and_materials" else {}
    content = known.model_copy(
        update=changes | terms | {"operational_manager_id": order.operational_manager_id, "title": order.title}
    )
    rfp = Rfp.draft(content, await manager_of(tx, by.company_id, content), by, tx.now)
    rfp.mission_id, rfp.addressee_id = mission_id, order.provider_company_id
    tx.add(rfp)
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.post(
    "/rfps/{rfp_id}/refusal",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(RfpNotFound, IllegalMove, *MARKET_CLOSED),
)
async def refuse_extension(rfp_id: UUID, body: RefusalBody, caller: CallerDep, tx: TxDep) -> RfpView:
    """Tell the client that one does not want more days of the mission."""
    by = acting(caller)
    await admit(tx, by)
    rfp = await get_locked(tx, Rfp, rfp_id, RfpNotFound(), visible_to(by, tx.today))
    rfp.refuse_extension(by)
    emit(tx, notices.extension_refused(rfp, body.reason))
    audit(tx, "rfp.refuse_extension", rfp.id)
    return await show(tx, by, rfp)
