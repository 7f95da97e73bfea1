"""The lists of providers that a client has chosen to work with (CO-26)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound
from chassis.rows import Base, new_id
from contracts.company import SupplierDereferenced, SupplierReferenced


class ReferencingListNotFound(NotFound):
    """Absent, or another client's."""

    code, title = "referencing_list_not_found", "There is no such list"


class SupplierNotFound(NotFound):
    """No provider on the platform, or none on this list."""

    code, title = "supplier_not_found", "There is no such supplier"


class ReferencingListExists(Conflict):
    """People tell a company's lists apart by their names."""

    code, title = "referencing_list_exists", "The company has a list of this name"


class ReferencingList(Base):
    """A client's list of providers; a preferred one sees requests for proposals before the market does."""

    __tablename__ = "referencing_lists"
    __table_args__ = (
        UniqueConstraint("company_id", "name"),
        Index("ix_referencing_lists_company_id_id", "company_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    name: Mapped[str] = mapped_column(String(200))
    preferred: Mapped[bool]
    created_at: Mapped[datetime]

    @classmethod
    def create(cls, company_id: UUID, name: str, at: datetime, *, preferred: bool) -> ReferencingList:
        """An empty list."""
        return cls(id=new_id(), version=1, company_id=company_id, name=name, preferred=preferred, created_at=at)

    def rename(self, name: str, *, preferred: bool) -> None:
        """Call it otherwise, or prefer it from now on."""
        self.name, self.preferred, self.version = name, preferred, self.version + 1


class Reference(Base):
    """A provider on a list."""

    __tablename__ = "supplier_references"
    __table_args__ = (
        UniqueConstraint("list_id", "provider_company_id"),
        Index("ix_supplier_references_list_id_id", "list_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    list_id: Mapped[UUID] = mapped_column(ForeignKey("referencing_lists.id"))
    provider_company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    referenced_at: Mapped[datetime]

    @classmethod
    def put(cls, on: ReferencingList, provider_id: UUID, at: datetime) -> Reference:
        """Put a provider on the list."""
        return cls(id=new_id(), version=0, list_id=on.id, provider_company_id=provider_id, referenced_at=at)

    def told(self, on: ReferencingList) -> SupplierReferenced:
        """What others may know of it, as the list is called and preferred now."""
        self.version += 1
        return SupplierReferenced(
            version=self.version,
            reference_id=self.id,
            client_company_id=on.company_id,
            provider_company_id=self.provider_company_id,
            list_id=on.id,
            list_name=on.name,
            preferred=on.preferred,
            referenced_at=self.referenced_at,
        )

    def taken_off(self, of: ReferencingList, at: datetime) -> SupplierDereferenced:
        """The event of its removal."""
        return SupplierDereferenced(
            version=self.version + 1,
            reference_id=self.id,
            client_company_id=of.company_id,
            provider_company_id=self.provider_company_id,
            list_id=of.id,
            dereferenced_at=at,
        )
