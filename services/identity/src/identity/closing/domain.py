"""A closure: one account's way out, from the request (or the sweep, or the staff) to the end or the return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import business_date, months_after
from chassis.errors import Conflict, FieldError, Gone, NotFound
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from identity.standing.domain import StandingActor


class ClosureNotFound(NotFound):
    """Nothing of the kind is under way for this account."""

    code, title = "closure_not_found", "This account is not being closed"


class DeletionUnderWay(Conflict):
    """It was asked for before."""

    code, title = "deletion_under_way", "The deletion of this account is under way"


class AlreadyDeactivated(Conflict):
    """The account is closed."""

    code, title = "already_deactivated", "This account is deactivated already"


class OrdersRunning(Conflict):
    """The member carries orders that have not ended; each is named (ID-42)."""

    code, title = "orders_running", "Orders that this member carries have not ended"

    def __init__(self, references: list[str]):
        errors = [FieldError("orders", "order_running", reference) for reference in references]
        super().__init__(f"not before these orders end: {', '.join(references)}", errors=errors)


class SoleHead(Conflict):
    """A company with people or orders would have nobody to run it."""

    code, title = "sole_head", "Nobody else runs the company: name another head first"


class ReturnPeriodOver(Gone):
    """The thirty days are over (ID-35, ID-41)."""

    code, title = "return_period_over", "The thirty days to return are over"


class ReturnNotOpen(Conflict):
    """Somebody else decides on the return from this kind of closure."""

    code, title = "return_not_open", "This account does not come back this way"


class CourtDecisionOnly(Conflict):
    """Content is handed to heirs alone, by a court's decision (ID-36)."""

    code, title = "court_decision_only", "Content is handed over after a death alone, by a court's decision"


class HandoverNotFound(NotFound):
    """No court's decision is recorded under this id."""

    code, title = "handover_not_found", "There is no such handover"


class ClosureKind(StrEnum):
    """What an account is closed for."""

    OWN_REQUEST = "own_request"
    WRITTEN_REQUEST = "written_request"
    SUPPORT = "support"
    INACTIVITY = "inactivity"
    DEATH = "death"
    TERMINATION = "termination"


RETURNS: dict[ClosureKind, frozenset[StandingActor]] = {
    ClosureKind.OWN_REQUEST: frozenset({StandingActor.SUPPORT}),
    ClosureKind.WRITTEN_REQUEST: frozenset({StandingActor.SUPPORT}),
    ClosureKind.SUPPORT: frozenset({StandingActor.SUPPORT}),
    ClosureKind.INACTIVITY: frozenset({StandingActor.MEMBER, StandingActor.SUPPORT}),
    ClosureKind.DEATH: frozenset({StandingActor.SUPPORT}),
    ClosureKind.TERMINATION: frozenset({StandingActor.LEGAL, StandingActor.SWEEP}),
}
"""Who may bring an account back from each: a death reported in error through support, a termination by its lifting."""


class ClosureStatus(StrEnum):
    """How far it has come."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    DEACTIVATED = "deactivated"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"
    SUPERSEDED = "superseded"
    FINAL = "final"


_MEMBER, _SUPPORT, _LEGAL, _SWEEP = (
    StandingActor.MEMBER,
    StandingActor.SUPPORT,
    StandingActor.LEGAL,
    StandingActor.SWEEP,
)
MOVES: dict[ClosureStatus, Move[ClosureStatus, StandingActor]] = {
    ClosureStatus.CONFIRMED: moves({ClosureStatus.REQUESTED}, {_MEMBER, _SUPPORT}),
    ClosureStatus.DEACTIVATED: moves({ClosureStatus.REQUESTED, ClosureStatus.CONFIRMED}, {_SUPPORT, _LEGAL, _SWEEP}),
    ClosureStatus.WITHDRAWN: moves({ClosureStatus.REQUESTED, ClosureStatus.CONFIRMED}, {_MEMBER, _SUPPORT}),
    ClosureStatus.REVERSED: moves({ClosureStatus.DEACTIVATED}, {_MEMBER, _SUPPORT, _LEGAL, _SWEEP}),
    ClosureStatus.SUPERSEDED: moves(
        {ClosureStatus.REQUESTED, ClosureStatus.CONFIRMED, ClosureStatus.DEACTIVATED}, {_SUPPORT, _LEGAL, _SWEEP}
    ),
    ClosureStatus.FINAL: moves({ClosureStatus.DEACTIVATED}, {_SUPPORT, _SWEEP}),
}
OPEN = frozenset({ClosureStatus.REQUESTED, ClosureStatus.CONFIRMED, ClosureStatus.DEACTIVATED})


class Channel(StrEnum):
    """How a written request came (ID-43)."""

    EMAIL = "email"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Periods:
    """How long each step lasts, from the settings."""

    deletion: timedelta
    """From a confirmed request to the deactivation; under 48 hours (ID-40)."""
    return_days: int
    """Days after the deactivation on which the account may come back, the last one included (ID-35, ID-41)."""
    heirs_months: int
    """How long content stays for heirs to bring a court's decision (ID-36)."""


