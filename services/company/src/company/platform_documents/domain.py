"""The platform's own legal documents, which its clients may ask to see (CO-29)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from company.files import HoldsFile
from company.words import words


class PlatformDocumentType(StrEnum):
    """What a client that buys through the platform has to hold on file."""

    REGISTRATION_EXTRACT = "registration_extract"
    """Kbis."""
    URSSAF_CERTIFICATE = "urssaf_certificate"
    SWORN_TAX_STATEMENT = "sworn_tax_statement"
    FOREIGN_WORKER_LIST = "foreign_worker_list"
    LIABILITY_INSURANCE = "liability_insurance"
    BANK_DETAILS = "bank_details"
    """RIB."""
    OTHER = "other"


class PlatformDocumentNotFound(NotFound):
    """Absent, or withdrawn."""

    code, title = "platform_document_not_found", "There is no such document"


class ValidityBackwards(Unprocessable):
    """A document is issued before, or on the day, it ends."""

    code, title = "validity_backwards", "The document ends before it begins"


class PlatformDocument(HoldsFile, Base):
    """One document; a newer one of its type takes its place, except among the others."""

    __tablename__ = "platform_documents"
    __table_args__ = (
        Index(
            "uq_platform_documents_current",
            "type",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL AND type <> 'other'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[PlatformDocumentType] = mapped_column(words(PlatformDocumentType))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """The last day on which it holds; absent when it has no end."""
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    @classmethod
    def publish(
        cls, kind: PlatformDocumentType, valid_from: date, valid_until: date | None, *, by: UUID, at: datetime
    ) -> PlatformDocument:
        """A document for clients to read; its file comes with `attach`. Raises ValidityBackwards."""
        require(valid_until is None or valid_from <= valid_until, ValidityBackwards(field="valid_until"))
        return cls(
            id=new_id(), type=kind, valid_from=valid_from, valid_until=valid_until, uploaded_by=by, uploaded_at=at
        )

    def withdraw(self, at: datetime) -> None:
        """Show it no more."""
        self.withdrawn_at = at

    def holds(self, on: date) -> bool:
        """Say whether it is in date on that day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)
