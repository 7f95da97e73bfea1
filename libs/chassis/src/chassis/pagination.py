"""Lists in pages: newest first unless asked otherwise, an opaque cursor, no counting."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from chassis.db import Tx
from chassis.errors import InvalidRequest

T = TypeVar("T")
R = TypeVar("R")


class Page(BaseModel, Generic[T]):
    """Some items, and the cursor of the next page when there is one."""

    items: list[T]
    next: str | None


class PageRequest:
    """`limit` (1 to 200) and the `cursor` of a former page."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] = None,
    ):
        self.limit = limit
        self.after = _decode(cursor) if cursor else None


PageDep = Annotated[PageRequest, Depends()]


async def page_of(
    tx: Tx,
    query: Select[R],
    key: InstrumentedAttribute[UUID],
    page: PageRequest,
    view: Callable[[R], T],
    *,
    oldest_first: bool = False,
) -> Page[T]:
    """Run a scoped query as one page, ordered by a UUIDv7 key: from newest to oldest, or the reverse."""
    if page.after is not None:
        query = query.where(key > page.after if oldest_first else key < page.after)
    order = key.asc() if oldest_first else key.desc()
    rows = list((await tx.scalars(query.order_by(order).limit(page.limit + 1))).all())
    return page_from(rows, key, page, view)


def page_from(rows: list[R], key: InstrumentedAttribute[UUID], page: PageRequest, view: Callable[[R], T]) -> Page[T]:
    """One page of rows that a query of its own order found, one more than the page holds when there are more."""
    more, rows = len(rows) > page.limit, rows[: page.limit]
    following = _encode(getattr(rows[-1], key.key)) if more else None
    return Page(items=[view(row) for row in rows], next=following)


def _encode(key: Any) -> str:
    return base64.urlsafe_b64encode(UUID(str(key)).bytes).decode().rstrip("=")


def _decode(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise InvalidRequest("this cursor was not given by us", field="cursor") from None
