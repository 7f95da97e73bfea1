"""Which client works with which provider, by the client's own lists (CO-26)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.company import SupplierDereferenced, SupplierReferenced


class Reference(Base):
    """A provider on one of a client's lists; kept once it is off, so that nothing older puts it back."""

    __tablename__ = "supplier_references"
    __table_args__ = (Index("ix_supplier_references_provider", "provider_company_id", "client_company_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    list_id: Mapped[UUID]
    preferred: Mapped[bool]
    off_since: Mapped[datetime | None]
    """Since when the provider is not on the list any more."""

    @staticmethod
    def values_of(event: SupplierReferenced | SupplierDereferenced) -> dict[str, object]:
        """What to keep of either event."""
        off = event.dereferenced_at if isinstance(event, SupplierDereferenced) else None
        return {
            "id": event.reference_id,
            "version": event.version,
            "client_company_id": event.client_company_id,
            "provider_company_id": event.provider_company_id,
            "list_id": event.list_id,
            "preferred": isinstance(event, SupplierReferenced) and event.preferred,
            "off_since": off,
        }
