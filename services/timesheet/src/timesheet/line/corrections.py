"""Corrections of earlier months: how far what was validated may be added to, or taken back (TS-11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from chassis.errors import Conflict, Unprocessable, require
from chassis.rows import new_id
from contracts.timesheet import CraLineKind
from contracts.values import Month
from timesheet.cra.domain import Cra, CraStatus
from timesheet.directory.missions import Mission
from timesheet.line.domain import Line


class MonthNotCorrectable(Conflict):
    """Only an earlier month that is validated is corrected here; any other is corrected itself (TS-10)."""

    code, title = "month_not_correctable", "No validated earlier month of this mission bills days"


class LaterMonthCorrects(Conflict):
    """The mission has a later month, whose report corrects this one."""

    code, title = "later_month_corrects", "A later month of the mission corrects this one"


class TakesBackTooMuch(Unprocessable):
    """All corrections together would take back more than the month counted."""

    code, title = "takes_back_too_much", "More days than the month counted would be taken back"


class CorrectionExceedsOrder(Unprocessable):
    """More days than the order, or the month itself, has."""

    code, title = "correction_exceeds_order", "The order has not so many days left"


def check_correctable(corrected: Cra | None, by: Cra) -> Cra:
    """The report that another one corrects. Raises MonthNotCorrectable."""
    if corrected is None or corrected.status is not CraStatus.VALIDATED or corrected.fixed_price:
        raise MonthNotCorrectable(field="month")
    if corrected.month >= by.month:
        raise MonthNotCorrectable(f"{corrected.month} is not before {by.month}", field="month")
    return corrected


class Correction(StrEnum):
    """How a month is corrected."""

    EDIT = "edit"
    """It is still the consultant's."""
    ASK_PROVIDER = "ask_provider"
    """The provider sends it back."""
    ASK_CLIENT = "ask_client"
    """The client sends it back."""
    LATER_MONTH = "later_month"
    """By days more or less on the report of a later month."""
    SUPPORT = "support"
    """No month is left: the platform's support opens a closing report."""


def how_to_correct(cra: Cra, last_month: Month) -> Correction:
    """What is open to whoever finds a month wrong; `last_month` is the mission's last."""
    if cra.status is CraStatus.VALIDATED:
        return Correction.LATER_MONTH if cra.month < last_month else Correction.SUPPORT
    by_status = {CraStatus.PENDING_APPROVAL: Correction.ASK_PROVIDER, CraStatus.SUBMITTED: Correction.ASK_CLIENT}
    return by_status.get(cra.status, Correction.EDIT)


def closing_report(last: Cra, mission: Mission, last_month: Month) -> Cra:
    """A report of the month after a mission's last, which counts no days: its lines correct what was validated.

    Raises:
        MonthNotCorrectable: the last month is not validated, so it is corrected itself.
        LaterMonthCorrects: the mission goes on.

    """
    require(last.status is CraStatus.VALIDATED, MonthNotCorrectable())
    require(last.month >= last_month, LaterMonthCorrects())
    return Cra(
        id=new_id(),
        bdc_id=mission.bdc_id,
        mission=mission,
        month=str(Month.parse(last.month).next()),
        status=CraStatus.DRAFT,
        entries={},
        total_days=Decimal(0),
        lines=[],
        version=0,
    )


@dataclass(frozen=True)
class Corrections:
    """Every correction that a mission's reports hold, `settled` with a validated one or still open.

    What is open may be taken out again. So it counts only where it leaves less room: an open addition uses up the
    order's days, but gives nothing to take back; an open deduction is taken back, but frees no days of the order.
    """

    lines: tuple[tuple[Line, bool], ...]

    @classmethod
    def of(cls, cras: Iterable[Cra]) -> Corrections:
        """Of these reports."""
        found = (
            (line, cra.status is CraStatus.VALIDATED)
            for cra in cras
            for line in cra.items
            if line.kind is CraLineKind.ADJUSTMENT
        )
        return cls(tuple(found))

    def counted_for(self, bdc_id: UUID, month: str | None = None) -> Decimal:
        """Days that they use up of an order, or of one of its months: additions, less settled deductions."""
        of_it = self._of(bdc_id, month)
        return sum((line.quantity for line, settled in of_it if line.quantity > 0 or settled), Decimal(0))

    def left_to_take(self, corrected: Cra) -> Decimal:
        """Days of a validated month that may still be taken back."""
        of_it = self._of(corrected.bdc_id, corrected.month)
        changed = sum((line.quantity for line, settled in of_it if line.quantity < 0 or settled), Decimal(0))
        return corrected.total_days + changed

    def check(self, quantity: Decimal, corrected: Cra, *, counted: Decimal, overrun: bool) -> None:
        """Refuse a correction that does not fit; `counted` are the order's days that reports and corrections use up.

        Raises:
            TakesBackTooMuch: the month has not so many days left.
            CorrectionExceedsOrder: the order has not, or the month is not as long.

        """
        if quantity < 0:
            left = self.left_to_take(corrected)
            if left + quantity < 0:
                raise TakesBackTooMuch(f"{left} days of {corrected.month} are left to take back", field="quantity")
            return
        length = Month(corrected.month).last.day
        in_month = corrected.total_days + self.counted_for(corrected.bdc_id, corrected.month) + quantity
        in_order = counted + quantity
        if in_month > length or (in_order > corrected.mission.days and not overrun):
            raise CorrectionExceedsOrder(f"{in_order} of {corrected.mission.days} ordered", field="quantity")

    def _of(self, bdc_id: UUID, month: str | None) -> list[tuple[Line, bool]]:
        return [one for one in self.lines if one[0].bdc_id == bdc_id and month in {None, one[0].month}]
