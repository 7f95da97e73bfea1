"""The use of the platform for Rise missions: what each costs a month, and who is invoiced each quarter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.columns import word
from billing.directory.missions import MissionTerms
from chassis.clock import months_after
from chassis.errors import Conflict, NotFound
from chassis.rows import Base, new_id
from contracts.values import Money, Month, Period

FIRST_DAY, LAST_DAY = 10, 15
"""Of the month after a quarter: when its invoices are sent (domain facts 1.1)."""
_QUARTER = 3


class RiseMissionNotFound(NotFound):
    """Absent, or a mission of another offer."""

    code, title = "rise_mission_not_found", "There is no such Rise mission"


class RiseBilledDirectly(Conflict):
    """The two companies contract directly: the platform is not who owes it (CT-05)."""

    code, title = "rise_billed_directly", "The client of a Rise mission is invoiced directly"


class Payer(StrEnum):
    """Which of the two companies pays for a mission's use of the platform, as agreed."""

    CLIENT = "client"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Price:
    """Of a running mission a month, without VAT, for months from `since` on."""

    amount: Money
    since: Month


PRICES: Sequence[Price] = (Price(Money.of("49.00"), Month("2025-01")),)
"""Oldest first."""


class RisePayer(Base):
    """Who pays for one mission where that was agreed; without a row it is the client."""

    __tablename__ = "rise_payers"

    mission_id: Mapped[UUID] = mapped_column(primary_key=True)
    payer: Mapped[Payer] = mapped_column(word(Payer))
    version: Mapped[int]


class RiseCharge(Base):
    """That a company was invoiced for a quarter."""

    __tablename__ = "rise_charges"
    __table_args__ = (UniqueConstraint("company_id", "quarter"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    quarter: Mapped[str] = mapped_column(String(7))
    """`2026-Q4`."""
    issued_invoice_id: Mapped[UUID] = mapped_column(unique=True)
    issued_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three calendar months."""

    year: int
    number: int

    @classmethod
    def before(cls, day: date) -> Quarter:
        """The last one that is over."""
        past = months_after(day, -_QUARTER)
        return cls(past.year, (past.month - 1) // _QUARTER + 1)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def months(self) -> list[Month]:
        """Its months in order."""
        first = self.number * _QUARTER - _QUARTER + 1
        return [Month(f"{self.year}-{month:02d}") for month in range(first, first + _QUARTER)]

    @property
    def period(self) -> Period:
        """First to last day."""
        return Period(start=self.months[0].first, end=self.months[-1].last)

    @property
    def invoiced_from(self) -> date:
        """The day on which its invoices are sent, or later when nobody could before."""
        return self.months[-1].next().first.replace(day=FIRST_DAY)


@dataclass(frozen=True, slots=True)
class Use:
    """A mission's use of the platform in a quarter: so many months at one price."""

    mission_id: UUID
    title: str
    reference: str
    months: int
    price: Money


def price_of(month: Month, prices: Sequence[Price] = PRICES) -> Money:
    """The price of a running mission in that month; nothing before the first."""
    known = [price.amount for price in prices if price.since <= month]
    return known[-1] if known else Money.of(0)


def uses_of(orders: Iterable[MissionTerms], quarter: Quarter, prices: Sequence[Price] = PRICES) -> list[Use]:
    """What one mission after the other used: a month counts once, however few days and however many orders it has."""
    found = []
    for _, of_mission in groupby(sorted(orders, key=_by_mission), key=lambda order: order.mission_id):
        found += _uses(list(of_mission), quarter, prices)
    return found


def _by_mission(order: MissionTerms) -> tuple[UUID, date]:
    return order.mission_id, order.period_start


def _uses(orders: list[MissionTerms], quarter: Quarter, prices: Sequence[Price]) -> list[Use]:
    running = [month for month in quarter.months if any(_runs(order, month) for order in orders)]
    last = orders[-1]
    priced = [(price_of(month, prices), month) for month in running]
    grouped = groupby(priced, key=lambda one: one[0])
    return [
        Use(last.mission_id, last.title, last.reference, len(list(months)), price)
        for price, months in grouped
        if price.amount
    ]


def _runs(order: MissionTerms, month: Month) -> bool:
    return order.period_start <= month.last and month.first <= order.period_end
