"""One page of companies that a search may mean, the best first (CO-01)."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, not_, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY

from chassis import Tx
from chassis.errors import InvalidRequest
from company.company.domain import Company, CompanyStatus
from company.company.name_words import NameWord
from company.company.search import SHORTEST_TO_CORRECT, tsquery

MEANT = 5
"""Words that a mistyped one may have been meant for, at most."""

_PLACE = struct.Struct(">B16s")
_LAST = "\U0010ffff"
Meant = Sequence[Sequence[str]]
"""For each word searched, the words that it may have been meant for, the likeliest first."""


class Fit(IntEnum):
    """How well a company fits what was typed, from best to worst. Each is read by an index of its own."""

    BEGINS = 0
    """Its name begins so."""
    HAS = 1
    """Each word typed begins one of its own."""
    LIKELIEST = 2
    """The same, with the likeliest word in the place of each."""
    LIKELY = 3
    """With any other likely word."""


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
    """The companies of this page, and the cursor of the next: by how well they fit, then by name."""
    found: list[tuple[Fit, Company]] = []
    start, after = page.after or (Fit.BEGINS, None)
    meant: Meant = [()] * len(words)
    for fit in Fit:
        if fit < start or len(found) > page.limit:
            continue
        if fit >= Fit.LIKELIEST and not any(meant):
            meant = [await _meant(tx, word) for word in words]
            if not any(meant):
                break
        query = query_for(words, meant, fit, after if fit is start else None)
        rows = await tx.scalars(query.limit(page.limit + 1 - len(found)))
        found += [(fit, company) for company in rows]
    more, found = len(found) > page.limit, found[: page.limit]
    following = _encode(found[-1][0], found[-1][1].id) if more else None
    return [company for _, company in found], following


def query_for(words: Sequence[str], meant: Meant, fit: Fit, after: UUID | None) -> Select[Company]:
    """The companies that fit so well and no better, by name, from the given one on."""
    name = Company.search_name
    typed, likeliest = " ".join(words), [others[:1] for others in meant]
    begins = and_(name >= typed, name < typed + _LAST)
    fits = {
        Fit.BEGINS: begins,
        Fit.HAS: and_(_has(words), not_(begins)),
        Fit.LIKELIEST: and_(_has(words, likeliest), not_(_has(words))),
        Fit.LIKELY: and_(_has(words, meant), not_(_has(words, likeliest))),
    }
    query = select(Company).where(fits[fit], Company.status != CompanyStatus.REFUSED).order_by(name, Company.id)
    if after is None:
        return query
    last = select(Company.search_name).where(Company.id == after).scalar_subquery()
    return query.where(tuple_(name, Company.id) > tuple_(last, literal(after)))


def _has(words: Sequence[str], meant: Meant = ()) -> ColumnElement[bool]:
    return Company.search_words.bool_op("@@")(cast(literal(tsquery(words, meant), String), TSQUERY))


async def _meant(tx: Tx, word: str) -> Sequence[str]:
    """The words of companies' names that are most like this one, but not those that begin with it."""
    if len(word) < SHORTEST_TO_CORRECT:
        return ()
    return (await tx.scalars(likely(word))).all()


def likely(word: str) -> Select[str]:
    """By trigrams in common: a letter too many, too few, wrong or in another's place leaves enough of them."""
    alike = NameWord.word.bool_op("%")(word) & ~NameWord.word.startswith(word, autoescape=True)
    likeness = func.similarity(NameWord.word, word)
    return select(NameWord.word).where(alike).order_by(likeness.desc(), NameWord.word).limit(MEANT)


def _encode(fit: Fit, company_id: UUID) -> str:
    return base64.urlsafe_b64encode(_PLACE.pack(fit, company_id.bytes)).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Fit, UUID]:
    try:
        fit, key = _PLACE.unpack(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return Fit(fit), UUID(bytes=key)
    except (ValueError, struct.error):
        raise InvalidRequest("this cursor was not given by us", field="cursor") from None
