"""The next order of a mission, agreed by both sides: a renewal, or another consultant for the rest of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from contracting.columns import word
from contracting.mission.domain import LineTerms, Mission
from contracting.mission.standing import MissionActor, MissionStatus
from contracts.contracting import PaymentOption
from contracts.values import Money, Period

PATIENCE = timedelta(days=30)
"""How long after the mission's last day its renewal may still be agreed."""


class RenewalOverlapsOrder(Conflict):
    """Two orders of a mission never share a day."""

    code, title = "renewal_overlaps_order", "The next order begins after the last day of the one before"


class RenewalNotFound(NotFound):
    """Absent, or of two other companies."""

    code, title = "renewal_not_found", "There is no such renewal"


class ReplacementOutsideOrder(Conflict):
    """Another consultant takes over on a day within the order, after its first."""

    code, title = "replacement_outside_order", "Another consultant takes over after the first day of the order"


class TooManyDays(Unprocessable):
    """Some days of the order stay with who worked until then."""

    code, title = "too_many_days", "Another consultant takes over fewer days than the order has"


class DatesReversed(Unprocessable):
    """The last day is before the first."""

    code, title = "dates_reversed", "The last day is before the first"


class RenewalKind(StrEnum):
    """What the next order is for."""

    RENEWAL = "renewal"
    """The mission goes on after its last day."""
    REPLACEMENT = "replacement"
    """Another consultant does the rest."""


class RenewalStatus(StrEnum):
    """Whose turn it is, and what came of it (CT-17)."""

    AWAITING_PROVIDER = "awaiting_provider"
    AWAITING_CLIENT = "awaiting_client"
    VALIDATED = "validated"
    """By the client, whose act alone makes the terms hold (CT-16); the order is to follow."""
    ORDERED = "ordered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class RenewalActor(StrEnum):
    """Who moves a renewal."""

    CLIENT = "client"
    PROVIDER = "provider"
    STAFF = "staff"
    CALENDAR = "calendar"


_S, _A = RenewalStatus, RenewalActor
OPEN = frozenset({_S.AWAITING_PROVIDER, _S.AWAITING_CLIENT, _S.VALIDATED})

