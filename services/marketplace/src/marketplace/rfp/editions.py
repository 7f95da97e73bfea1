"""Every edition of a published request, as those who answered it read it (MK-23)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from marketplace.rfp.content import RfpContent
from marketplace.rfp.domain import Rfp


class Edition(Base):
    """What a request said from one publication to the next; it never changes."""

    __tablename__ = "rfp_editions"

    rfp_id: Mapped[UUID] = mapped_column(ForeignKey("rfps.id"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[datetime]

    @classmethod
    def of(cls, rfp: Rfp, at: datetime) -> Edition:
        """The request as it is published now."""
        body = rfp.content.model_dump(mode="json", exclude_none=True)
        return cls(rfp_id=rfp.id, edition=rfp.edition, body=body, published_at=at)

    @property
    def content(self) -> RfpContent:
        """What the client wrote."""
        return RfpContent.model_validate(self.body)
