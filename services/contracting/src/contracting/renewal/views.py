"""What callers are shown of a renewal, and what they send."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator

from chassis.http import Body, View
from contracting.renewal.domain import Renewal, RenewalKind, RenewalStatus
from contracts.values import Amount, Days, Money, Month, Name, Period

DailyRate = Annotated[Amount, Field(gt=0)]
OrderedDays = Annotated[Days, Field(gt=0)]


class NextOrder(Body):
    """What the client asks for. By default it begins on the day after the last, at the same rate."""

    starts_on: date | None = None
    ends_on: date
    days: OrderedDays
    daily_rate: DailyRate | None = None

    @field_validator("starts_on", "ends_on")
    @classmethod
    def _of_our_time(cls, day: date | None) -> date | None:
        if day is not None:
            Month.of(day)
        return day


class NextConsultant(Body):
    """Who would go on from which day, for how many of the days that are left; rate and last day stay."""

    consultant_id: UUID
    starts_on: date
    days: OrderedDays


class ProviderAnswer(Body):
    """What the provider would rather have; nothing of it agrees to the terms as they stand."""

    starts_on: date | None = None
    daily_rate: DailyRate | None = None
    consultant_id: UUID | None = None


class Refusal(Body):
    """Why not."""

    reason: Name


class RenewalView(View):
    """The terms of a mission's next order, and whose turn it is."""

    id: UUID
    mission_id: UUID
    kind: RenewalKind
    status: RenewalStatus
    consultant_id: UUID
    consultant_name: str
    daily_rate: Money | None
    former_daily_rate: Money | None
    days: Days
    period: Period
    former_ends_on: date
    reason: str | None
    opened_at: datetime
    answered_at: datetime | None
    validated_at: datetime | None
    version: int

    @classmethod
    def showing(cls, renewal: Renewal, *, rates: bool = True) -> RenewalView:
        """Show a renewal; a consultant is not shown the rates."""
        shown = cls.model_validate(renewal)
        return shown if rates else shown.model_copy(update={"daily_rate": None, "former_daily_rate": None})
