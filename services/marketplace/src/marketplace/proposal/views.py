"""Proposals as they are asked for and shown."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict

from chassis.http import Body, View
from contracts.values import Days, Money, Period
from marketplace.choice.domain import Outcome
from marketplace.proposal.content import CancellationReason, Candidate, ProposalContent
from marketplace.proposal.domain import ProposalStatus
from marketplace.proposal.tabs import Tab
from marketplace.values import Prose


class ProposalBody(ProposalContent, Body):
    """A provider's answer."""


class CancellationBody(Body):
    """Why the provider withdraws; `other` needs a comment."""

    reason: CancellationReason
    comment: Prose | None = None


class ConsultantBody(Body):
    """Which member the candidate has become."""

    consultant_id: UUID


class Reached(View):
    """A status, and when it was taken."""

    status: ProposalStatus
    at: datetime


class ProposalSummary(View):
    """A proposal in a list; its pitch is read by opening it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    status: ProposalStatus
    tab: Tab
    """Where the provider finds it (MK-10)."""
    rfp_id: UUID
    rfp_reference: str
    """With the edition that it answers (MK-23)."""
    rfp_edition: int
    rfp_title: str
    period: Period
    days: Days
    provider_company_id: UUID
    provider_name: str
    consultant_id: UUID | None
    """Absent while a candidate is proposed."""
    consultant_name: str
    daily_rate: Money
    """Price of a day, without VAT."""
    available_on: date
    submitted_at: datetime
    edited_at: datetime | None
    opened_at: datetime | None
    """When the client read it (MK-08)."""
    platform_outcome: Outcome | None
    """What the platform decided after the retention (MK-22)."""
    version: int


class ProposalView(ProposalSummary):
    """A whole proposal."""

    pitch: str
    candidate: Candidate | None
    accepted_clauses: list[UUID]
    history: list[Reached]
    """Every status that it took, with its time (MK-08)."""
    qualified_at: datetime | None
    retained_at: datetime | None
    platform_reason: str | None
    decided_at: datetime | None
    won_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: CancellationReason | None
    cancellation_comment: str | None
