"""What was published once, kept to begin another request from (domain facts 1.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound
from chassis.rows import Base, new_id
from marketplace.rfp.content import RfpContent
from marketplace.rfp.domain import Rfp

_CHOSEN_ANEW = {"period", "entity_id", "spending_line_id", "buyer_id"}
"""When, for whom, and who pays is said of each request by itself."""


class TemplateNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "template_not_found", "There is no such template"


class Template(Base):
    """The content of a published request, without what is chosen anew."""

    __tablename__ = "rfp_templates"
    __table_args__ = (Index(None, "company_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    rfp_id: Mapped[UUID] = mapped_column(ForeignKey("rfps.id"), unique=True)
    title: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]

    @classmethod
    def of(cls, rfp: Rfp, at: datetime) -> Template:
        """What a request leaves at its publication."""
        body = rfp.content.model_dump(mode="json", exclude=_CHOSEN_ANEW, exclude_none=True)
        return cls(
            id=new_id(), company_id=rfp.client_company_id, rfp_id=rfp.id, title=rfp.title, body=body, created_at=at
        )

    @property
    def content(self) -> RfpContent:
        """What another request begins with."""
        return RfpContent.model_validate(self.body)
