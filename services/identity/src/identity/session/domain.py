"""A session: one device of one member, kept alive by refresh tokens that work once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound, Problem, Unauthenticated
from chassis.rows import Base, new_id
from contracts.identity import MemberAccessRevoked

REFRESH_LIFETIME = timedelta(days=30)
"""How long a session sleeps before it ends by itself."""


class SessionNotFound(NotFound):
    """No such session of yours."""

    code, title = "session_not_found", "There is no such session"


class WrongCredentials(Unauthenticated):
    """The address is unknown or the password is wrong; nobody is told which."""

    code, title = "wrong_credentials", "The e-mail address or the password is wrong"


class SecondFactorRequired(Unauthenticated):
    """The password is right; a one-time code or a recovery code is needed beside it."""

    code, title = "second_factor_required", "A code of your authenticator is needed too"


class WrongCode(Unauthenticated):
    """Neither the present one-time code nor a recovery code, or one that was used before."""

    code, title = "wrong_code", "This code is wrong or was used already"


class RefreshTokenInvalid(Unauthenticated):
    """Unknown, used, expired or of a session that ended."""

    code, title = "refresh_token_invalid", "Please log in again"


class TooManyAttempts(Problem):
    """Too many wrong passwords or codes; Retry-After says when to come back."""

    status, code, title = 429, "too_many_attempts", "Too many wrong passwords or codes"


class TooManyRequests(Problem):
    """Too many requests from one network that make us write to people; Retry-After says when to come back."""

    status, code, title = 429, "too_many_requests", "Too many requests from your network; please try again later"


class Session(Base):
    """One log-in and everything refreshed from it."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_member_id", "member_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    device: Mapped[str] = mapped_column(String(200))
    place: Mapped[str | None] = mapped_column(String(50))
    """The network it was opened from, too wide to point at one address."""
    network_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """By which that network is recognised when a log-in comes from it again."""
    proven_at: Mapped[datetime | None]
    """When its member last proved to be themselves: sensitive acts need a recent proof."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @classmethod
    def open(cls, member_id: UUID, device: str, at: datetime, *, proven_at: datetime | None = None) -> Session:
        """A new session of a member, who proved to be one at `proven_at`."""
        return cls(
            id=new_id(),
            member_id=member_id,
            device=device,
            proven_at=proven_at,
            created_at=at,
            last_used_at=at,
            expires_at=at + REFRESH_LIFETIME,
        )

    def is_open(self, at: datetime) -> bool:
        """Whether it can still be refreshed."""
        return self.ended_at is None and at < self.expires_at

    def prolong(self, at: datetime) -> None:
        """It was used."""
        self.used(at)
        self.expires_at = self.last_used_at + REFRESH_LIFETIME

    def used(self, at: datetime) -> None:
        """An access token was issued from it: none is younger than this says."""
        self.last_used_at = max(self.last_used_at, at)

    def end(self, at: datetime) -> MemberAccessRevoked | None:
        """End it, and with it every access token issued from it; nothing when it ended before.

        The last of them may be younger than `at`, when its request overtook the one that ends the session.
        """
        if self.ended_at is not None:
            return None
        self.ended_at = max(self.last_used_at, at)
        return MemberAccessRevoked(member_id=self.member_id, session_id=self.id, revoked_at=self.ended_at)


class RefreshToken(Base):
    """A refresh token, known by its digest; kept after its use, so that a second use is noticed."""

    __tablename__ = "refresh_tokens"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @classmethod
    def issue(cls, session: Session, at: datetime) -> tuple[RefreshToken, str]:
        """A new token of the session: the row, and the secret that only its owner keeps."""
        secret = secrets.token_urlsafe(32)
        row = cls(
            token_sha256=refresh_digest(secret),
            session_id=session.id,
            issued_at=at,
            expires_at=at + REFRESH_LIFETIME,
        )
        return row, secret


def refresh_digest(secret: str) -> bytes:
    """What is stored of a refresh token."""
    return hashlib.sha256(secret.encode()).digest()
