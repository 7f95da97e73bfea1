"""The responsible person: whom somebody without power to engage a company names, so that they sign up (CO-06)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Problem
from chassis.rows import Base, new_id
from identity.member.address import Address

PER_MEMBER = 3
"""How many persons a member names in a day."""
PER_ADDRESS = 3
"""How many of these mails an address is sent in a day, whoever asks."""
DAY = timedelta(days=1)

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SEPARATORS = str.maketrans("", "", " .-()\u00a0\u202f")


class TooManyNamed(Problem):
    """Enough for a day."""

    status, code, title = 429, "too_many_named", "You named enough people today; try again tomorrow"


def parse_phone(text: str) -> str:
    """A number as E.164 writes it, whatever separates its digits. Raises ValueError."""
    number = text.translate(_SEPARATORS)
    if not _PHONE.fullmatch(number):
        raise ValueError("must be an international number, such as +33 1 23 45 67 89")
    return number


class ResponsiblePerson(Base):
    """Somebody who is no member, as a member described them; forgotten when they sign up, or in time."""

    __tablename__ = "responsible_persons"
    __table_args__ = (
        Index("ix_responsible_persons_named_by", "named_by", "named_at"),
        Index("ix_responsible_persons_email_key", "email_key", "named_at"),
        Index("ix_responsible_persons_named_at", "named_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    named_by: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    company_name: Mapped[str] = mapped_column(String(200))
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    position: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    named_at: Mapped[datetime]

    @classmethod
    def named(
        cls,
        by: UUID,
        *,
        company_name: str,
        first_name: str,
        last_name: str,
        position: str,
        phone: str,
        address: Address,
        at: datetime,
    ) -> ResponsiblePerson:
        """Somebody to be asked, by mail, to sign up."""
        return cls(
            id=new_id(),
            named_by=by,
            company_name=company_name,
            first_name=first_name,
            last_name=last_name,
            position=position,
            phone=phone,
            email=address.written,
            email_key=address.key,
            named_at=at,
        )

    @property
    def display_name(self) -> str:
        """The name that the mail greets."""
        return f"{self.first_name} {self.last_name}"
