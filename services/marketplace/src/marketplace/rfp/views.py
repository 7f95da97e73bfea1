"""Requests as they are written and shown."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict

from chassis.http import Body, View
from marketplace.actor import Actor
from marketplace.rfp.content import RfpContent, Step
from marketplace.rfp.domain import ClosingReason, Rfp, RfpStatus


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


def shown_to(actor: Actor, rfp: Rfp) -> RfpView:
    """The request as the actor may read it: what a client pays it from is no provider's business."""
    view = RfpView.model_validate(rfp)
    return view if actor.buys else view.model_copy(update={"spending_line_id": None, "buyer_id": None})
