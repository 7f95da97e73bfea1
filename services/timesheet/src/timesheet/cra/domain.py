"""The CRA: one month of one order, filled in by the consultant, approved by the provider, validated by the client."""

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

from chassis.errors import Conflict, Forbidden, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.billing import InvoiceImported
from contracts.timesheet import CraValidated
from contracts.values import Month
from timesheet.cra.days import DayWorked, faults_of
from timesheet.cra.invoicing import Invoiced
from timesheet.cra.refusals import (
    CraNotValidated,
    DaysExceedOrder,
    InvalidDays,
    MissionNotStarted,
    MonthNotBegun,
    MonthOutsideMission,
)
from timesheet.directory.missions import Mission, Part
from timesheet.line.domain import Itemised
from timesheet.settings.domain import ActivitySettings


class CraStatus(StrEnum):
    """Where the CRA stands."""

    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    """With the provider's sales manager, or whoever runs the provider."""
    SUBMITTED = "submitted"
    """With the client's operational manager."""
    REFUSED = "refused"
    """Back with the consultant, by whichever of the two."""
    VALIDATED = "validated"


_S, _P = CraStatus, Part

MOVES: Mapping[CraStatus, Move[CraStatus, Part]] = {
    _S.DRAFT: moves({_S.DRAFT, _S.REFUSED}, {_P.CONSULTANT, _P.INDEPENDENT}) | moves({_S.DRAFT}, {_P.CALENDAR}),
    _S.PENDING_APPROVAL: moves({_S.DRAFT, _S.REFUSED}, {_P.CONSULTANT}),
    _S.SUBMITTED: moves({_S.DRAFT, _S.REFUSED}, {_P.INDEPENDENT}) | moves({_S.PENDING_APPROVAL}, {_P.APPROVER}),
    _S.REFUSED: moves({_S.PENDING_APPROVAL}, {_P.APPROVER, _P.ORDER})
    | moves({_S.SUBMITTED}, {_P.OPERATIONAL_MANAGER, _P.ORDER}),
    _S.VALIDATED: moves({_S.SUBMITTED}, {_P.OPERATIONAL_MANAGER})
    | moves({_S.PENDING_APPROVAL}, {_P.APPROVER})
    | moves({_S.DRAFT, _S.REFUSED}, {_P.INDEPENDENT})
    | moves({_S.DRAFT}, {_P.CALENDAR}),
}
"""Target, from where, by whom. Nothing leaves `validated`: the invoice may exist already (TS-10).

The provider's own side validates only where the client has chosen not to; the calendar, what the client has fixed.
"""

DELIVERED = moves({_S.DRAFT, _S.REFUSED, _S.PENDING_APPROVAL}, {_P.APPROVER, _P.INDEPENDENT})
"""While what is billed at a fixed price is stated, and by whom."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides, as what, and when."""

    by: Part
    member_id: UUID
    at: datetime


def refusal_to_begin(mission: Mission, month: Month, today: date) -> Conflict | None:
    """Why the month cannot be filled in yet, if it cannot (TS-05); dates are those of Paris."""
    if today < mission.starts_on:
        return MissionNotStarted(f"it starts on {mission.starts_on}")
    if today < month.first:
        return MonthNotBegun(f"it begins on {month.first}")
    return None


