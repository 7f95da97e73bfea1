"""Who may not sign up again: digests alone, by which an address or a social account is recognised (ID-48)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from chassis.audit import audit
from chassis.db import Base, Tx
from identity.link.domain import LinkSecret
from identity.link.queries import MAILS_PER_HOUR
from identity.member.address import Address
from identity.member.domain import Member
from identity.notification.domain import REGISTRATION_REFUSED, Notification
from identity.social.domain import LinkedIdentity


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


async def refuse(tx: Tx, secret: LinkSecret, member: Member, sanction_id: UUID) -> None:
    """Remember the member's address and social accounts for as long as the sanction is kept."""
    linked = await tx.scalars(select(LinkedIdentity).where(LinkedIdentity.member_id == member.id))
    digests = [social_digest(secret, identity.provider, identity.subject) for identity in linked]
    for digest in [address_digest(secret, member.email_key), *digests]:
        row = {"digest": digest, "sanction_id": sanction_id, "refused_at": tx.now}
        await tx.execute(insert(RefusedIdentity).values(row).on_conflict_do_nothing())


async def forgive(tx: Tx, sanction_id: UUID) -> None:
    """The sanction was lifted: whoever it refused may sign up again."""
    await tx.execute(delete(RefusedIdentity).where(RefusedIdentity.sanction_id == sanction_id))


async def turned_away(tx: Tx, secret: LinkSecret, address: Address, *social: bytes, name: str, language: str) -> bool:
    """Whether this sign-up is refused; the mailbox alone is told so, a few times an hour (ID-48)."""
    digests = (address_digest(secret, address.key), *social)
    found = select(RefusedIdentity.sanction_id).where(RefusedIdentity.digest.in_(digests)).limit(1)
    sanction_id = await tx.scalar(found)
    if sanction_id is None:
        return False
    told = select(func.count()).where(
        Notification.template == REGISTRATION_REFUSED,
        Notification.subject_id == sanction_id,
        Notification.created_at > tx.now - timedelta(hours=1),
    )
    if (await tx.scalar(told) or 0) < MAILS_PER_HOUR:
        context = {"name": name, "language": language}
        tx.add(
            Notification.to_outsider(
                address.written, REGISTRATION_REFUSED, subject_id=sanction_id, at=tx.now, context=context
            )
        )
    audit(tx, "registration.refused", sanction_id)
    return True
