"""Members by what people know of them, and the mails that prove an address."""

from datetime import timedelta

from sqlalchemy import func, select, text, update

from chassis.db import Tx
from identity.link.domain import Link, LinkPurpose, LinkSecret
from identity.member.domain import Address, Member
from identity.notification.domain import ACCOUNT_EXISTS, ACTIVATE_ACCOUNT, MAIL_ONLY, Notification

MAILS_PER_HOUR = 5
"""How many mails strangers can have us send to one mailbox."""


async def member_at(tx: Tx, address: Address) -> Member | None:
    """The account of an address, whatever its case."""
    return (await tx.scalars(select(Member).where(Member.email_key == address.key))).one_or_none()


async def lock_address(tx: Tx, address: Address) -> None:
    """Let sign-ups and new links of one address pass one by one: each sees what the one before it made."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": address.key})


async def send_activation_link(tx: Tx, member: Member, secret: LinkSecret) -> None:
    """Mail a new link and make older ones void, unless the mailbox had enough of them (ID-13, ID-16)."""
    if await _had_enough(tx, member):
        return
    older = (Link.member_id == member.id, Link.used_at.is_(None), Link.replaced_at.is_(None))
    await tx.execute(update(Link).where(*older).values(replaced_at=tx.now))
    link = Link.issue(member.id, LinkPurpose.ACTIVATION, secret, tx.now)
    tx.add(link)
    await tx.flush()
    tx.add(Notification.to(member.id, ACTIVATE_ACCOUNT, subject_id=member.id, at=tx.now, link_id=link.id))


async def tell_account_exists(tx: Tx, member: Member) -> None:
    """Tell the mailbox, and nobody else, that it has an account already (ID-22)."""
    if not await _had_enough(tx, member):
        tx.add(Notification.to(member.id, ACCOUNT_EXISTS, subject_id=member.id, at=tx.now))


async def _had_enough(tx: Tx, member: Member) -> bool:
    recent = select(func.count()).where(
        Notification.member_id == member.id,
        Notification.template.in_(MAIL_ONLY),
        Notification.created_at > tx.now - timedelta(hours=1),
    )
    return (await tx.scalar(recent) or 0) >= MAILS_PER_HOUR
