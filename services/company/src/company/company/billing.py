"""Where the company's invoices go, when that is another place or person than the company itself (CO-10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.values import PostalAddress


class BillingContact(Base):
    """The billing block of a company: name, address, mailbox and telephone of its own."""

    __tablename__ = "billing_contacts"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    line1: Mapped[str] = mapped_column(String(200))
    line2: Mapped[str | None] = mapped_column(String(200))
    postcode: Mapped[str] = mapped_column(String(16))
    city: Mapped[str] = mapped_column(String(200))
    address_country: Mapped[str] = mapped_column(String(2))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(16))
    changed_by: Mapped[UUID]
    changed_at: Mapped[datetime]

    def describe(self, name: str, address: PostalAddress, email: str, phone: str) -> None:
        """What the block says from now on."""
        self.name, self.email, self.phone = name, email, phone
        self.line1, self.line2, self.postcode = address.line1, address.line2, address.postcode
        self.city, self.address_country = address.city, address.country

    @property
    def address(self) -> PostalAddress:
        """Where invoices go."""
        return PostalAddress(
            line1=self.line1,
            line2=self.line2,
            postcode=self.postcode,
            city=self.city,
            country=self.address_country,
        )
