"""Events of the timesheet service."""

from datetime import datetime
from uuid import UUID

from contracts.event import Event
from contracts.values import Days, Month


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
    validated_by: UUID
    validated_at: datetime
