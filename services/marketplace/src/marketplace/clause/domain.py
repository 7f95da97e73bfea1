"""A client's mandatory clauses: they never change, one is withdrawn and another written (domain facts 1.3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound, Unprocessable, require
from chassis.rows import Base

MAX_FILE_BYTES = 5 * 1024 * 1024
"""What a clause's PDF may weigh."""


class ClauseNotFound(NotFound):
    """Absent, another company's, or not among those of the request."""

    code, title = "clause_not_found", "There is no such clause"


class ClausesNotAccepted(Unprocessable):
    """An answer accepts each clause of the request, and no other."""

    code, title = "clauses_not_accepted", "Each clause of the request has to be accepted"


class Clause(Base):
    """A condition of the client, or of one of its entities."""

    __tablename__ = "clauses"
    __table_args__ = (Index(None, "company_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    entity_id: Mapped[UUID | None]
    """The entity whose requests carry it; those of the whole company when absent."""
    title: Mapped[str]
    text: Mapped[str | None]
    file: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The PDF, in the words of `chassis.files.StoredFile`."""
    author_id: Mapped[UUID]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    @property
    def file_name(self) -> str | None:
        """What the PDF is called, if there is one."""
        return self.file["name"] if self.file else None

    def withdraw(self, at: datetime) -> bool:
        """Ask it of no further request; say whether it was asked until now."""
        if self.withdrawn_at is not None:
            return False
        self.withdrawn_at = at
        return True


def check_clauses_accepted(required: Collection[str | UUID], accepted: Collection[UUID]) -> None:
    """Raise ClausesNotAccepted unless exactly the request's clauses are accepted, one by one."""
    same = {str(clause_id) for clause_id in required} == {str(clause_id) for clause_id in accepted}
    require(same, ClausesNotAccepted(field="accepted_clauses"))
