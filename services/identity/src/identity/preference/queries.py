"""What members refused to be told."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.audit import audit
from chassis.db import Tx
from identity.preference.domain import Category, Channel, NotificationRefusal


async def refusals_of(tx: Tx, members: Collection[UUID], category: Category) -> dict[UUID, set[Channel]]:
    """The channels by which each of these members wants nothing of the category."""
    query = select(NotificationRefusal).where(
        NotificationRefusal.member_id.in_(members), NotificationRefusal.category == category
    )
    found: dict[UUID, set[Channel]] = {}
    for refusal in await tx.scalars(query):
        found.setdefault(refusal.member_id, set()).add(Channel(refusal.channel))
    return found


async def refuse(tx: Tx, member_id: UUID, category: Category, channel: Channel) -> None:
    """Tell the member nothing more of the category by the channel; once is enough."""
    refusal = {"member_id": member_id, "category": category, "channel": channel, "refused_at": tx.now}
    written = insert(NotificationRefusal).values(refusal).on_conflict_do_nothing()
    if (await tx.execute(written.returning(NotificationRefusal.member_id))).first():
        audit(tx, "notification.refused", member_id, category=category, channel=channel)
