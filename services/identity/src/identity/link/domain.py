"""Mailed links: single use, a day long, kept only as a digest."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Gone, Unprocessable
from chassis.rows import Base, new_id

LIFETIME = timedelta(hours=24)
"""How long a link works (ID-05)."""


class LinkInvalid(Unprocessable):
    """No such link was ever sent."""

    code, title = "link_invalid", "This link is not valid"


class LinkAlreadyUsed(Conflict):
    """It did its work."""

    code, title = "link_already_used", "This link was used already"


class LinkExpired(Gone):
    """It is more than 24 hours old."""

    code, title = "link_expired", "This link has expired; ask for a new one"


class LinkReplaced(Gone):
    """A newer link was sent since."""

    code, title = "link_replaced", "A newer link was sent; use that one"


class LinkPurpose(StrEnum):
    """What a link does; part of what its token is derived from, so none serves for another's."""

    ACTIVATION = "activation"
    EMAIL_CHANGE = "email_change"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose


class LinkSecret:
    """Derives the token of a link, so that a mail can be written later without keeping the token."""

    def __init__(self, secret: str):
        self._secret = secret.encode()

    def token(self, link_id: UUID, purpose: str) -> str:
        """The token that proves the receipt of this link's mail, or of whatever else was handed out."""
        mac = hmac.digest(self._secret, f"{link_id}|{purpose}".encode(), "sha256")
        return f"{link_id.hex}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def read(self, token: str, purpose: str) -> UUID | None:
        """The id that a token was derived from; None when it is none of ours, or serves for something else."""
        try:
            given = UUID(hex=token.partition(".")[0])
        except ValueError:
            return None
        return given if hmac.compare_digest(self.token(given, purpose).encode(), token.encode()) else None

    def blur(self, kind: str, value: str) -> bytes:
        """A digest by which something is recognised without being kept."""
        return hmac.digest(self._secret, f"{kind}|{value}".encode(), "sha256")


def digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


class Link(Base):
    """One mailed link."""

    __tablename__ = "links"
    __table_args__ = (Index("ix_links_member_id", "member_id", "issued_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    purpose: Mapped[LinkPurpose] = mapped_column(String(20))
    subject_id: Mapped[UUID | None]
    """What else the link is about: the invitation."""
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]

    @classmethod
    def issue(
        cls, member_id: UUID, purpose: LinkPurpose, secret: LinkSecret, at: datetime, *, subject_id: UUID | None = None
    ) -> Link:
        """A new link to the member's mailbox."""
        link_id = new_id()
        return cls(
            id=link_id,
            member_id=member_id,
            purpose=purpose,
            subject_id=subject_id,
            token_sha256=digest(secret.token(link_id, purpose)),
            issued_at=at,
            expires_at=at + LIFETIME,
        )

    def usable(self, at: datetime) -> bool:
        """Whether using it now would work."""
        return self.used_at is None and self.replaced_at is None and at < self.expires_at

    def use(self, at: datetime) -> None:
        """Use it up. Raises LinkAlreadyUsed, LinkReplaced or LinkExpired (24 h after issue, ID-05)."""
        if self.used_at is not None:
            raise LinkAlreadyUsed
        if self.replaced_at is not None:
            raise LinkReplaced
        if at >= self.expires_at:
            raise LinkExpired
        self.used_at = at
