"""Whose orders are running: a copy of contracting's orders, for as long as they hold a member to the platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx


class RunningOrder(Base):
    """One order (BDC), from its issue to the end of its period (ID-42)."""

    __tablename__ = "running_orders"

    bdc_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(60))
    client_company_id: Mapped[UUID] = mapped_column(index=True)
    provider_company_id: Mapped[UUID] = mapped_column(index=True)
    consultant_id: Mapped[UUID] = mapped_column(index=True)
    operational_manager_id: Mapped[UUID] = mapped_column(index=True)
    ends_on: Mapped[date]
    """The last day of the order."""
    version: Mapped[int]


async def orders_carried_by(tx: Tx, member_id: UUID, today: date) -> Sequence[RunningOrder]:
    """Orders that this member carries, as consultant or operational manager, and that have not ended."""
    carried = or_(RunningOrder.consultant_id == member_id, RunningOrder.operational_manager_id == member_id)
    query = select(RunningOrder).where(carried, RunningOrder.ends_on >= today)
    return (await tx.scalars(query.order_by(RunningOrder.reference))).all()


async def has_orders(tx: Tx, company_id: UUID, today: date) -> bool:
    """Whether orders of the company, on either side, have not ended."""
    theirs = or_(RunningOrder.client_company_id == company_id, RunningOrder.provider_company_id == company_id)
    query = select(RunningOrder.bdc_id).where(theirs, RunningOrder.ends_on >= today).limit(1)
    return await tx.scalar(query) is not None
