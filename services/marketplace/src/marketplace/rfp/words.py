"""Words of requests as PostgreSQL searches them: by French and English stems, whatever their case and accents (MK-01).

Three text search configurations belong to it, which the migrations make: `rfp_french` and `rfp_english`, which take
accents off before they stem, and `rfp_plain`, which takes them off and leaves no word out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY

_NUMBER = re.compile(r"(?:RFP-)?([0-9]{1,9})(?:-[0-9]{1,9})?", re.ASCII | re.IGNORECASE)
_STRAY_MINUS = re.compile(r'(?<!\S)-(?![^\W_]|"[^\W_])|(?<=\S)(?<!\w)-')
"""A minus that neither excludes a word or a phrase nor stands within a word.

PostgreSQL nests one negation per minus and fails with `tsquery stack too small` beyond 32.
"""


def _vector(column: str, weight: str, *languages: str) -> str:
    """One column as weighted words; what a slash joins are words of their own, not a path."""
    text = f"replace(normalize(coalesce({column}, ''), NFC), '/', ' ')"
    vectors = " || ".join(f"to_tsvector('rfp_{name}', {text})" for name in languages)
    return f"setweight({vectors}, '{weight}')"


SEARCH_VECTOR = " || ".join(
    [
        _vector("title", "A", "french", "english"),
        _vector("skills::text", "B", "french", "english", "plain"),
        _vector("city", "C", "french", "english", "plain"),
        _vector("country", "C", "plain"),
        _vector("description", "D", "french", "english"),
    ]
)
"""What is kept of a request to search it, as SQL."""


def number_in(words: str) -> int | None:
    """The number that is meant by 90064, RFP-90064 or RFP-90064-1; None for anything else."""
    found = _NUMBER.fullmatch(words.strip())
    return int(found[1]) if found else None


def words_query(words: str) -> ColumnElement[Any]:
    """The words as a web search takes them: "exact phrase", -without, or."""
    asked = _STRAY_MINUS.sub(" ", _plain(words))
    french, english = (func.websearch_to_tsquery(_configuration(name), asked) for name in ("french", "english"))
    return joined([french, english], "||")


def phrase_query(phrase: str) -> ColumnElement[Any]:
    """All words of it, one after the other."""
    return func.phraseto_tsquery(PLAIN, _plain(phrase))


def joined(queries: Sequence[ColumnElement[Any]], how: str) -> ColumnElement[Any]:
    """All of them (`&&`), or any (`||`)."""
    first, *others = queries
    for other in others:
        first = first.op(how, return_type=TSQUERY())(other)
    return first


def _configuration(name: str) -> ColumnElement[Any]:
    return literal_column(f"'rfp_{name}'", REGCONFIG())


PLAIN = _configuration("plain")
"""The configuration that stems nothing."""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("/", " ")
