"""Requests as they are written and shown."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict

from chassis import Tx
from chassis.http import Body, View
from marketplace.actor import Actor
from marketplace.rfp.content import RfpContent, Step
from marketplace.rfp.domain import Rfp
from marketplace.rfp.queries import stages_of
from marketplace.rfp.status import ClosingReason, RfpStage, RfpStatus


class RfpBody(RfpContent, Body):
    """What a client has to say of a request so far."""


class StepView(View):
    """How far a step is."""

    step: Step
    complete: bool
    missing: list[str]
    """What it must say and does not."""


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
    mission_id: UUID | None
    """The running mission that it asks to extend."""
    clause_ids: list[UUID]
    """The clauses that an answer accepts."""
    steps: list[StepView]
    """How far each step is, while it is being written."""
    closed_at: datetime | None
    closing_reason: ClosingReason | None
    version: int
    stage: RfpStage | None = None
    """What its client reads of it and of its proposals; absent for providers."""


async def show_all(tx: Tx, actor: Actor, rfps: Sequence[Rfp]) -> list[RfpView]:
    """The requests as the actor may read them: what a client pays them from is no provider's business."""
    stages = await stages_of(tx, rfps) if actor.buys else {}
    hidden = {} if actor.buys else {"spending_line_id": None, "buyer_id": None}
    return [RfpView.model_validate(rfp).model_copy(update=hidden | {"stage": stages.get(rfp.id)}) for rfp in rfps]


async def show(tx: Tx, actor: Actor, rfp: Rfp) -> RfpView:
    """One request as the actor may read it."""
    (view,) = await show_all(tx, actor, [rfp])
    return view
