"""The missions of issued orders: what a CRA needs to know, copied from contracting."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Enum, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.contracting import MissionRescheduled, WorkType
from contracts.roles import SELLERS, Role
from contracts.values import Money, Month, Period

FRANCE = "FR"


class Part(StrEnum):
    """What a member is to one mission."""

    CONSULTANT = "consultant"
    INDEPENDENT = "independent"
    """A consultant who sells their own work, as a freelance or a gérant does: nobody else approves their months."""
    APPROVER = "approver"
    """Whoever sells for the provider and sees the mission: a head, or the sales manager who looks after it."""
    OPERATIONAL_MANAGER = "operational_manager"
    OBSERVER = "observer"
    ORDER = "order"
    """Nobody: the order itself, which both companies ended early (CT-28)."""
    CALENDAR = "calendar"
    """Nobody: the last day of a month that the client has reported by itself."""


class Mission(Base):
    """A mission under one order (BDC): its parties, its days and its period, as of that order (TS-04).

    A renewal brings another order, hence another row of the same mission.
    """

    __tablename__ = "missions"
    __table_args__ = (
        Index("ix_missions_provider", "provider_company_id", "bdc_id"),
        Index("ix_missions_client", "client_company_id", "bdc_id"),
    )

    bdc_id: Mapped[UUID] = mapped_column(primary_key=True)
    mission_id: Mapped[UUID] = mapped_column(index=True)
    reference: Mapped[str]
    title: Mapped[str] = mapped_column(String(200))
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    operational_manager_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str] = mapped_column(String(200))
    days: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    daily_rate_amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """Without VAT; absent from orders that were issued before it was copied."""
    work_type: Mapped[WorkType] = mapped_column(
        Enum(WorkType, native_enum=False, length=24, values_callable=lambda kind: [each.value for each in kind]),
        default=WorkType.TIME_AND_MATERIALS,
    )
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    workplace: Mapped[str] = mapped_column(String(6), default=FRANCE)
    """ISO 3166-2: whose public holidays are not worked."""
    version: Mapped[int]

    @property
    def period(self) -> Period:
        """First to last day of the order, both included."""
        return Period(start=self.starts_on, end=self.ends_on)

    @property
    def daily_rate(self) -> Money | None:
        """Price of a day, without VAT."""
        return None if self.daily_rate_amount is None else Money(amount=self.daily_rate_amount)

    @property
    def price(self) -> Money | None:
        """What the whole order is worth, without VAT."""
        return self.daily_rate.times(self.days) if self.daily_rate else None

    def reschedule(self, event: MissionRescheduled) -> None:
        """End on the day that both sides agreed on (CT-28)."""
        self.ends_on, self.version = event.ends_on, event.version
        if event.days is not None:
            self.days = event.days

    def covers(self, month: Month) -> bool:
        """Whether at least one day of the month belongs to the order (TS-07)."""
        return self.starts_on <= month.last and month.first <= self.ends_on

    def includes(self, day: date) -> bool:
        """Whether the day belongs to the order."""
        return self.starts_on <= day <= self.ends_on

    def part_of(self, member_id: UUID, company_id: UUID, role: Role | None) -> Part:
        """What this member, acting for this company in this role, is to the mission that they see.

        The company counts too: who left it does not act on its missions any more.
        """
        if (member_id, company_id) == (self.operational_manager_id, self.client_company_id):
            return Part.OPERATIONAL_MANAGER
        if company_id != self.provider_company_id:
            return Part.OBSERVER
        if member_id == self.consultant_id:
            return Part.INDEPENDENT if role in SELLERS else Part.CONSULTANT
        return Part.APPROVER if role in SELLERS else Part.OBSERVER
