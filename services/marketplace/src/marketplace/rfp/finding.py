"""Requests that meet criteria, page by page, fast among 100,000 open ones.

Words, skills and places are one text query over one index. The newest requests are walked through first: much that
matches fills a page soon. Otherwise little matches, and the index finds all of it at once, as it does a number.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import array

from chassis import Tx
from chassis.errors import InvalidRequest
from marketplace.directory.references import Reference
from marketplace.rfp.criteria import Criteria, SkillsMatch
from marketplace.rfp.domain import Rfp
from marketplace.rfp.words import PLAIN, joined, number_in, phrase_query, words_query

NEWEST = 2_000
"""Requests that are walked through before the indexes are asked."""
FARTHEST = 10_000
"""As far as the walk goes on while it promises to fill the page: farther, the indexes are faster."""
RANKED = 200
"""The newest matches, among which the best come first."""

Terms = Sequence[ColumnElement[bool]]
"""What a request must meet."""

_NEWEST = struct.Struct(">16s")
_BEST = struct.Struct(">16sf16s")


class Sort(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    BEST = "best"
    """What fits the words best, among the newest 200 that match; the newest first where no words are given."""


class Search(Criteria):
    """Criteria, and a page of what meets them."""

    sort: Sort = Sort.NEWEST
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] | None = None
    """From a former page of the same search."""

    @property
    def ranked(self) -> bool:
        """Whether words decide the order."""
        return self.sort is Sort.BEST and bool(self.query and self.query.strip())


async def find(tx: Tx, scope: ColumnElement[bool], search: Search, company_id: UUID) -> tuple[list[Rfp], str | None]:
    """The requests of this page within the scope, and the cursor of the next. Raises InvalidRequest."""
    return await (_best if search.ranked else _newest)(tx, scope, search, meeting(search, company_id))


def meeting(criteria: Criteria, company_id: UUID) -> Terms:
    """The criteria as conditions; the company is whose references count."""
    text = _text_condition(criteria)
    return [*_terms(criteria, company_id), *([] if text is None else [text])]


async def _newest(tx: Tx, scope: ColumnElement[bool], search: Search, terms: Terms) -> tuple[list[Rfp], str | None]:
    if search.cursor:
        [last] = _decode(_NEWEST, search.cursor)
        scope = and_(scope, Rfp.listing_id < UUID(bytes=last))
    keys = await _newest_keys(tx, scope, search, terms, search.limit + 1)
    more, keys = len(keys) > search.limit, keys[: search.limit]
    rows = await tx.scalars(select(Rfp).where(Rfp.listing_id.in_(keys)).order_by(Rfp.listing_id.desc()))
    return list(rows), _encode(_NEWEST, keys[-1].bytes) if more else None


async def _best(tx: Tx, scope: ColumnElement[bool], search: Search, terms: Terms) -> tuple[list[Rfp], str | None]:
    """By score, then from the newest; later pages leave out what was published since the first."""
    until, after = None, None
    if search.cursor:
        newest, score, last = _decode(_BEST, search.cursor)
        until, after = UUID(bytes=newest), (-score, -UUID(bytes=last).int)
        scope = and_(scope, Rfp.listing_id <= until)
    keys = await _newest_keys(tx, scope, search, terms, RANKED)
    score_of = func.ts_rank(Rfp.search, words_query(search.query or ""))
    scores = await tx.execute(select(Rfp.listing_id, score_of).where(Rfp.listing_id.in_(keys)))
    scored = [((-score, -key.int), key) for key, score in scores]
    left = sorted(one for one in scored if after is None or one[0] > after)
    more, page = len(left) > search.limit, left[: search.limit]
    rows = await tx.scalars(select(Rfp).where(Rfp.listing_id.in_([key for _, key in page])))
    found = {rfp.listing_id: rfp for rfp in rows}
    following = _encode(_BEST, (until or keys[0]).bytes, -page[-1][0][0], page[-1][1].bytes) if more else None
    return [found[key] for _, key in page], following


async def _newest_keys(
    tx: Tx, scope: ColumnElement[bool], criteria: Criteria, terms: Terms, limit: int
) -> Sequence[UUID]:
    """The places in the list of the newest that match, from the newest."""
    if number_in((criteria.query or "").strip()) is None:
        await _let(tx, seqscan=False, bitmapscan=False)
        keys = (await tx.scalars(among_newest(scope, terms, limit, NEWEST))).all()
        if len(keys) < limit and len(keys) * FARTHEST > limit * NEWEST:
            keys = (await tx.scalars(among_newest(scope, terms, limit, FARTHEST))).all()
        if len(keys) == limit:
            return keys
    await _let(tx, seqscan=False, bitmapscan=True)
    return (await tx.scalars(by_index(scope, terms, limit))).all()


async def _let(tx: Tx, **plans: bool) -> None:
    """Allow or forbid PostgreSQL a kind of plan, until the transaction ends.

    It takes a look into a text vector for as cheap as into a date: left alone, it reads the whole table, or the whole
    of a common word's index.
    """
    settings = (func.set_config(f"enable_{plan}", "on" if on else "off", True) for plan, on in plans.items())
    await tx.execute(select(*settings))


def among_newest(scope: ColumnElement[bool], terms: Terms, limit: int, among: int = NEWEST) -> Select[UUID]:
    """Walk through that many of the newest alone: where much matches, this is soon enough."""
    newest = select(Rfp.listing_id).where(scope).order_by(Rfp.listing_id.desc())
    oldest = func.coalesce(newest.offset(among - 1).limit(1).scalar_subquery(), UUID(int=0))
    return newest.where(*terms, Rfp.listing_id >= oldest).limit(limit)


def by_index(scope: ColumnElement[bool], terms: Terms, limit: int) -> Select[UUID]:
    """All that the indexes find, then sorted: where little matches, that is little."""
    hits = select(Rfp.listing_id).where(scope, *terms).cte("hits").prefix_with("MATERIALIZED")
    return select(hits.c.listing_id).order_by(hits.c.listing_id.desc()).limit(limit)


def _text_condition(criteria: Criteria) -> ColumnElement[bool] | None:
    """Everything that the index of texts decides, as one query; the number of a request beside its words (MK-01)."""
    parts = [phrase_query(place) for place in (criteria.city, criteria.country) if place is not None]
    if criteria.skills:
        how = "&&" if criteria.skills_match is SkillsMatch.ALL else "||"
        parts.append(joined([phrase_query(skill) for skill in criteria.skills], how))
    words = (criteria.query or "").strip()
    number = number_in(words)
    if words and number is None:
        parts.append(words_query(words))
    conditions: list[ColumnElement[bool]] = [Rfp.search.bool_op("@@")(joined(parts, "&&"))] if parts else []
    if number is not None:
        conditions.append(or_(Rfp.number == number, Rfp.search.bool_op("@@")(words_query(words))))
    return and_(*conditions) if conditions else None


def _terms(criteria: Criteria, company_id: UUID) -> list[ColumnElement[bool]]:
    """What a look at the row decides."""
    found: list[ColumnElement[bool]] = []
    bounds = {
        Rfp.country: (criteria.country, criteria.country),
        Rfp.category: (criteria.category, criteria.category),
        Rfp.remote_share: (criteria.remote_from, None),
        Rfp.period_start: (criteria.starts_from, criteria.starts_until),
        Rfp.days: (criteria.days_from, criteria.days_until),
    }
    for column, (least, most) in bounds.items():
        found += [column >= least] if least is not None else []
        found += [column <= most] if most is not None else []
    if criteria.rate_from is not None:
        found.append(or_(Rfp.max_daily_rate_amount.is_(None), Rfp.max_daily_rate_amount >= criteria.rate_from))
    if criteria.referenced:
        found.append(Rfp.client_company_id.in_(_referencing(company_id)))
    if criteria.skills:
        found.append(_has_skills(criteria))
    if criteria.city is not None:
        found.append(func.to_tsvector(PLAIN, Rfp.city).bool_op("@@")(phrase_query(criteria.city)))
    return found


def _referencing(company_id: UUID) -> Select[UUID]:
    on = (Reference.provider_company_id == company_id, Reference.off_since.is_(None))
    return select(Reference.client_company_id).where(*on)


def _has_skills(criteria: Criteria) -> ColumnElement[bool]:
    """Whole skills, whatever their case and accents: the index knows words alone, and C is no C++."""
    skill = func.jsonb_array_elements_text(Rfp.skills).column_valued("skill")
    asked_for = func.array(select(func.lower(func.unaccent(skill))).scalar_subquery())
    wanted = array([func.lower(func.unaccent(wanted)) for wanted in criteria.skills])
    return asked_for.bool_op("@>" if criteria.skills_match is SkillsMatch.ALL else "&&")(wanted)


def _encode(kind: struct.Struct, *values: object) -> str:
    return base64.urlsafe_b64encode(kind.pack(*values)).decode().rstrip("=")


def _decode(kind: struct.Struct, cursor: str) -> tuple[Any, ...]:
    try:
        return kind.unpack(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, struct.error):
        raise InvalidRequest("this cursor was not given by us", field="cursor") from None
