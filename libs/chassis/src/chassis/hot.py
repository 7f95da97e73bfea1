"""Hot transactions: one read and one write, for the few requests that are measured and made all day.

A Tx of SQLAlchemy's asyncio layer costs ten times what its statements do. Here a mapped row is read by one prepared
statement, decided upon as anywhere else, and written by one statement that holds everything: the row (only if nobody
changed it since: compare and set on its `version`), the events and the audit entries. That statement is the commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol, TypeVar, cast

import asyncpg
from sqlalchemy import Enum, Select, Table, inspect
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine

from chassis.clock import business_date
from chassis.rows import Base

T = TypeVar("T", bound=Base)

_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_Convert = Callable[[Any], Any]
Kept = dict[str, list[dict[str, Any]]]
"""Rows to append, by table."""


class Driver(Protocol):
    """What is asked of a connection of asyncpg."""

    async def fetchrow(self, query: str, *parameters: Any) -> asyncpg.Record | None:
        """Return the first row."""

    async def fetchval(self, query: str, *parameters: Any) -> Any:
        """Return the first value of the first row."""


class OutpacedError(Exception):
    """Somebody changed the row between our read and our write; the chassis runs the request again."""


class HotTx:
    """One aggregate's decision. `emit` and `audit` take it as they take a Tx."""

    def __init__(self, driver: Driver, now: datetime, actor: str | None, kept: Kept | None = None) -> None:
        self._driver = driver
        self._saved: Base | None = None
        self._within = kept is not None
        self.now = now
        self.actor = actor
        self.rows_to_append: Kept = {} if kept is None else kept

    @property
    def today(self) -> date:
        """The business date in Paris."""
        return business_date(self.now)

    def append(self, table: Table, row: dict[str, Any]) -> None:
        """Keep a row for the one write."""
        self.rows_to_append.setdefault(table.name, []).append(row)

    def add(self, row: Base) -> None:
        """Keep a new row for the one write, with the values that were given to it."""
        given = row.__dict__
        values = {column: given[attribute] for attribute, column, _ in _columns(type(row)) if attribute in given}
        self.rows_to_append.setdefault(row.__tablename__, []).append(values)

    def save(self, row: Base) -> None:
        """Keep a row that `read_row` built, for the one write. One aggregate a transaction."""
        if self._saved is not None:
            raise ValueError("a hot transaction changes one aggregate")
        self._saved = row

    async def fetch(self, query: Select[Any], values: Mapping[str, Any]) -> asyncpg.Record | None:
        """Run a query, built once and kept by its module, for at most one row."""
        statement, names = _compiled(query)
        return await self._driver.fetchrow(statement, *(values[name] for name in names))

    async def commit(self) -> None:
        """Write everything in one statement; called by the chassis alone.

        Within a Tx only the row is written here: what was appended is in that Tx's hands.

        Raises:
            OutpacedError: the row is not as it was read any more; nothing was written.

        """
        kept = {} if self._within else self.rows_to_append
        if self._saved is not None:
            changes, values = _changes_of(self._saved)
            appended, arrays = _arrays(kept)
            statement = _write_statement(type(self._saved), changes, appended)
            if await self._driver.fetchval(statement, *values, *arrays) != 1:
                raise OutpacedError
        elif kept:
            statement, arrays = appending(kept)
            await self._driver.fetchval(statement, *arrays)


def appending(kept: Kept) -> tuple[str, tuple[str, ...]]:
    """One statement that inserts all rows, and its parameters; an empty one when there are none."""
    appended, arrays = _arrays(kept)
    return (_append_statement(appended), arrays) if appended else ("", ())


def read_row(row: type[T], record: asyncpg.Record, *, prefix: str = "") -> T:
    """Build a mapped row from a record whose columns are named `<prefix><column>`, without a session.

    Columns that the record lacks stay unloaded. What changes afterwards is known to the row itself.
    """
    built = cast("T", inspect(row).class_manager.new_instance())
    loaded = built.__dict__
    for attribute, column, convert in _columns(row):
        name = prefix + column
        if name in record:
            value = record[name]
            loaded[attribute] = convert(value) if convert and value is not None else value
    return built