ALLOWED = {
    _S.AWAITING_CLIENT: moves({_S.AWAITING_PROVIDER, _S.AWAITING_CLIENT}, {_A.PROVIDER}),
    _S.VALIDATED: moves({_S.AWAITING_CLIENT}, {_A.CLIENT}),
    _S.ORDERED: moves({_S.VALIDATED}, {_A.STAFF}),
    _S.REJECTED: moves({_S.AWAITING_PROVIDER}, {_A.PROVIDER}) | moves({_S.AWAITING_CLIENT}, {_A.CLIENT}),
    _S.WITHDRAWN: (
        moves({_S.AWAITING_PROVIDER, _S.AWAITING_CLIENT, _S.VALIDATED}, {_A.CLIENT})
        | moves({_S.AWAITING_CLIENT}, {_A.PROVIDER})
    ),
    _S.LAPSED: moves(set(OPEN), {_A.CALENDAR}),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider would rather have; what is absent stays as it was."""

    starts_on: date | None = None
    rate: Decimal | None = None
    consultant_id: UUID | None = None
    consultant_name: str | None = None


class Renewal(Base):
    """Terms of the next order, which the supplier may answer with others and the client alone makes hold (C11)."""

    __tablename__ = "renewals"
    __table_args__ = (
        Index("ix_renewals_mission_id", "mission_id", "id"),
        Index(
            "uq_renewals_open",
            "mission_id",
            unique=True,
            postgresql_where=text("status IN ('awaiting_provider', 'awaiting_client', 'validated')"),
        ),
        CheckConstraint("starts_on <= ends_on", name="in_order"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"))
    kind: Mapped[RenewalKind] = mapped_column(word(RenewalKind))
    status: Mapped[RenewalStatus] = mapped_column(word(RenewalStatus))
    not_before: Mapped[date]
    """The earliest first day: after the last order's end, or, for another consultant, after its beginning."""
    former_ends_on: Mapped[date]
    former_rate: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str] = mapped_column(String(200))
    rate: Mapped[Decimal] = mapped_column("daily_rate", Numeric(14, 2))
    days: Mapped[Decimal] = mapped_column(Numeric(5, 1))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str | None] = mapped_column(String(500))
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    validated_by: Mapped[UUID | None]
    validated_at: Mapped[datetime | None]
    version: Mapped[int]

    @classmethod
    def of(
        cls,
        mission: Mission,
        kind: RenewalKind,
        terms: LineTerms,
        *,
        order_began_on: date,
        by: UUID,
        at: datetime,
    ) -> Renewal:
        """Open what one side asks for: a renewal by the client, another consultant by the provider.

        Raises:
            IllegalMove: the mission does not run, is blocked, or something else is being agreed.
            RenewalOverlapsOrder, ReplacementOutsideOrder, DatesReversed: the first day does not fit the last order.

        """
        mission.require_unblocked()
        mission.ask(MissionStatus.ONGOING_RENEWAL)
        after = mission.ends_on if kind is RenewalKind.RENEWAL else order_began_on
        renewal = cls(
            id=new_id(),
            mission_id=mission.id,
            kind=kind,
            status=_S.AWAITING_PROVIDER if kind is RenewalKind.RENEWAL else _S.AWAITING_CLIENT,
            not_before=after + timedelta(days=1),
            former_ends_on=mission.ends_on,
            former_rate=mission.rate,
            opened_by=by,
            opened_at=at,
            version=1,
        )
        renewal._take(terms)
        return renewal

    @property
    def daily_rate(self) -> Money:
        """Price of a day under the next order, without VAT."""
        return Money(amount=self.rate)

    @property
    def former_daily_rate(self) -> Money:
        """Price of a day under the last order, without VAT."""
        return Money(amount=self.former_rate)

    @property
    def period(self) -> Period:
        """First and last day of the next order."""
        return Period(start=self.starts_on, end=self.ends_on)

    @property
    def terms(self) -> LineTerms:
        """What the next order would be for."""
        return LineTerms(self.consultant_id, self.consultant_name, self.rate, self.days, self.starts_on, self.ends_on)

    def answer(self, answer: Answer, *, by: UUID, at: datetime) -> None:
        """The provider agrees, as it stands or with another start, rate or consultant (C11).

        Raises:
            IllegalMove: it is not the provider's turn.
            RenewalOverlapsOrder, ReplacementOutsideOrder, DatesReversed: the first day does not fit.

        """
        self._move_to(_S.AWAITING_CLIENT, _A.PROVIDER)
        present = self.terms
        self._take(
            LineTerms(
                answer.consultant_id or present.consultant_id,
                answer.consultant_name or present.consultant_name,
                present.rate if answer.rate is None else answer.rate,
                present.days,
                answer.starts_on or present.starts_on,
                present.ends_on,
            )
        )
        self.answered_by, self.answered_at = by, at

    def validate(self, mission: Mission, *, by: UUID, at: datetime) -> None:
        """The client makes the terms hold (CT-16): the mission waits for its next order, gates and all.

        Raises:
            IllegalMove: it is not the client's turn, or the mission is blocked.

        """
        mission.require_unblocked()
        self._move_to(_S.VALIDATED, _A.CLIENT)
        self.validated_by, self.validated_at = by, at
        mission.await_next_order()

    def reject(self, mission: Mission, reason: str, by: RenewalActor) -> None:
        """Whoever's turn it is says no, and why. Raises IllegalMove."""
        self._move_to(_S.REJECTED, by)
        self.reason = reason
        mission.settle()

    def withdraw(self, mission: Mission, former: PaymentOption, by: RenewalActor) -> None:
        """Think better of it, before there is an order; `former` is the last order's option. Raises IllegalMove."""
        self._move_to(_S.WITHDRAWN, by)
        mission.forget_next_order(former)
        mission.settle()

    def lapse(self, mission: Mission, former: PaymentOption) -> None:
        """Nobody went on with it until long after the mission's last day."""
        self._move_to(_S.LAPSED, _A.CALENDAR)
        mission.forget_next_order(former)
        mission.settle(MissionActor.CALENDAR)

    def ordered(self) -> None:
        """Its order is out. Raises IllegalMove."""
        self._move_to(_S.ORDERED, _A.STAFF)

    def _take(self, terms: LineTerms) -> None:
        require(terms.starts_on <= terms.ends_on, DatesReversed(field="ends_on"))
        fits = terms.starts_on >= self.not_before
        if self.kind is RenewalKind.RENEWAL:
            require(fits, RenewalOverlapsOrder(f"not before {self.not_before}", field="starts_on"))
        else:
            within = fits and terms.ends_on == self.former_ends_on
            require(within, ReplacementOutsideOrder(f"not before {self.not_before}", field="starts_on"))
        self.consultant_id, self.consultant_name = terms.consultant_id, terms.consultant_name
        self.rate, self.days = terms.rate, terms.days
        self.starts_on, self.ends_on = terms.starts_on, terms.ends_on

    def _move_to(self, target: RenewalStatus, by: RenewalActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, by)
        self.version += 1
