"""Sending a link to a mailbox, and taking back what came of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from chassis.db import Tx
from identity.link.domain import Link, LinkInvalid, LinkPurpose, LinkSecret, digest
from identity.member.domain import Member
from identity.notification.domain import MAIL_ONLY, Notification

MAILS_PER_HOUR = 5
"""How many mails strangers can have us send to one mailbox."""


async def send_link(
    tx: Tx,
    member: Member,
    secret: LinkSecret,
    purpose: LinkPurpose,
    template: str,
    *,
    subject_id: UUID | None = None,
    context: dict[str, str] | None = None,
) -> None:
    """Mail a new link and make older ones of its kind void, unless the mailbox had enough of them."""
    if await had_enough(tx, member):
        return
    await void_links(tx, member, purpose, subject_id)
    link = Link.issue(member.id, purpose, secret, tx.now, subject_id=subject_id)
    tx.add(link)
    await tx.flush()
    about = subject_id or member.id
    tx.add(Notification.to(member.id, template, subject_id=about, at=tx.now, context=context, link_id=link.id))


async def void_links(tx: Tx, member: Member, purpose: LinkPurpose, subject_id: UUID | None = None) -> None:
    """Make the member's unused links of this kind work no more."""
    older = (
        Link.member_id == member.id,
        Link.purpose == purpose,
        Link.subject_id.is_not_distinct_from(subject_id),
        Link.used_at.is_(None),
        Link.replaced_at.is_(None),
    )
    await tx.execute(update(Link).where(*older).values(replaced_at=tx.now))


async def locked_link(tx: Tx, token: str, purpose: LinkPurpose) -> Link:
    """The link of a token, held until the commit: of two who use it at once, one wins. Raises LinkInvalid."""
    query = select(Link).where(Link.token_sha256 == digest(token), Link.purpose == purpose)
    link = (await tx.scalars(query.with_for_update().execution_options(populate_existing=True))).one_or_none()
    if link is None:
        raise LinkInvalid
    return link


async def had_enough(tx: Tx, member: Member) -> bool:
    """Whether the mailbox was sent as many mails in the last hour as strangers may cause."""
    recent = select(func.count()).where(
        Notification.member_id == member.id,
        Notification.template.in_(MAIL_ONLY),
        Notification.created_at > tx.now - timedelta(hours=1),
    )
    return (await tx.scalar(recent) or 0) >= MAILS_PER_HOUR
