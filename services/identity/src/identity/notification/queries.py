"""Mail that came back, the mailboxes that it came back from, and names that messages show no more."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from chassis.db import Tx
from chassis.personal_data import ERASED_NAME
from identity.link.domain import LinkSecret
from identity.member.domain import Member
from identity.notification.domain import MAILBOX_REFUSES, Notification, RefusingMailbox


def mailbox_of(secret: LinkSecret, member: Member) -> bytes:
    """A digest of the address that a member is written to now."""
    return secret.blur("mailbox", member.email_key)


async def refusing_among(tx: Tx, mailboxes: Collection[bytes]) -> set[bytes]:
    """Those of the mailboxes that take nothing any more."""
    query = select(RefusingMailbox.mailbox).where(RefusingMailbox.mailbox.in_(mailboxes))
    return set(await tx.scalars(query))


async def record_bounce(tx: Tx, bounced: Notification, status: str, *, for_good: bool = True) -> None:
    """Give a mail up; when its mailbox is gone for good, mark it and tell the member in the application, once."""
    bounced.bounced(tx.now, f"bounced {status}")
    if bounced.mailbox is None or bounced.member_id is None or not for_good:
        return
    mark = {"mailbox": bounced.mailbox, "member_id": bounced.member_id, "status": status, "since": tx.now}
    marked = insert(RefusingMailbox).values(mark).on_conflict_do_nothing().returning(RefusingMailbox.mailbox)
    if (await tx.execute(marked)).first():
        tx.add(Notification.to(bounced.member_id, MAILBOX_REFUSES, subject_id=bounced.member_id, at=tx.now, mail=False))


async def take_out_name(tx: Tx, name: str) -> None:
    """Let messages to others name somebody no more whose account is being erased (ID-41)."""
    quoted, anonymous = (json.dumps(text, ensure_ascii=False) for text in (name, ERASED_NAME))
    shown = cast(Notification.context, Text)
    without = cast(func.replace(shown, quoted, anonymous), JSONB)
    await tx.execute(update(Notification).where(shown.contains(quoted, autoescape=True)).values(context=without))
    await tx.execute(
        update(Notification).where(Notification.calendar.contains(name, autoescape=True)).values(calendar=None)
    )
