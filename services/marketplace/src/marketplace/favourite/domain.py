"""A request that a member keeps an eye on (MK-04)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base


class Favourite(Base):
    """One member's, while acting for one provider."""

    __tablename__ = "favourites"
    __table_args__ = (
        UniqueConstraint("member_id", "company_id", "rfp_id"),
        Index("ix_favourites_listed", "member_id", "company_id", "id"),
        Index("ix_favourites_rfp_id", "rfp_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    company_id: Mapped[UUID]
    rfp_id: Mapped[UUID] = mapped_column(ForeignKey("rfps.id"))
    marked_at: Mapped[datetime]
