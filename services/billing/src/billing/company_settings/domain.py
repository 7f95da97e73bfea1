"""How a company is invoiced: who writes its invoices, and in which language."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from billing.columns import word
from billing.issuing.sheet import Language
from chassis.errors import Conflict, require
from chassis.rows import Base


class InvoiceMode(StrEnum):
    """Who writes a provider's invoices (BL-04)."""

    AUTOMATIC = "automatic"
    """The platform does, in the provider's name (self-billing)."""
    MANUAL = "manual"
    """The provider imports its own."""


class MandateRequired(Conflict):
    """Nobody writes a provider's invoices without its written, prior mandate (CGI ann. II, art. 242 nonies)."""

    code, title = "mandate_required", "Sign the self-billing mandate first"


class CompanySettings(Base):
    """What a company chose; one that chose nothing has no row."""

    __tablename__ = "company_settings"

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_mode: Mapped[InvoiceMode | None] = mapped_column(word(InvoiceMode))
    """Absent while the company leaves it to the platform: automatic from the mandate's signature on."""
    language: Mapped[Language] = mapped_column(word(Language))
    version: Mapped[int]

    @classmethod
    def unchosen(cls, company_id: UUID) -> CompanySettings:
        """What holds for a company that has not chosen."""
        return cls(company_id=company_id, invoice_mode=None, language=Language.FR, version=0)

    def choose(self, mode: InvoiceMode, language: Language, *, mandated: bool) -> None:
        """Change both. Raises MandateRequired for automatic invoices without a mandate in force."""
        require(mode is InvoiceMode.MANUAL or mandated, MandateRequired(field="invoice_mode"))
        self.invoice_mode, self.language = mode, language
        self.version += 1

    def mode(self, *, mandated: bool) -> InvoiceMode:
        """The mode in force: manual without a mandate, automatic with one unless the company chose otherwise."""
        return (self.invoice_mode or InvoiceMode.AUTOMATIC) if mandated else InvoiceMode.MANUAL
