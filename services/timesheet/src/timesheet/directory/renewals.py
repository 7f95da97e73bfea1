"""Renewals that both sides still agree on, copied from contracting: their months wait (TS-06)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict
from chassis.rows import Base
from contracts.contracting import RenewalChanged
from contracts.values import Month, Period


class RenewalPending(Conflict):
    """The month falls under a renewal whose order is not issued yet (TS-06)."""

    code, title = "renewal_pending", "The renewal is still to be validated"


class Renewal(Base):
    """The next order of a mission, as long as there is none."""

    __tablename__ = "renewals"

    renewal_id: Mapped[UUID] = mapped_column(primary_key=True)
    mission_id: Mapped[UUID] = mapped_column(index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    pending: Mapped[bool]
    version: Mapped[int]

    @staticmethod
    def values_of(event: RenewalChanged) -> dict[str, object]:
        """What to keep of the event."""
        copied = event.model_dump(include={"renewal_id", "mission_id", "pending", "version"})
        return {**copied, "starts_on": event.period.start, "ends_on": event.period.end}

    def months(self) -> list[Month]:
        """Every month that it touches."""
        return Period(start=self.starts_on, end=self.ends_on).months()

    def covers(self, month: Month) -> bool:
        """Whether at least one day of the month would belong to it."""
        return self.starts_on <= month.last and month.first <= self.ends_on
