"""Members by what people know of them, and what their mailboxes are told."""

from sqlalchemy import select, text

from chassis.db import Tx
from identity.link.domain import LinkPurpose, LinkSecret
from identity.link.queries import had_enough, send_link
from identity.member.address import Address
from identity.member.domain import Member
from identity.notification.domain import ACCOUNT_EXISTS, ACTIVATE_ACCOUNT, Notification


async def member_at(tx: Tx, address: Address) -> Member | None:
    """The account of an address, whatever its case."""
    return (await tx.scalars(select(Member).where(Member.email_key == address.key))).one_or_none()


async def lock_address(tx: Tx, address: Address) -> None:
    """Let sign-ups and new links of one address pass one by one: each sees what the one before it made."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": address.key})


async def send_activation_link(tx: Tx, member: Member, secret: LinkSecret) -> None:
    """Mail a new link that proves the address (ID-13, ID-16)."""
    await send_link(tx, member, secret, LinkPurpose.ACTIVATION, ACTIVATE_ACCOUNT)


async def tell_account_exists(tx: Tx, member: Member) -> None:
    """Tell the mailbox, and nobody else, that it has an account already (ID-22)."""
    if not await had_enough(tx, member):
        tx.add(Notification.to(member.id, ACCOUNT_EXISTS, subject_id=member.id, at=tx.now))
