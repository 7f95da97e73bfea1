"""The inbox: an event is applied once by each of its consumers, however often it is delivered."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Index, String, Table, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.dialects.postgresql import insert

from chassis.db import Tx, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", String(120), primary_key=True),
    Column("event_id", PgUUID(as_uuid=True), primary_key=True),
    Column("applied_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_inbox_applied_at", "applied_at"),
)

KEPT = timedelta(days=90)
"""How long a repeat is recognised: longer than any dead letter waits for its replay."""


_CLAIM = (
    insert(inbox)
    .from_select(
        ["consumer", "event_id"],
        select(bindparam("consumer", type_=String), func.unnest(bindparam("ids", type_=ARRAY(PgUUID(as_uuid=True))))),
    )
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id)
)
"""One statement of one shape for any number of events, so that it is prepared once."""


async def claim(tx: Tx, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Take the events that this consumer has not applied yet; the claim commits with their effects."""
    claimed = await tx.execute(_CLAIM, {"consumer": consumer, "ids": sorted(set(event_ids))})
    return set(claimed.scalars().all())


async def forget_old(tx: Tx, as_of: datetime) -> None:
    """Drop claims that no delivery can repeat any more."""
    await tx.execute(delete(inbox).where(inbox.c.applied_at < as_of - KEPT))
