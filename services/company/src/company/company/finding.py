"""One page of companies that a search may mean, the best first (CO-01)."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, Select, String, case, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY

from chassis import Tx
from chassis.errors import InvalidRequest
from company.company.domain import Company, CompanyStatus
from company.company.name_words import NameWord
from company.company.search import SHORTEST_TO_CORRECT, tsquery

MEANT = 5
"""Words that a mistyped one may have been meant for, at most."""

_PLACE = struct.Struct(">BH16s")

Place = tuple[int, int, UUID]
"""Where a company stands among those found: how well it fits, the length of its name, its id."""


class SearchPage:
    """`limit` (1 to 200) and the `cursor` of a former page of the same search."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] = None,
    ):
        self.limit = limit
        self.after = _decode(cursor) if cursor else None


SearchPageDep = Annotated[SearchPage, Depends()]


async def find(tx: Tx, words: Sequence[str], page: SearchPage) -> tuple[list[Company], str | None]:
    """The companies of this page, and the cursor of the next.

    First those whose name begins so, then those with all the words, then those with the likeliest words instead,
    then with other likely ones; short names before long ones.
    """
    meant = [await _meant(tx, word) for word in words]
    rows = (await tx.execute(query_for(words, meant, page.after).limit(page.limit + 1))).all()
    more, rows = len(rows) > page.limit, rows[: page.limit]
    following = _encode((rows[-1].fit, rows[-1].length, rows[-1].Company.id)) if more else None
    return [row.Company for row in rows], following


def query_for(words: Sequence[str], meant: Sequence[Sequence[str]], after: Place | None) -> Select[Any]:
    """Companies that the words may mean, from the given place on: the index finds them, none is read in vain."""
    begins = func.starts_with(Company.search_name, " ".join(words))
    likeliest = [others[:1] for others in meant]
    fit = case((begins, 0), (_has(words), 1), (_has(words, likeliest), 2), else_=3)
    length = func.length(Company.search_name)
    query = (
        select(Company, fit.label("fit"), length.label("length"))
        .where(_has(words, meant), Company.status != CompanyStatus.REFUSED)
        .order_by(fit, length, Company.id)
    )
    if after is None:
        return query
    return query.where(tuple_(fit, length, Company.id) > tuple_(*(literal(part) for part in after)))


def _has(words: Sequence[str], meant: Sequence[Sequence[str]] = ()) -> ColumnElement[bool]:
    return Company.search_words.bool_op("@@")(cast(literal(tsquery(words, meant), String), TSQUERY))


async def _meant(tx: Tx, word: str) -> Sequence[str]:
    """The words of companies' names that are most like this one, but not those that begin with it."""
    if len(word) < SHORTEST_TO_CORRECT:
        return ()
    return (await tx.scalars(likely(word))).all()


def likely(word: str) -> Select[str]:
    """By trigrams in common: a letter too many, too few, wrong or in another's place leaves enough of them."""
    alike = NameWord.word.bool_op("%")(word) & ~NameWord.word.startswith(word, autoescape=True)
    return (
        select(NameWord.word)
        .where(alike)
        .order_by(func.similarity(NameWord.word, word).desc(), NameWord.word)
        .limit(MEANT)
    )


def _encode(place: Place) -> str:
    fit, length, key = place
    return base64.urlsafe_b64encode(_PLACE.pack(fit, length, key.bytes)).decode().rstrip("=")


def _decode(cursor: str) -> Place:
    try:
        fit, length, key = _PLACE.unpack(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, struct.error):
        raise InvalidRequest("this cursor was not given by us", field="cursor") from None
    return fit, length, UUID(bytes=key)
