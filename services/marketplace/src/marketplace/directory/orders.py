"""The platform's orders, as far as budgets and extensions need them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.contracting import BdcIssued


class Order(Base):
    """An order that was issued for a mission."""

    __tablename__ = "orders"
    __table_args__ = (Index(None, "mission_id", "ends_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    mission_id: Mapped[UUID]
    proposal_id: Mapped[UUID | None]
    title: Mapped[str]
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    operational_manager_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    daily_rate_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    days: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    @classmethod
    def of(cls, event: BdcIssued) -> Order:
        """What to keep of the event."""
        same = {"mission_id", "proposal_id", "title", "client_company_id", "provider_company_id"}
        people = {"operational_manager_id", "consultant_id"}
        return cls(
            id=event.bdc_id,
            **{name: getattr(event, name) for name in same | people},
            daily_rate_amount=event.daily_rate.amount,
            days=event.days,
            starts_on=event.period.start,
            ends_on=event.period.end,
        )

    @property
    def amount(self) -> Decimal:
        """Price of all days ordered, in euros without VAT."""
        return (self.daily_rate_amount * self.days).quantize(Decimal("0.01"))
