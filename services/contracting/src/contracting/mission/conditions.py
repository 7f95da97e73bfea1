"""The client's special conditions of an order: written before it, accepted by the provider (CT-13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis import Tx
from chassis.errors import Conflict, NotFound, require
from chassis.files import PDF, StoredFile
from chassis.rows import Base


class SpecialConditionsNotFound(NotFound):
    """The client wrote none."""

    code, title = "special_conditions_not_found", "There are no special conditions"


class SpecialConditionsFrozen(Conflict):
    """The platform's order repeats them."""

    code, title = "special_conditions_frozen", "The special conditions do not change once the order is issued"


class SpecialConditions(Base):
    """What the client adds to the order, as a text and perhaps a PDF; a new text is to be accepted anew."""

    __tablename__ = "special_conditions"

    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    file_key: Mapped[str | None] = mapped_column(String(64))
    file_name: Mapped[str | None] = mapped_column(String(120))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    written_by: Mapped[UUID]
    written_at: Mapped[datetime]
    accepted_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None]
    accepted_from: Mapped[str | None] = mapped_column(String(45))
    version: Mapped[int]

    def rewrite(self, text: str, file: StoredFile | None, *, by: UUID, at: datetime) -> None:
        """Write them, or write them anew; what the provider had accepted was the former text."""
        self.text, self.written_by, self.written_at = text, by, at
        self.file_key = file.key if file else None
        self.file_name = file.name if file else None
        self.sha256 = file.sha256 if file else None
        self.size = file.size if file else None
        self.accepted_by = self.accepted_at = self.accepted_from = None
        self.version = (self.version or 0) + 1

    def accept(self, *, by: UUID, at: datetime, address: str | None) -> None:
        """The provider agrees to this version; agreeing twice changes nothing."""
        if self.accepted_at is None:
            self.accepted_by, self.accepted_at, self.accepted_from = by, at, address
            self.version += 1

    @property
    def file(self) -> StoredFile:
        """The PDF. Raises SpecialConditionsNotFound when there is only a text."""
        require(self.file_key is not None, SpecialConditionsNotFound("there is no file with them"))
        return StoredFile(self.file_key or "", self.file_name or "", PDF, self.sha256 or "", self.size or 0)


async def conditions_of(tx: Tx, mission_id: UUID, *, locked: bool = False) -> SpecialConditions | None:
    """What the client added to the orders of this mission, if anything."""
    return await tx.get(SpecialConditions, mission_id, with_for_update=locked or None, populate_existing=locked)
