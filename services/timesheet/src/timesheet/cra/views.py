"""Bodies and answers: the same figures for both sides (TS-15)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from chassis.http import Body, View
from contracts.values import Days, Month, Period
from timesheet.cra.calendar import DayKind
from timesheet.cra.days import DayWorked
from timesheet.cra.domain import Cra, CraStatus
from timesheet.cra.months import MissionMonth, MonthStatus, grid
from timesheet.directory.missions import Mission

_NOT_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$"

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=_NOT_CONTROLS)]
"""A sentence for the consultant: 3 to 500 characters, none that controls or reorders the others."""


class FilledDay(Body):
    """Half a day or a day."""

    date: date
    quantity: Literal["0.5", "1.0"]

    def worked(self) -> DayWorked:
        """What the domain counts."""
        return DayWorked(self.date, Decimal(self.quantity))


class FilledMonth(Body):
    """All the days worked in the month; the others are not worked."""

    days: Annotated[list[FilledDay], Field(max_length=31)]


class FilledSpan(Body):
    """The same for each working day of a span, or of the whole month; `0.0` empties them, week-ends stay."""

    period: Period | None = None
    quantity: Literal["0.0", "0.5", "1.0"]


class ChosenCras(Body):
    """Up to a hundred CRAs to decide on at once, each once."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=100, json_schema_extra={"uniqueItems": True})]


class Refusal(Body):
    """Why whoever decides sends a CRA back."""

    reason: Reason


class CraView(View):
    """A CRA without its days; `billed_days` of its `total_days` are billed: none at a fixed price (TS-16)."""

    id: UUID
    mission_id: UUID
    bdc_id: UUID
    title: str
    consultant_id: UUID
    consultant_name: str
    month: Month
    status: CraStatus
    total_days: Days
    billed_days: Days
    refusal_reason: str | None
    submitted_at: datetime | None
    approved_at: datetime | None
    validated_at: datetime | None
    invoice_number: str | None
    payment_on: date | None
    paid_on: date | None
    invoice_cancelled_at: datetime | None
    version: int

    @classmethod
    def of(cls, cra: Cra, **more: Any) -> Self:
        """Show a CRA whose mission is loaded."""
        mission = cra.mission
        return cls(
            id=cra.id,
            mission_id=mission.mission_id,
            bdc_id=cra.bdc_id,
            title=mission.title,
            consultant_id=mission.consultant_id,
            consultant_name=mission.consultant_name,
            month=Month(cra.month),
            status=cra.status,
            total_days=cra.total_days,
            billed_days=cra.billed_days,
            refusal_reason=cra.refusal_reason,
            submitted_at=cra.submitted_at,
            approved_at=cra.approved_at,
            validated_at=cra.validated_at,
            invoice_number=cra.invoice_number,
            payment_on=cra.payment_on,
            paid_on=cra.paid_on,
            invoice_cancelled_at=cra.invoice_cancelled_at,
            version=cra.version,
            **more,
        )


class DayView(View):
    """Days counted on a date: 0.5 or 1.0."""

    date: date
    quantity: Days


class CraWithDays(CraView):
    """A CRA and each day that it counts."""

    days: list[DayView]

    @classmethod
    def showing(cls, cra: Cra) -> Self:
        """Show a CRA whose mission and days are loaded."""
        days = [DayView(date=date.fromisoformat(day), quantity=Decimal(n)) for day, n in cra.entries.items()]
        return cls.of(cra, days=sorted(days, key=lambda day: day.date))


class MonthView(View):
    """Where a month stands; `reason` says why a month is not started. Without an order, its renewal is pending."""

    bdc_id: UUID | None
    month: Month
    status: MonthStatus
    reason: Literal["module_off", "mission_not_started", "month_not_begun", "renewal_pending"] | None
    cra_id: UUID | None
    total_days: Days
    invoice_number: str | None
    payment_on: date | None
    paid_on: date | None
    invoice_cancelled_at: datetime | None


class MonthsView(View):
    """Every month of a mission, in order."""

    items: list[MonthView]


class GridDayView(View):
    """A day of the calendar; only a fillable one may be counted."""

    date: date
    kind: DayKind
    name: str | None
    fillable: bool
    quantity: Days


class GridView(MonthView):
    """A month day by day; `days_left` is what the order has left for it."""

    days_left: Days
    days: list[GridDayView]

    @classmethod
    def showing(
        cls, mission: Mission, standing: MissionMonth, cra: Cra | None, elsewhere: Decimal, *, weekends: bool
    ) -> Self:
        """Show a month, filled in or not."""
        month = MonthView.model_validate(standing)
        days = [GridDayView.model_validate(day) for day in grid(mission, standing.month, cra, weekends=weekends)]
        left = max(mission.days - elsewhere, Decimal(0))
        return cls(**month.__dict__, days_left=left, days=days)


class OutcomeView(View):
    """What became of one CRA: validated, or the code and the words of why not."""

    cra_id: UUID
    validated: bool
    code: str | None = None
    detail: str | None = None


class OutcomesView(View):
    """What became of each CRA that was asked for, in the order asked."""

    items: list[OutcomeView]
