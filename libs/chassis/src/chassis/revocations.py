"""Void access tokens: recorded by event in every service, known in memory within a second or two."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Table, delete, func, select
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.dialects.postgresql import insert

from chassis.db import Database, Tx, metadata
from contracts.identity import MemberAccessRevoked

logger = logging.getLogger("chassis.revocations")

access_revocations = Table(
    "access_revocations",
    metadata,
    Column("id", PgUUID(as_uuid=True), primary_key=True),
    Column("revoked_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_access_revocations_recorded_at", "recorded_at"),
)

KEPT = timedelta(days=1)
"""Longer than any access token lives."""
_OVERLAP = timedelta(minutes=2)
_CROWDED = 10_000
"""Revocations in memory from which on a look at the old ones pays."""


async def revoke_access_on_MemberAccessRevoked(event: MemberAccessRevoked, tx: Tx) -> None:  # noqa: N802
    """Make tokens issued up to `revoked_at` void: a session's, or all of the member's."""
    statement = insert(access_revocations).values(id=event.session_id or event.member_id, revoked_at=event.revoked_at)
    latest = func.greatest(access_revocations.c.revoked_at, statement.excluded.revoked_at)
    changes = {"revoked_at": latest, "recorded_at": func.now()}
    await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))


async def forget_old(tx: Tx, as_of: datetime) -> None:
    """Drop revocations that no living token can meet."""
    await tx.execute(delete(access_revocations).where(access_revocations.c.recorded_at < as_of - KEPT))


class Revocations:
    """The revocations of the last day, in memory, read again every second."""

    def __init__(self, database: Database, *, every: float = 1.0):
        self._database = database
        self._every = every
        self._until_us: dict[UUID, int] = {}
        self._seen: datetime | None = None
        self._crowded = _CROWDED
        self.last_turn = monotonic()

    def covers(self, member_id: UUID, session_id: UUID, issued_us: int) -> bool:
        """Say whether a token issued at that microsecond is void."""
        until = self._until_us
        return issued_us <= until.get(member_id, -1) or issued_us <= until.get(session_id, -1)

    async def refresh(self) -> None:
        """Read what was recorded since the last look, with an overlap for slow transactions."""
        table = access_revocations
        query = select(table.c.id, table.c.revoked_at, table.c.recorded_at)
        if self._seen is not None:
            query = query.where(table.c.recorded_at > self._seen - _OVERLAP)
        async with self._database.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        for row in rows:
            self._until_us[row.id] = int(row.revoked_at.timestamp() * 1_000_000)
            self._seen = max(self._seen or row.recorded_at, row.recorded_at)
        if len(self._until_us) > self._crowded:
            self._forget_old()

    def _forget_old(self) -> None:
        """Keep a process that runs for months from remembering every log-out that it ever saw."""
        since = int((self._database.clock() - KEPT).timestamp() * 1_000_000)
        self._until_us = {id_: until for id_, until in self._until_us.items() if until > since}
        self._crowded = max(_CROWDED, 2 * len(self._until_us))

    async def run(self) -> None:
        """Refresh until cancelled; a database that is down is asked again."""
        while True:
            try:
                await self.refresh()
                self.last_turn = monotonic()
            except Exception as failure:  # noqa: BLE001 - the next look may succeed
                logger.warning("revocations_not_read", extra={"reason": type(failure).__name__})
            await asyncio.sleep(self._every)
