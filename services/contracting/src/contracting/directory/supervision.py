"""Which consultants' missions a sales manager follows, copied from the company service (CO-05)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Index, Uuid, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.company import SupervisionChanged


class Supervision(Base):
    """The consultants of one sales manager; nobody once they are none, or have left."""

    __tablename__ = "supervisions"
    __table_args__ = (Index("ix_supervisions_member_id_company_id", "member_id", "company_id"),)

    affiliation_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID]
    consultants: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    version: Mapped[int]

    @staticmethod
    def values_of(event: SupervisionChanged) -> dict[str, object]:
        """What to keep of the event."""
        return event.model_dump(include={"affiliation_id", "member_id", "company_id", "consultants", "version"})


def follows(member: Any, company: Any, consultant: Any) -> ColumnElement[bool]:
    """Whether the sales manager follows the consultant's missions, their own among them."""
    chosen = select(func.unnest(Supervision.consultants))
    chosen = chosen.where(Supervision.member_id == member, Supervision.company_id == company)
    return or_(consultant == member, consultant.in_(chosen))
