"""The missions of issued orders: who works for whom, and when, copied from contracting."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Index, String, and_
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.contracting import BdcIssued


class RunningMission(Base):
    """A mission under one order; a renewal brings another order, hence another row."""

    __tablename__ = "running_missions"
    __table_args__ = (
        Index("ix_running_missions_client", "client_company_id", "provider_company_id"),
        Index("ix_running_missions_provider", "provider_company_id", "ends_on"),
    )

    bdc_id: Mapped[UUID] = mapped_column(primary_key=True)
    mission_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200))
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    operational_manager_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The last day, included."""
    version: Mapped[int]

    @staticmethod
    def values_of(event: BdcIssued) -> dict[str, object]:
        """What to keep of the event."""
        return {
            "bdc_id": event.bdc_id,
            "mission_id": event.mission_id,
            "title": event.title,
            "client_company_id": event.client_company_id,
            "provider_company_id": event.provider_company_id,
            "operational_manager_id": event.operational_manager_id,
            "consultant_id": event.consultant_id,
            "starts_on": event.period.start,
            "ends_on": event.period.end,
            "version": event.version,
        }


def under_way_on(day: date) -> ColumnElement[bool]:
    """Whether a mission is under way on that day, its first and last included."""
    return and_(RunningMission.starts_on <= day, RunningMission.ends_on >= day)
