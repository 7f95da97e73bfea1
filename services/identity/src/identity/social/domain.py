"""Accounts at identity providers (LinkedIn and the like), and the way there and back (ID-24, ID-25, ID-28)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable
from chassis.rows import Base, new_id

IDENTITIES_CHANGED = "identities_changed"
STATE_LIFETIME = timedelta(minutes=10)
"""How long somebody may take at the provider."""


class ProviderNotFound(NotFound):
    """No such provider is configured."""

    code, title = "provider_not_found", "There is no such identity provider"


class AuthorizationInvalid(Unprocessable):
    """The way back does not belong to a way there: unknown, used, too old, or somebody else's."""

    code, title = "authorization_invalid", "Start again at the identity provider"


class IdentityNotProven(Unprocessable):
    """What the provider answered cannot be trusted."""

    code, title = "identity_not_proven", "The identity provider's answer could not be verified"


class EmailNotGiven(Unprocessable):
    """An account needs an address that can be written to."""

    code, title = "email_not_given", "The identity provider gave no usable e-mail address"


class NameNotGiven(Unprocessable):
    """An account needs a name, from the provider or from its owner."""

    code, title = "name_not_given", "Give your first and last name, or allow them to be imported"


class IdentityTaken(Conflict):
    """One account for each person (ID-28)."""

    code, title = "identity_taken", "This identity belongs to an account already; log in with it"


class AccountExists(Conflict):
    """Said to somebody whose address the provider has proven; a link to an account is made by its owner."""

    code, title = "account_exists", "You have an account already: log in, then link this identity"


class IdentityNotLinked(NotFound):
    """No account has this identity."""

    code, title = "identity_not_linked", "No account is linked to this identity: sign up, or log in and link it"


class PasswordNeeded(Conflict):
    """Without it the account could not be entered any more (ID-25)."""

    code, title = "password_needed", "Set a password first, with the link of `POST /password-resets`"


class Purpose(StrEnum):
    """What somebody goes to the provider for."""

    SIGN_UP = "sign_up"
    LOG_IN = "log_in"
    LINK = "link"


class Authorization(Base):
    """One way to a provider and back. Its `state` is derived from the id and stored nowhere."""

    __tablename__ = "authorizations"
    __table_args__ = (Index("ix_authorizations_created_at", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[Purpose] = mapped_column(String(20))
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    """Whose account the identity is to be linked to."""
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @classmethod
    def begin(cls, provider: str, purpose: Purpose, at: datetime, *, member_id: UUID | None = None) -> Authorization:
        """Somebody sets out."""
        return cls(id=new_id(), provider=provider, purpose=purpose, member_id=member_id, created_at=at)

    def use(self, provider: str, purpose: Purpose, at: datetime, *, member_id: UUID | None = None) -> None:
        """Somebody is back, once, in time, for what they went for. Raises AuthorizationInvalid."""
        same = (self.provider, self.purpose, self.member_id) == (provider, purpose, member_id)
        if not same or self.used_at is not None or at >= self.created_at + STATE_LIFETIME:
            raise AuthorizationInvalid
        self.used_at = at


class LinkedIdentity(Base):
    """A member's account at a provider, known there by `subject`."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("provider", "subject"), UniqueConstraint("member_id", "provider"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    provider: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime]
    import_allowed_at: Mapped[datetime | None]
    """When the member let their profile be read there."""

    @classmethod
    def link(
        cls, member_id: UUID, provider: str, subject: str, at: datetime, *, import_allowed: bool = False
    ) -> LinkedIdentity:
        """Say that this member is that person there."""
        return cls(
            id=new_id(),
            member_id=member_id,
            provider=provider,
            subject=subject,
            linked_at=at,
            import_allowed_at=at if import_allowed else None,
        )
