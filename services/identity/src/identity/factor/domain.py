"""The second factor: a time-based one-time password (RFC 6238), and ten codes for the day the phone is lost."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Annotated
from uuid import UUID

import pyotp
from pydantic import Field, SecretStr
from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound
from chassis.rows import Base
from identity.sealed import SecretBox

SECOND_FACTOR_CHANGED = "second_factor_changed"
ISSUER = "Maillon"
STEP = 30
"""Seconds for which a code is the present one."""
CLOCK_STEPS = 1
"""Steps by which a phone's clock may be wrong, either way."""
RECOVERY_CODES = 10

GivenCode = Annotated[SecretStr, Field(min_length=6, max_length=40, examples=["123456"])]
"""A one-time code or a recovery code, with or without spaces and dashes."""


class SecondFactorNotFound(NotFound):
    """None was asked for, or none is on."""

    code, title = "second_factor_not_found", "There is no second factor"


class SecondFactorOn(Conflict):
    """It is on already; turn it off first."""

    code, title = "second_factor_on", "The second factor is on already"


class TotpFactor(Base):
    """A member's authenticator: pending until its first code came back, then asked for at each log-in."""

    __tablename__ = "totp_factors"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The 30 seconds of the newest code used: none up to it works again."""

    @classmethod
    def begin(cls, member_id: UUID, box: SecretBox, at: datetime) -> tuple[TotpFactor, str]:
        """A pending factor: the row, and the secret that its owner's authenticator keeps."""
        secret = pyotp.random_base32()
        return cls(member_id=member_id, sealed_secret=box.seal(secret, member_id), created_at=at, last_step=0), secret

    def accept(self, code: str, box: SecretBox, at: datetime) -> bool:
        """Whether it is the code of now, or one step around, and was never used; it is used up thereby.

        The row is locked, so that of two equal codes at once one is accepted.
        """
        secret = box.open(self.sealed_secret, self.member_id)
        if secret is None:
            return False
        totp, present = pyotp.TOTP(secret), int(at.timestamp()) // STEP
        for step in range(present - CLOCK_STEPS, present + CLOCK_STEPS + 1):
            if step > self.last_step and hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
                self.last_step = step
                return True
        return False


def otpauth_url(secret: str, account: str) -> str:
    """What an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


class RecoveryCode(Base):
    """One of the codes for the day the phone is lost: kept as a digest, and after its use no more."""

    __tablename__ = "recovery_codes"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)

    @classmethod
    def issue(cls, member_id: UUID) -> tuple[list[RecoveryCode], list[str]]:
        """Ten new codes of 80 random bits: the rows, and what their owner writes down."""
        codes = [secrets.token_hex(10) for _ in range(RECOVERY_CODES)]
        rows = [cls(member_id=member_id, code_sha256=recovery_digest(code)) for code in codes]
        return rows, ["-".join(code[i : i + 5] for i in range(0, 20, 5)) for code in codes]


def normal(code: SecretStr) -> str:
    """The code as it was given out, however it was typed in."""
    return "".join(letter for letter in code.get_secret_value() if letter.isalnum()).lower()


def recovery_digest(code: str) -> bytes:
    """What is stored of a recovery code; 80 random bits need no slower digest."""
    return hashlib.sha256(code.encode()).digest()
