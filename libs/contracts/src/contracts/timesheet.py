"""Events of the timesheet service."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event
from contracts.values import Days, Money, Month, Name, Quantity, Value


class CraLineKind(StrEnum):
    """What a line of an activity report bills."""

    WORK = "work"
    """Days of the month, at the order's rate."""
    OVERTIME = "overtime"
    """Overtime or on-call duty, by the rate table of its mission (TS-09)."""
    EXPENSE = "expense"
    """An outlay of the consultant's, with its receipt (TS-08)."""
    DELIVERABLE = "deliverable"
    """What was delivered of a fixed-price mission."""
    ADJUSTMENT = "adjustment"
    """Days more or less than an earlier month counted, at that month's rate (TS-11)."""


class CraLine(Value):
    """One line that billing bills as it stands (TS-15); without a price it is priced by its order's daily rate."""

    kind: CraLineKind
    title: Name
    quantity: Quantity
    """Negative only where an adjustment takes days back."""
    unit: Annotated[str, Field(pattern=r"^(DAY|HUR|C62)$")]
    """Days, hours or pieces (UN/ECE recommendation 20)."""
    unit_price: Money | None = None
    """Without VAT; absent where the daily rate of `bdc_id`, or else of the report's order, decides."""
    vat_rate: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)] | None = None
    """Per cent, where the line says so: an expense; otherwise the provider's own treatment decides."""
    month: Month | None = None
    """The earlier month that an adjustment corrects."""
    bdc_id: UUID | None = None
    """The order of that month."""


class CraValidated(Event, type="timesheet.CraValidated.v1", subject="cra_id"):
    """The client's operational manager validated the month; it never changes again (TS-12).

    `days` are exactly the days to bill (TS-15, TS-16).
    """

    cra_id: UUID
    mission_id: UUID
    bdc_id: UUID
    month: Month
    """The month worked."""
    days: Days
    """Days to bill, in halves."""
    lines: list[CraLine] | None = None
    """Everything to bill, in the report's order; absent where the days alone are."""
    validated_by: UUID
    validated_at: datetime
