"""The CRA: one month of one order, filled in by the consultant, validated by the operational manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Enum, ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.errors import Conflict, FieldError, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.billing import InvoiceImported
from contracts.timesheet import CraValidated
from contracts.values import Month
from timesheet.cra.calendar import DayKind, day_of
from timesheet.cra.invoicing import Invoiced
from timesheet.cra.refusals import (
    CraNotValidated,
    DaysExceedOrder,
    EmptyCra,
    InvalidDays,
    MissionNotStarted,
    MonthNotBegun,
    MonthOutsideMission,
)
from timesheet.directory.missions import Mission, Part


class CraStatus(StrEnum):
    """Where the CRA stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    VALIDATED = "validated"


MOVES: Mapping[CraStatus, Move[CraStatus, Part]] = {
    CraStatus.DRAFT: moves({CraStatus.DRAFT, CraStatus.REFUSED}, {Part.CONSULTANT}),
    CraStatus.SUBMITTED: moves({CraStatus.DRAFT, CraStatus.REFUSED}, {Part.CONSULTANT}),
    CraStatus.REFUSED: moves({CraStatus.SUBMITTED}, {Part.OPERATIONAL_MANAGER, Part.ORDER}),
    CraStatus.VALIDATED: moves({CraStatus.SUBMITTED}, {Part.OPERATIONAL_MANAGER}),
}
"""Target, from where, by whom. Nothing leaves `validated`: the invoice may exist already (TS-10)."""


@dataclass(frozen=True, slots=True)
class DayWorked:
    """Half a day or a day, on a date."""

    date: date
    quantity: Decimal


def refusal_to_begin(mission: Mission, month: Month, today: date) -> Conflict | None:
    """Why the month cannot be filled in yet, if it cannot (TS-05); dates are those of Paris."""
    if today < mission.starts_on:
        return MissionNotStarted(f"it starts on {mission.starts_on}")
    if today < month.first:
        return MonthNotBegun(f"it begins on {month.first}")
    return None


