"""PDF files of a proposal: a curriculum vitae, references."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound
from chassis.rows import Base

MOST = 5
"""Files that one proposal may have."""


class AttachmentNotFound(NotFound):
    """No such file, or not yours to see."""

    code, title = "attachment_not_found", "There is no such file"


class TooManyAttachments(Conflict):
    """Five are enough to choose by."""

    code, title = "too_many_attachments", "A proposal has five files at most"


class Attachment(Base):
    """One file; its row outlives its proposal until the store has let go of it."""

    __tablename__ = "proposal_attachments"
    __table_args__ = (Index(None, "proposal_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("proposals.id", ondelete="SET NULL"))
    file: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """In the words of `chassis.files.StoredFile`."""
    added_by: Mapped[UUID]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.file["name"])

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self.file["size"])

    @property
    def sha256(self) -> str:
        """Its digest, in hexadecimal."""
        return str(self.file["sha256"])
