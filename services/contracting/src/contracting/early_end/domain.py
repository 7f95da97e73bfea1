"""Ending an order before its last day: one side proposes, the other agrees or not (CT-28)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from contracting.bdc.domain import Bdc
from contracting.columns import word
from contracting.mission.domain import Mission
from contracting.mission.standing import MissionStatus
from contracts.contracting import MissionRescheduled, RescheduleReason
from contracts.roles import CompanyKind
from contracts.values import Month


class EarlyEndNotFound(NotFound):
    """Absent, or of two other companies."""

    code, title = "early_end_not_found", "There is no such proposal of an early end"


class NotAnEarlyEnd(Unprocessable):
    """A mission ends early on a day of its last order, not in the past, before the order's own last day."""

    code, title = "not_an_early_end", "This day is not an early end of the present order"


class MonthAlreadyValidated(Conflict):
    """What was validated will be paid (TS-12)."""

    code, title = "month_already_validated", "A month after this day is validated already"


class NoticeNotWaived(Conflict):
    """Less than the notice of the order needs that both say so."""

    code, title = "notice_not_waived", "This day shortens the notice; agree to that expressly"


class EarlyEndStatus(StrEnum):
    """What came of the proposal."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    """By the other side; the proposer accepts that, or proposes another day."""
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    """The order stays as it is."""
    REPLACED = "replaced"
    """By a proposal of another day."""


class Asker(StrEnum):
    """Who acts on the proposal."""

    PROPOSER = "proposer"
    OTHER_SIDE = "other_side"


_S, _A = EarlyEndStatus, Asker

ALLOWED = {
    _S.REFUSED: moves({_S.PROPOSED}, {_A.OTHER_SIDE}),
    _S.ACCEPTED: moves({_S.PROPOSED}, {_A.OTHER_SIDE}),
    _S.WITHDRAWN: moves({_S.PROPOSED, _S.REFUSED}, {_A.PROPOSER}),
    _S.REPLACED: moves({_S.REFUSED}, {_A.PROPOSER}),
}


class ValidatedMonth(Base):
    """A month whose CRA is validated, as timesheet said: an order does not end before it any more."""

    __tablename__ = "validated_months"

    bdc_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)


def check_months(months: list[str], ends_on: date) -> None:
    """Raise MonthAlreadyValidated when the day lies before the last day of a validated month.

    The days within a validated month are timesheet's; the month counts as worked to its end.
    """
    cut = sorted(month for month in months if Month(month).last > ends_on)
    require(not cut, MonthAlreadyValidated(f"validated: {', '.join(cut)}", field="ends_on"))


class EarlyEnd(Base):
    """A day proposed by one side, with a reason."""

    __tablename__ = "early_ends"
    __table_args__ = (
        Index("ix_early_ends_mission_id", "mission_id", "id"),
        Index(
            "uq_early_ends_open",
            "mission_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'refused')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"))
    bdc_id: Mapped[UUID] = mapped_column(ForeignKey("bdcs.id"))
    status: Mapped[EarlyEndStatus] = mapped_column(word(EarlyEndStatus))
    proposed_by_side: Mapped[CompanyKind] = mapped_column(word(CompanyKind))
    ends_on: Mapped[date]
    former_ends_on: Mapped[date]
    shortens_notice: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))
    comment: Mapped[str | None] = mapped_column(Text)
    refusal_reason: Mapped[str | None] = mapped_column(String(500))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    version: Mapped[int]

    @classmethod
    def propose(
        cls,
        mission: Mission,
        bdc: Bdc,
        ends_on: date,
        *,
        side: CompanyKind,
        reason: str,
        comment: str | None,
        by: UUID,
        at: datetime,
        today: date,
    ) -> EarlyEnd:
        """Ask the other side to end the mission on that day.

        Raises:
            IllegalMove: the mission does not run, or something else is being agreed.
            NotAnEarlyEnd: the day is over, or not within the present order, or its last.

        """
        within = max(bdc.starts_on, today) <= ends_on < bdc.ends_on
        require(within, NotAnEarlyEnd(f"from {max(bdc.starts_on, today)} to before {bdc.ends_on}", field="ends_on"))
        mission.ask(MissionStatus.EARLY_TERMINATION_REQUESTED)
        return cls(
            id=new_id(),
            mission_id=mission.id,
            bdc_id=bdc.id,
            status=_S.PROPOSED,
            proposed_by_side=side,
            ends_on=ends_on,
            former_ends_on=bdc.ends_on,
            shortens_notice=ends_on < bdc.notice_ends_on(today),
            reason=reason,
            comment=comment,
            proposed_by=by,
            proposed_at=at,
            version=1,
        )

    def role_of(self, side: CompanyKind | None) -> Asker:
        """Which part a company has in the proposal."""
        return _A.PROPOSER if side is self.proposed_by_side else _A.OTHER_SIDE

    def accept(
        self,
        mission: Mission,
        bdc: Bdc,
        *,
        waive_notice: bool,
        side: CompanyKind | None,
        by: UUID,
        at: datetime,
        today: date,
    ) -> MissionRescheduled:
        """The other side agrees: the order ends on that day.

        Raises:
            Forbidden, IllegalMove: it is not the other side's turn.
            NoticeNotWaived: the day shortens the notice, and nobody said that this is agreed.
            NotAnEarlyEnd: the day has gone by meanwhile.

        """
        self._move_to(_S.ACCEPTED, self.role_of(side))
        require(today <= self.ends_on, NotAnEarlyEnd("the day has gone by", field="ends_on"))
        require(waive_notice or not self.shortens_notice, NoticeNotWaived(field="waive_notice"))
        self.decided_by, self.decided_at = by, at
        mission.settle()
        mission.ends_on = self.ends_on
        return bdc.end_on(self.ends_on, RescheduleReason.EARLY_END, at)

    def refuse(self, mission: Mission, reason: str, *, side: CompanyKind | None, by: UUID, at: datetime) -> None:
        """The other side does not agree. Raises Forbidden, IllegalMove."""
        self._move_to(_S.REFUSED, self.role_of(side))
        self.refusal_reason, self.decided_by, self.decided_at = reason, by, at
        mission.ask(MissionStatus.PREMATURE_END_REJECTED)

    def withdraw(self, mission: Mission, side: CompanyKind | None) -> None:
        """The proposer lets the order stay as it is, before or after a refusal. Raises Forbidden, IllegalMove."""
        self._move_to(_S.WITHDRAWN, self.role_of(side))
        mission.settle()

    def replace(self, side: CompanyKind | None) -> None:
        """The proposer comes back with another day after a refusal. Raises Forbidden, IllegalMove."""
        self._move_to(_S.REPLACED, self.role_of(side))

    def _move_to(self, target: EarlyEndStatus, by: Asker) -> None:
        self.status = check_move(ALLOWED, self.status, target, by)
        self.version += 1
