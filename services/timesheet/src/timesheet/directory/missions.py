"""The missions of issued orders: what a CRA needs to know, copied from contracting."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.contracting import MissionRescheduled
from contracts.values import Month, Period


class Part(StrEnum):
    """What a member is to one mission, whatever their role in their company."""

    CONSULTANT = "consultant"
    OPERATIONAL_MANAGER = "operational_manager"
    OBSERVER = "observer"
    ORDER = "order"
    """Nobody: the order itself, which both companies ended early (CT-28)."""


class Mission(Base):
    """A mission under one order (BDC): its parties, its days and its period, as of that order (TS-04).

    A renewal brings another order, hence another row of the same mission. Prices stay with billing.
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
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    version: Mapped[int]

    @property
    def period(self) -> Period:
        """First to last day of the order, both included."""
        return Period(start=self.starts_on, end=self.ends_on)

    def reschedule(self, event: MissionRescheduled) -> None:
        """End on the day that both sides agreed on (CT-28)."""
        self.ends_on, self.version = event.ends_on, event.version
        if event.days is not None:
            self.days = event.days

    def covers(self, month: Month) -> bool:
        """Whether at least one day of the month belongs to the order (TS-07)."""
        return self.starts_on <= month.last and month.first <= self.ends_on

    def part_of(self, member_id: UUID, company_id: UUID) -> Part:
        """What this member, acting for this company, is to the mission.

        The company counts too: who left it does not act on its missions any more.
        """
        if (member_id, company_id) == (self.consultant_id, self.provider_company_id):
            return Part.CONSULTANT
        if (member_id, company_id) == (self.operational_manager_id, self.client_company_id):
            return Part.OPERATIONAL_MANAGER
        return Part.OBSERVER