@dataclass(frozen=True)
class _Written:
    column: str
    convert: _Convert | None


@cache
def _columns(row: type[Base]) -> list[tuple[str, str, _Convert | None]]:
    """Attribute, column and conversion from the driver, for each column of a mapped class."""
    mapper: Mapper[Any] = inspect(row)
    return [(mapper.get_property_by_column(c).key, c.name, _from_driver(c.type)) for c in mapper.local_table.columns]


def _from_driver(kind: TypeEngine[Any]) -> _Convert | None:
    """The driver itself gives what Python needs, but for enumerations."""
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None) if isinstance(kind, Enum) else None


@cache
def _to_driver(row: type[Base], attribute: str) -> _Written:
    column = inspect(row).column_attrs[attribute].columns[0]
    return _Written(column.name, column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT))


def _changes_of(saved: Base) -> tuple[tuple[str, ...], list[Any]]:
    """What changed; and the new values, the key, and the version that was read. Raises ValueError."""
    before = inspect(saved).committed_state
    if "version" not in before:
        raise ValueError("a change grows the version: nothing else tells two writers apart")
    changes, values = tuple(sorted(before)), []
    for attribute in changes:
        value, convert = getattr(saved, attribute), _to_driver(type(saved), attribute).convert
        values.append(convert(value) if convert and value is not None else value)
    key = inspect(type(saved)).primary_key[0]
    return changes, [*values, getattr(saved, str(key.key)), before["version"]]


@cache
def _compiled(query: Select[Any]) -> tuple[str, tuple[str, ...]]:
    compiled = query.compile(dialect=_DIALECT)
    return str(compiled), tuple(compiled.positiontup or ())


_Appended = tuple[tuple[str, tuple[str, ...]], ...]
"""Tables with the columns that are given."""


def _arrays(kept: Kept) -> tuple[_Appended, tuple[str, ...]]:
    appended = tuple((name, tuple(rows[0])) for name, rows in sorted(kept.items()))
    return appended, tuple(json.dumps(kept[name], default=str) for name, _ in appended)


def _inserts(appended: _Appended, first: int, condition: str) -> list[str]:
    """Each table's rows arrive as one JSON array, so that the text never varies with their number."""
    return [
        f"INSERT INTO {table} ({', '.join(names)})"  # noqa: S608 - names of our own tables and columns
        f" SELECT {', '.join(names)} FROM jsonb_populate_recordset(NULL::{table}, ${number}::jsonb){condition}"
        for number, (table, names) in enumerate(appended, first)
    ]


@cache
def _append_statement(appended: _Appended) -> str:
    *others, last = _inserts(appended, 1, "")
    named = ", ".join(f"appended_{number} AS ({insert})" for number, insert in enumerate(others))
    return f"WITH {named} {last}" if named else last


@cache
def _write_statement(row: type[Base], changes: tuple[str, ...], appended: _Appended) -> str:
    """`WITH saved AS (UPDATE …), … SELECT count(*) FROM saved`: nothing is appended unless the update took place."""
    table, key = row.__tablename__, inspect(row).primary_key[0].name
    sets = ", ".join(f"{_to_driver(row, attribute).column} = ${n}" for n, attribute in enumerate(changes, 1))
    at = len(changes)
    update = f"UPDATE {table} SET {sets} WHERE {key} = ${at + 1} AND version = ${at + 2} RETURNING 1"  # noqa: S608
    parts = [f"saved AS ({update})"]
    inserts = _inserts(appended, at + 3, " WHERE EXISTS (SELECT FROM saved)")
    parts += [f"appended_{number} AS ({insert})" for number, insert in enumerate(inserts)]
    return f"WITH {', '.join(parts)} SELECT count(*) FROM saved"  # noqa: S608
