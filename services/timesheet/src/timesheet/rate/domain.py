"""What overtime and on-call duty cost on a mission: the client proposes, the provider agrees (TS-09).

There is no formula of ours: each client has its own rules, and they become rows of the mission's table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Enum, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.values import Money


class RateNotFound(NotFound):
    """Absent, or of a mission that the caller does not see."""

    code, title = "rate_not_found", "No such rate"


class RateOverlaps(Conflict):
    """A code has one price a day."""

    code, title = "rate_overlaps", "Another rate of this code holds on some of these days"


class RateEndsBeforeItStarts(Unprocessable):
    """The last day is before the first."""

    code, title = "rate_ends_before_it_starts", "The last day is before the first"


class Unit(StrEnum):
    """What is counted (UN/ECE recommendation 20)."""

    DAY = "DAY"
    HOUR = "HUR"
    PIECE = "C62"
    """A call-out, a night, a week-end."""


MOST: Mapping[Unit, Decimal] = {Unit.DAY: Decimal(1), Unit.HOUR: Decimal(24), Unit.PIECE: Decimal(100)}
"""The most of a unit that one entry may count on one date: more is a slip of the hand."""


class RateStatus(StrEnum):
    """How far the two sides have agreed on it."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Side(StrEnum):
    """Who settles a rate."""

    CLIENT = "client"
    PROVIDER = "provider"


ALLOWED: Mapping[RateStatus, Move[RateStatus, Side]] = {
    RateStatus.ACCEPTED: moves({RateStatus.PROPOSED}, {Side.PROVIDER}),
    RateStatus.REFUSED: moves({RateStatus.PROPOSED}, {Side.PROVIDER}),
    RateStatus.WITHDRAWN: moves({RateStatus.PROPOSED}, {Side.CLIENT}),
}
"""Target, from where, by whom. What both agreed on stays; another price is another rate, from a later day."""


class Rate(Base):
    """A row of a mission's table: a code and its price, from one day on."""

    __tablename__ = "rates"
    __table_args__ = (
        Index("ix_rates_mission_id_code", "mission_id", "code"),
        CheckConstraint("ends_on >= starts_on", name="in_order"),
        CheckConstraint("price_amount > 0", name="price_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    mission_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(150))
    unit: Mapped[Unit] = mapped_column(
        Enum(Unit, native_enum=False, length=3, values_callable=lambda kind: [each.value for each in kind])
    )
    price_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The last day; none while nothing follows it."""
    status: Mapped[RateStatus] = mapped_column(
        Enum(RateStatus, native_enum=False, length=16, values_callable=lambda kind: [each.value for each in kind])
    )
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    version: Mapped[int]

    @property
    def price(self) -> Money:
        """Price of a unit, without VAT."""
        return Money(amount=self.price_amount)

    def holds_on(self, day: date) -> bool:
        """Whether both sides agreed on it for that day."""
        begun = self.status is RateStatus.ACCEPTED and self.starts_on <= day
        return begun and (self.ends_on is None or day <= self.ends_on)

    def settle(self, outcome: RateStatus, *, side: Side, by: UUID, at: datetime) -> None:
        """Agree, refuse or withdraw. Raises Forbidden, IllegalMove."""
        self.status = check_move(ALLOWED, self.status, outcome, side)
        self.settled_by, self.settled_at = by, at
        self.version += 1

    def succeed(self, others: Iterable[Rate]) -> None:
        """Take over from an earlier price of the same code that has no last day yet.

        Raises:
            RateOverlaps: one holds on some of these days, and does not merely go before.

        """
        for other in others:
            if other.status is not RateStatus.ACCEPTED or other.code != self.code:
                continue
            if other.ends_on is None and other.starts_on < self.starts_on:
                other.ends_on = self.starts_on - timedelta(days=1)
                other.version += 1
            elif other.shares_a_day_with(self):
                raise RateOverlaps(f"{other.code} holds from {other.starts_on}", field="starts_on")

    def shares_a_day_with(self, other: Rate) -> bool:
        """Whether some day belongs to both."""
        begins_in_time = other.ends_on is None or self.starts_on <= other.ends_on
        return begins_in_time and (self.ends_on is None or other.starts_on <= self.ends_on)
