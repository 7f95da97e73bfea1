"""A client's own look at a document of its mission's provider (CO-40)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Unprocessable, require
from chassis.rows import Base, new_id
from company.words import words


class CheckResult(StrEnum):
    """What the client found."""

    AUTHENTIC = "authentic"
    NOT_AUTHENTIC = "not_authentic"
    UNDECIDED = "undecided"


class ClientCheckInTheFuture(Unprocessable):
    """A check cannot have taken place after today."""

    code, title = "client_check_in_the_future", "The check cannot be dated after today"


class ClientCheck(Base):
    """One check of one document by one client; later ones leave earlier ones in place."""

    __tablename__ = "client_checks"
    __table_args__ = (Index("ix_client_checks_document_id_client", "document_id", "client_company_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    client_company_id: Mapped[UUID]
    checked_by: Mapped[UUID]
    result: Mapped[CheckResult] = mapped_column(words(CheckResult))
    checked_on: Mapped[date]
    recorded_at: Mapped[datetime]

    @classmethod
    def record(cls, document_id: UUID, client_id: UUID, by: UUID, result: CheckResult, checked_on: date) -> ClientCheck:
        """What a client found on a day."""
        return cls(
            id=new_id(),
            document_id=document_id,
            client_company_id=client_id,
            checked_by=by,
            result=result,
            checked_on=checked_on,
        )

    def recorded(self, at: datetime, today: date) -> None:
        """Written down. Raises ClientCheckInTheFuture."""
        require(self.checked_on <= today, ClientCheckInTheFuture(field="checked_on"))
        self.recorded_at = at
