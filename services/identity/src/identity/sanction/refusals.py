"""Who may not sign up again: digests alone, by which an address or a social account is recognised (ID-48)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx
from identity.link.domain import LinkSecret


class RefusedIdentity(Base):
    """An address or a social account that opens no account any more; which one is not kept."""

    __tablename__ = "refused_identities"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sanction_id: Mapped[UUID] = mapped_column(ForeignKey("sanctions.id", ondelete="CASCADE"), primary_key=True)
    refused_at: Mapped[datetime]


def address_digest(secret: LinkSecret, email_key: str) -> bytes:
    """How an address is recognised."""
    return secret.blur("refused-address", email_key)


def social_digest(secret: LinkSecret, provider: str, subject: str) -> bytes:
    """How an account with an identity provider is recognised."""
    return secret.blur("refused-social", f"{provider}|{subject}")


async def refuse(tx: Tx, sanction_id: UUID, digests: Sequence[bytes]) -> None:
    """Remember them for as long as the sanction is kept."""
    for digest in digests:
        row = {"digest": digest, "sanction_id": sanction_id, "refused_at": tx.now}
        await tx.execute(insert(RefusedIdentity).values(row).on_conflict_do_nothing())


async def forgive(tx: Tx, sanction_id: UUID) -> None:
    """The sanction was lifted: whoever it refused may sign up again."""
    await tx.execute(delete(RefusedIdentity).where(RefusedIdentity.sanction_id == sanction_id))


async def is_refused(tx: Tx, *digests: bytes) -> bool:
    """Whether one of these may not open an account."""
    query = select(RefusedIdentity.digest).where(RefusedIdentity.digest.in_(digests)).limit(1)
    return await tx.scalar(query) is not None