class Closure(Base):
    """One account's way out; at most one is open."""

    __tablename__ = "closures"
    __table_args__ = (
        Index("ix_closures_member_id", "member_id", "id"),
        Index("ix_closures_status", "status", "due_at"),
        Index(
            "uq_closures_open",
            "member_id",
            unique=True,
            postgresql_where=text("status IN ('requested', 'confirmed', 'deactivated')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[ClosureKind] = mapped_column(String(20))
    status: Mapped[ClosureStatus] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(500))
    """Why the staff closes it."""
    channel: Mapped[Channel | None] = mapped_column(String(10))
    reference: Mapped[str | None] = mapped_column(String(100))
    """Where the letter or the message of a written request is filed."""
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID | None]
    """Nobody, when a sweep closes it."""
    due_at: Mapped[datetime | None]
    """When a confirmed request is carried out."""
    deactivated_at: Mapped[datetime | None]
    returns_until: Mapped[date | None]
    """The last day, in Paris, on which the account may come back."""
    final_after: Mapped[date | None]
    """The account is erased on the day after."""
    ended_at: Mapped[datetime | None]
    proof_key: Mapped[str | None] = mapped_column(String(64))
    proof_name: Mapped[str | None] = mapped_column(String(120))
    proof_media_type: Mapped[str | None] = mapped_column(String(40))
    proof_sha256: Mapped[str | None] = mapped_column(String(64))
    proof_size: Mapped[int | None]

    @classmethod
    def begin(cls, member_id: UUID, kind: ClosureKind, by: UUID | None, at: datetime, **said: object) -> Closure:
        """Ask for it; nothing happens to the account yet."""
        return cls(
            id=new_id(),
            member_id=member_id,
            kind=kind,
            status=ClosureStatus.REQUESTED,
            requested_at=at,
            requested_by=by,
            **said,
        )

    def confirm(self, by: StandingActor, at: datetime, periods: Periods) -> None:
        """It is meant: it is carried out when the time is over (ID-39, ID-40). Raises IllegalMove."""
        self._move_to(ClosureStatus.CONFIRMED, by)
        self.due_at = at + periods.deletion

    def deactivate(self, by: StandingActor, at: datetime, periods: Periods) -> None:
        """The account is closed from now on, and can come back for a while. Raises IllegalMove."""
        self._move_to(ClosureStatus.DEACTIVATED, by)
        self.deactivated_at = at
        closed_on = business_date(at)
        self.returns_until = closed_on + timedelta(days=periods.return_days)
        dead = self.kind == ClosureKind.DEATH
        self.final_after = months_after(closed_on, periods.heirs_months) if dead else self.returns_until

    def require_return(self, by: StandingActor, today: date) -> None:
        """Raise ReturnNotOpen or ReturnPeriodOver unless this actor may bring the account back today."""
        if self.status != ClosureStatus.DEACTIVATED or by not in RETURNS[self.kind]:
            raise ReturnNotOpen
        if self.returns_until is None or today > self.returns_until:
            raise ReturnPeriodOver

    def end(self, target: ClosureStatus, by: StandingActor, at: datetime) -> None:
        """Withdrawn, reversed, superseded or final. Raises IllegalMove or Forbidden."""
        self._move_to(target, by)
        self.ended_at = at

    def _move_to(self, target: ClosureStatus, by: StandingActor) -> None:
        self.status = check_move(MOVES, self.status, target, by)


class ContentHandover(Base):
    """A court's decision by which a dead member's content goes to heirs (ID-36)."""

    __tablename__ = "content_handovers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    court_decision_reference: Mapped[str] = mapped_column(String(100))
    decided_on: Mapped[date]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    export_request_id: Mapped[UUID]
    """The request whose export holds the content."""
