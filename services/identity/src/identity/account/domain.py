"""What a member changes about their own account: name, phone, language, address (ID-21, ID-54)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict
from chassis.rows import Base
from identity.link.domain import Link
from identity.member.address import Address

CONFIRM_ADDRESS = "confirm_address"
ADDRESS_CHANGE_ASKED = "address_change_asked"
ADDRESS_IN_USE = "address_in_use"
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a template's name

PhoneNumber = Annotated[
    str,
    Field(pattern=r"^\+[1-9][0-9]{6,14}$", examples=["+33612345678"], description="International form, E.164"),
]
"""`+`, the country's code, the number: 7 to 15 digits in all, no spaces."""


class EmailUnchanged(Conflict):
    """It is the account's address already."""

    code, title = "email_unchanged", "This is your address already"


class EmailChange(Base):
    """A new address that waits for the proof that its mailbox is the member's."""

    __tablename__ = "email_changes"

    link_id: Mapped[UUID] = mapped_column(ForeignKey("links.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), index=True)
    session_id: Mapped[UUID]
    """The session that asked: the one that outlives the change."""

    @classmethod
    def ask(cls, link: Link, address: Address, session_id: UUID) -> EmailChange:
        """A change that happens when the link is used."""
        return cls(
            link_id=link.id,
            member_id=link.member_id,
            email=address.written,
            email_key=address.key,
            session_id=session_id,
        )

    @property
    def address(self) -> Address:
        """The address asked for."""
        return Address(self.email, self.email_key)
