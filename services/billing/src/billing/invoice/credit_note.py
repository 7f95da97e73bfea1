"""The provider's own credit note for an invoice that it wrote itself (BL-22)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.invoice.domain import Invoice
from chassis.errors import NotFound, Unprocessable
from chassis.rows import Base, new_id


class CreditNoteNotFound(NotFound):
    """The invoice was not taken back."""

    code, title = "credit_note_not_found", "No credit note takes this invoice back"


class CreditNoteDate(Unprocessable):
    """It is dated before the invoice that it takes back, or after today."""

    code, title = "credit_note_date", "The credit note is dated before its invoice, or in the future"


class NotYourOwnInvoice(Unprocessable):
    """Whoever wrote an invoice takes it back: the platform for those that it writes in the provider's name."""

    code, title = "not_your_own_invoice", "The platform wrote this invoice: contest it instead"


class ProviderCreditNote(Base):
    """A credit note of the provider (type 381), for the whole of one imported invoice."""

    __tablename__ = "provider_credit_notes"
    __table_args__ = (UniqueConstraint("provider_company_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey(Invoice.id), unique=True)
    provider_company_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(String(35))
    issued_on: Mapped[date]
    imported_by: Mapped[UUID]
    imported_at: Mapped[datetime]
    file_key: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(120))
    file_sha256: Mapped[str] = mapped_column(String(64))
    file_size: Mapped[int]
