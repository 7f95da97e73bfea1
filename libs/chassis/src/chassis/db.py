"""The database of one service, and the one commit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import Table, event, exc, make_url, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from chassis.clock import Clock, business_date, system_clock
from chassis.errors import Problem
from chassis.hot import HotTx, appending
from chassis.rows import Base, metadata, new_id

__all__ = ["Base", "Database", "Tx", "get_locked", "get_or", "is_transient", "metadata", "new_id", "upsert_newer"]

T = TypeVar("T", bound=Base)
DriverPool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


class Tx(AsyncSession):
    """One transaction: rows, events to publish and audit entries that commit together or not at all.

    Only the chassis commits. `now` is one instant for the whole transaction.
    """

    now: datetime
    actor: str | None = None
    event_id: UUID | None = None
    """The event that is being applied; absent in a request or a sweep."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows_to_append: dict[str, list[dict[str, Any]]] = {}

    @property
    def today(self) -> date:
        """The business date in Paris."""
        return business_date(self.now)

    def append(self, table: Table, row: dict[str, Any]) -> None:
        """Keep a row for one insert just before the commit, together with all others that were kept."""
        self.rows_to_append.setdefault(table.name, []).append(row)

    async def finish(self) -> None:
        """Write what is left and commit; called by the chassis alone.

        One switch to the driver for flush, insert and commit together: each switch costs as much as a query.
        """
        statement, arrays = appending(self.rows_to_append)

        def work(session: Session) -> None:
            if statement:
                session.flush()
                session.connection().exec_driver_sql(statement, arrays)
            session.commit()

        await self.run_sync(work)


class Database:
    """Engine, sessions and the transaction of a request or a message."""

    def __init__(self, url: str, *, clock: Clock = system_clock, pool_size: int = 10):
        self.clock = clock
        self.engine = make_engine(url, pool_size=pool_size)
        self.on_commit: Callable[[], None] | None = None
        self._url, self._pool_size = url, pool_size
        self._drivers: DriverPool | None = None
        self._opening = asyncio.Lock()
        self._sessions = async_sessionmaker(self.engine, class_=Tx, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Open a transaction; commit at the end, roll back on any exception."""
        tx = self._sessions()
        tx.now = self.clock()
        try:
            yield tx
            await tx.finish()
        except BaseException:
            await asyncio.shield(asyncio.ensure_future(tx.close()))
            raise
        tx.sync_session.close()  # the commit gave the connection back: nothing is left to wait for
        if tx.rows_to_append and self.on_commit:
            self.on_commit()

    @asynccontextmanager
    async def hot(self, actor: str, within: Tx | None = None) -> AsyncIterator[HotTx]:
        """Open a hot transaction: its last statement is its commit, or part of the transaction it stands within."""
        if within is not None:
            raw = await (await within.connection()).get_raw_connection()
            tx = HotTx(raw.driver_connection, within.now, actor, within.rows_to_append)  # type: ignore[arg-type]
            yield tx
            await tx.commit()
            return
        async with (self._drivers or await self._open_drivers()).acquire(timeout=10) as driver:
            tx = HotTx(driver, self.clock(), actor)
            yield tx
            await tx.commit()
        if tx.rows_to_append and self.on_commit:
            self.on_commit()

    async def _open_drivers(self) -> DriverPool:
        async with self._opening:
            if self._drivers is None:
                self._drivers = await open_drivers(self._url, self._pool_size)
        return self._drivers

    async def close(self) -> None:
        """Return every connection."""
        if self._drivers is not None:
            await self._drivers.close()
        await self.engine.dispose()


_SERVER_SETTINGS = {
    "jit": "off",
    "timezone": "UTC",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
"""Nothing waits for ever: a frozen process gives its row locks back within a minute."""


async def open_drivers(url: str, size: int) -> DriverPool:
    """Connections of the driver itself, opened as they are needed; nothing is reset between two users of one."""

    async def nothing(_: object) -> None: ...

    async def read_json(driver: asyncpg.Connection[asyncpg.Record]) -> None:
        for kind in ("json", "jsonb"):
            await driver.set_type_codec(kind, encoder=str, decoder=json.loads, schema="pg_catalog")

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {"server_settings": _SERVER_SETTINGS, "timeout": 10, "reset": nothing, "init": read_json}
    return await asyncpg.create_pool(plain, min_size=0, max_size=size, **settings)


def make_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """An engine that never hands out a connection whose socket the server has closed.

    asyncpg knows at once when its peer is gone, so no ping is paid for on each checkout.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        connect_args={"timeout": 10, "server_settings": _SERVER_SETTINGS},
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def refuse_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
        if dbapi_connection.driver_connection.is_closed():
            raise exc.DisconnectionError("the server closed this connection")

    return engine


async def get_locked(tx: Tx, row: type[T], key: Any, missing: Problem, *scope: Any) -> T:
    """Load a row `FOR UPDATE` within the caller's scope, afresh if it was read before. Raises `missing`."""
    query = select(row).where(row.__mapper__.primary_key[0] == key, *scope).with_for_update()
    found = (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    if found is None:
        raise missing
    return found


async def get_or(tx: Tx, row: type[T], key: Any, missing: Exception) -> T:
    """Load a row by key. Raises `missing` when there is none."""
    found = await tx.get(row, key)
    if found is None:
        raise missing
    return found


async def upsert_newer(tx: Tx, row: type[Base], values: Mapping[str, Any], *, version: str = "version") -> bool:
    """Write a projection unless the stored one is as new or newer; say whether it was written.

    Order is not promised between events, so each carries its aggregate's version.
    """
    table = row.__table__
    statement = insert(row).values(**values)
    keys = [column.name for column in table.primary_key]
    updated = {name: statement.excluded[name] for name in values if name not in keys}
    statement = statement.on_conflict_do_update(
        index_elements=keys, set_=updated, where=statement.excluded[version] > table.c[version]
    )
    result = await tx.execute(statement.returning(text("1")))
    return result.first() is not None


_TRANSIENT_CLASSES = ("08", "40", "53", "57")
"""SQLSTATE classes that pass: connection, rollback (deadlock, serialisation), resources, operator."""


def sqlstate_of(error: BaseException) -> str:
    """PostgreSQL's code of a failure, however it was wrapped; empty for any other failure."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) or ""


def is_unstorable(error: BaseException) -> bool:
    """Say whether a text holds what PostgreSQL has no room for: NUL, or half of a surrogate pair."""
    if sqlstate_of(error) in {"22021", "22P05"} or isinstance(error, UnicodeEncodeError):
        return True
    return error.__cause__ is not None and is_unstorable(error.__cause__)


def is_transient(error: BaseException) -> bool:
    """Say whether the same work may succeed a moment later."""
    if isinstance(error, exc.DBAPIError):
        passes = error.connection_invalidated or isinstance(error, exc.InterfaceError)
        return passes or sqlstate_of(error)[:2] in _TRANSIENT_CLASSES
    if isinstance(error, asyncpg.PostgresError):
        return sqlstate_of(error)[:2] in _TRANSIENT_CLASSES
    passing = (OSError, TimeoutError, exc.TimeoutError, exc.DisconnectionError, asyncpg.InterfaceError)
    return isinstance(error, passing)
