"""Messages as personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, not_, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.notification.domain import KEPT, Notification, RefusingMailbox


async def _gather_messages(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(Notification).where(Notification.member_id == member_id).order_by(Notification.id)
    shown = ("template", "context", "created_at", "sent_at", "read_at", "bounced_at")
    return [{name: getattr(told, name) for name in shown} for told in await tx.scalars(query)]


async def _erase_messages(tx: Tx, member_id: UUID) -> None:
    """All but a last word that is still on its way to the address that was theirs; it loses that once sent."""
    on_its_way = and_(Notification.address.is_not(None), Notification.next_attempt_at.is_not(None))
    await tx.execute(delete(Notification).where(Notification.member_id == member_id, not_(on_its_way)))


async def _forget_messages(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(Notification).where(Notification.created_at < as_of - KEPT))


async def _gather_mailboxes(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(RefusingMailbox).where(RefusingMailbox.member_id == member_id)
    return [{"status": mark.status, "since": mark.since} for mark in await tx.scalars(query)]


async def _erase_mailboxes(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(RefusingMailbox).where(RefusingMailbox.member_id == member_id))


DATA = [
    DataClass(
        "messages",
        purpose="telling members what concerns them, by mail and in the application",
        basis=Basis.CONTRACT,
        kept="two years",
        tables=(Notification,),
        gather=_gather_messages,
        erase=_erase_messages,
        forget=_forget_messages,
    ),
    DataClass(
        "refusing mailboxes",
        purpose="sending nothing to a mailbox that takes nothing",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="as long as the account; a digest of the address, never the address",
        tables=(RefusingMailbox,),
        gather=_gather_mailboxes,
        erase=_erase_mailboxes,
    ),
]