class Cra(Invoiced, Base):
    """One CRA an order and month (TS-01); `total_days` is exactly what billing will bill (TS-15, TS-16)."""

    __tablename__ = "cras"
    __table_args__ = (UniqueConstraint("bdc_id", "month"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    bdc_id: Mapped[UUID] = mapped_column(ForeignKey(Mission.bdc_id))
    month: Mapped[str] = mapped_column(String(7))
    status: Mapped[CraStatus] = mapped_column(
        Enum(CraStatus, native_enum=False, length=16, values_callable=lambda kind: [each.value for each in kind])
    )
    entries: Mapped[dict[str, str]] = mapped_column(JSONB)
    """Quantity in days ("0.5" or "1.0") by ISO date."""
    total_days: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    version: Mapped[int]
    refusal_reason: Mapped[str | None] = mapped_column(String(500))
    submitted_at: Mapped[datetime | None]
    validated_at: Mapped[datetime | None]

    mission: Mapped[Mission] = relationship(Mission, lazy="raise")

    @classmethod
    def begin(cls, mission: Mission, month: Month, *, by: Part, today: date) -> Cra:
        """An empty draft.

        Raises:
            Forbidden: only the consultant.
            MonthOutsideMission: TS-07.
            MissionNotStarted, MonthNotBegun: TS-05.

        """
        check_move(MOVES, CraStatus.DRAFT, CraStatus.DRAFT, by)
        require(mission.covers(month), MonthOutsideMission())
        if refusal := refusal_to_begin(mission, month, today):
            raise refusal
        return cls(
            id=new_id(),
            bdc_id=mission.bdc_id,
            mission=mission,
            month=str(month),
            status=CraStatus.DRAFT,
            entries={},
            total_days=Decimal(0),
            version=0,
        )

    def fill(self, days: Sequence[DayWorked], *, elsewhere: Decimal, by: Part) -> None:
        """Replace the month's days; `elsewhere` is what the order's other months count already.

        Raises:
            Forbidden, IllegalMove: only the consultant, and not after submission (TS-10).
            InvalidDays: one entry per day at fault.
            DaysExceedOrder: the order's days do not suffice.

        """
        check_move(MOVES, self.status, CraStatus.DRAFT, by)
        if errors := self._faults(days):
            raise InvalidDays(f"{len(errors)} of {len(days)} days cannot be counted", errors=errors)
        total = sum((day.quantity for day in days), Decimal(0))
        if elsewhere + total > self.mission.days:
            left = self.mission.days - elsewhere
            raise DaysExceedOrder(f"{total} days asked, {left} of {self.mission.days} ordered are left", field="days")
        self.entries = {day.date.isoformat(): f"{day.quantity:.1f}" for day in sorted(days, key=lambda day: day.date)}
        self.total_days = total
        self._move_to(CraStatus.DRAFT, by)

    def submit(self, *, by: Part, at: datetime) -> None:
        """Send the month to the operational manager; the supplier's own approval is automatic.

        Raises:
            Forbidden, IllegalMove: only the consultant, only a draft or what was refused.
            EmptyCra: not a single day.

        """
        check_move(MOVES, self.status, CraStatus.SUBMITTED, by)
        require(self.total_days > 0, EmptyCra())
        self._move_to(CraStatus.SUBMITTED, by)
        self.submitted_at, self.refusal_reason = at, None

    def refuse(self, reason: str, *, by: Part) -> None:
        """Send it back to the consultant, who reads why. Raises Forbidden, IllegalMove."""
        self._move_to(CraStatus.REFUSED, by)
        self.refusal_reason = reason

    def cut_off(self) -> bool:
        """Drop the days after the order's new end, and send back what was submitted with them; say whether any were.

        Not for a validated CRA, which never changes (CT-28).
        """
        last = self.mission.ends_on.isoformat()
        kept = {day: quantity for day, quantity in self.entries.items() if day <= last}
        if len(kept) == len(self.entries):
            return False
        self.entries, self.total_days = kept, sum((Decimal(quantity) for quantity in kept.values()), Decimal(0))
        self.version += 1
        if self.status is CraStatus.SUBMITTED:
            self._move_to(CraStatus.REFUSED, Part.ORDER)
            self.refusal_reason = f"La mission prend fin le {self.mission.ends_on:%d/%m/%Y} : jours ultérieurs retirés."
        return True

    def validate(self, *, by: Part, member_id: UUID, at: datetime) -> CraValidated:
        """Agree to every day, for good (TS-12). Raises Forbidden, IllegalMove."""
        self._move_to(CraStatus.VALIDATED, by)
        self.validated_at = at
        return CraValidated(
            cra_id=self.id,
            mission_id=self.mission.mission_id,
            bdc_id=self.bdc_id,
            month=Month(self.month),
            days=self.total_days,
            validated_by=member_id,
            validated_at=at,
            version=self.version,
        )

    def mark_invoiced(self, event: InvoiceImported) -> None:
        """Show which invoice bills it. Raises CraNotValidated: nobody may bill it yet (TS-02)."""
        if self.status is not CraStatus.VALIDATED:
            raise CraNotValidated(f"it is {self.status}")
        self.show_invoice(event)

    def _faults(self, days: Sequence[DayWorked]) -> list[FieldError]:
        """Name every day that cannot be counted, by its place in the list."""
        errors, seen = [], set[date]()
        for place, day in enumerate(days):
            if fault := self._fault(day.date, seen):
                code, detail = fault
                errors.append(FieldError(f"days.{place}.date", code, detail))
            seen.add(day.date)
        return errors

    def _fault(self, day: date, seen: set[date]) -> tuple[str, str] | None:
        if f"{day:%Y-%m}" != self.month:
            return "outside_month", f"{day} is not in {self.month}"
        first, last = self.mission.starts_on, self.mission.ends_on
        if not first <= day <= last:
            return "outside_mission", f"{day} is not between {first} and {last}"
        if day in seen:
            return "duplicate_date", f"{day} is there twice"
        known = day_of(day)
        if known.kind is not DayKind.WORKING:
            return "not_a_working_day", f"{day} is a {known.kind}{f' ({known.name})' if known.name else ''}"
        return None

    def _move_to(self, target: CraStatus, by: Part) -> None:
        self.status = check_move(MOVES, self.status, target, by)
        self.version += 1