class Cra(Invoiced, Itemised, Base):
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
    approved_at: Mapped[datetime | None]
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
            lines=[],
            version=0,
        )

    def fill(self, days: Sequence[DayWorked], *, elsewhere: Decimal, by: Part, choices: ActivitySettings) -> None:
        """Replace the month's days; `elsewhere` is what the order's other months count already.

        Raises:
            Forbidden, IllegalMove: only the consultant, and not after submission (TS-10).
            ModuleOff: the client settles its months outside (TS-03).
            InvalidDays: one entry per day at fault.
            DaysExceedOrder: the order's days do not suffice, and the client lets nobody count more.

        """
        check_move(MOVES, self.status, CraStatus.DRAFT, by)
        choices.require_module()
        if errors := faults_of(days, self.mission, self.month, weekends=choices.weekends_allowed):
            raise InvalidDays(f"{len(errors)} of {len(days)} days cannot be counted", errors=errors)
        total = sum((day.quantity for day in days), Decimal(0))
        self._check_fits(total, elsewhere, choices)
        self.entries = {day.date.isoformat(): f"{day.quantity:.1f}" for day in sorted(days, key=lambda day: day.date)}
        self.total_days = total
        self._move_to(CraStatus.DRAFT, by)

    def edit(self, by: Part, choices: ActivitySettings) -> None:
        """Let the consultant write another line, until the month is sent (TS-10).

        Raises Forbidden, IllegalMove, or ModuleOff: the client settles its months outside (TS-03).
        """
        check_move(MOVES, self.status, CraStatus.DRAFT, by)
        choices.require_module()
        self._move_to(CraStatus.DRAFT, by)

    def deliver(self, by: Part, choices: ActivitySettings) -> None:
        """Let the provider say what it delivered, until the client has it; what was sent to it is settled here.

        Raises Forbidden, IllegalMove, or ModuleOff: the client settles its months outside (TS-03).
        """
        check_move({self.status: DELIVERED}, self.status, self.status, by)
        if self.status is not CraStatus.PENDING_APPROVAL:
            choices.require_module()
        self.version += 1

    def submit(self, decision: Decision, choices: ActivitySettings, *, elsewhere: Decimal) -> CraValidated | None:
        """Send the month to whoever decides next: nobody, if it is one's own to approve and the client does not look.

        Raises:
            Forbidden, IllegalMove: only the consultant, only a draft or what was refused.
            ModuleOff: the client settles its months outside (TS-03).
            EmptyCra, CorrectionsExceedMonth: it would entitle to an invoice of nothing.
            DaysExceedOrder: the order has fewer days than when it was filled in.

        """
        alone = decision.by is Part.INDEPENDENT
        target = self._after_approval(choices) if alone else CraStatus.PENDING_APPROVAL
        check_move(MOVES, self.status, target, decision.by)
        choices.require_module()
        self.check_worth_billing(stated=alone)
        self._check_fits(self.total_days, elsewhere, choices)
        self.submitted_at, self.approved_at, self.refusal_reason = decision.at, decision.at if alone else None, None
        return self._go(target, decision)

    def approve(self, decision: Decision, choices: ActivitySettings) -> CraValidated | None:
        """The provider agrees, and the client decides, or need not.

        Raises:
            Forbidden, IllegalMove: only the provider's side, only what waits for it.
            EmptyCra: nobody has said what was delivered at a fixed price.

        """
        require(decision.by is Part.APPROVER, Forbidden("it is for the provider to approve"))
        self.check_worth_billing(stated=True)
        validated = self._go(self._after_approval(choices), decision)
        self.approved_at = decision.at
        return validated

    def refuse(self, reason: str, *, by: Part) -> None:
        """Send it back to the consultant, who reads why. Raises Forbidden, IllegalMove."""
        self._move_to(CraStatus.REFUSED, by)
        self.refusal_reason = reason

    def validate(self, decision: Decision) -> CraValidated:
        """The client agrees to every day, for good (TS-12). Raises Forbidden, IllegalMove."""
        require(decision.by is Part.OPERATIONAL_MANAGER, Forbidden("it is for the operational manager to validate"))
        return self._settle(decision)

    def report(self, days: Sequence[DayWorked], decision: Decision) -> CraValidated:
        """Count and agree to what the client has fixed for a month that nobody filled in. Raises IllegalMove."""
        require(decision.by is Part.CALENDAR, Forbidden("a fixed report is nobody's to make"))
        check_move(MOVES, self.status, CraStatus.VALIDATED, decision.by)
        self.entries = {day.date.isoformat(): f"{day.quantity:.1f}" for day in days}
        self.total_days = sum((day.quantity for day in days), Decimal(0))
        self.submitted_at = self.approved_at = decision.at
        return self._settle(decision)

    def cut_off(self) -> bool:
        """Drop the days after the order's new end, and send back what was submitted with them; say whether any were.

        Not for a validated CRA, which never changes (CT-28).
        """
        last = self.mission.ends_on.isoformat()
        kept = {day: quantity for day, quantity in self.entries.items() if day <= last}
        if not self.cut_off_lines(self.mission.ends_on) and len(kept) == len(self.entries):
            return False
        self.entries, self.total_days = kept, sum((Decimal(quantity) for quantity in kept.values()), Decimal(0))
        self.version += 1
        self.send_back(f"La mission prend fin le {self.mission.ends_on:%d/%m/%Y} : jours ultérieurs retirés.")
        return True

    def send_back(self, reason: str) -> None:
        """Return what was sent under other terms than the order has now; a draft is with the consultant anyway."""
        if self.status in {CraStatus.PENDING_APPROVAL, CraStatus.SUBMITTED}:
            self._move_to(CraStatus.REFUSED, Part.ORDER)
            self.refusal_reason = reason

    def mark_invoiced(self, event: InvoiceImported) -> None:
        """Show which invoice bills it. Raises CraNotValidated: nobody may bill it yet (TS-02)."""
        if self.status is not CraStatus.VALIDATED:
            raise CraNotValidated(f"it is {self.status}")
        self.show_invoice(event)

    def _check_fits(self, total: Decimal, elsewhere: Decimal, choices: ActivitySettings) -> None:
        ordered = self.mission.days
        if elsewhere + total > ordered and not choices.overrun_allowed:
            detail = f"{total} days asked, {ordered - elsewhere} of {ordered} ordered are left"
            raise DaysExceedOrder(detail, field="days")

    def _after_approval(self, choices: ActivitySettings) -> CraStatus:
        return CraStatus.SUBMITTED if choices.validation_on else CraStatus.VALIDATED

    def _go(self, target: CraStatus, decision: Decision) -> CraValidated | None:
        if target is CraStatus.VALIDATED:
            return self._settle(decision)
        self._move_to(target, decision.by)
        return None

    def _settle(self, decision: Decision) -> CraValidated:
        """The month is final from now on; billing hears exactly what it counts (TS-15, TS-16)."""
        self._move_to(CraStatus.VALIDATED, decision.by)
        self.validated_at = decision.at
        return CraValidated(
            cra_id=self.id,
            mission_id=self.mission.mission_id,
            bdc_id=self.bdc_id,
            month=Month(self.month),
            days=self.billed_days,
            lines=self.bill,
            validated_by=decision.member_id,
            validated_at=decision.at,
            version=self.version,
        )

    def _move_to(self, target: CraStatus, by: Part) -> None:
        self.status = check_move(MOVES, self.status, target, by)
        self.version += 1
