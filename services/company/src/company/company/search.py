"""Finding a company by its name: accents, case and typing errors forgiven, each word by its beginning (CO-01)."""

import re
import unicodedata
from collections.abc import Sequence

from chassis.errors import Unprocessable, require

SHORTEST = 3
"""Characters that a search needs at least."""
LONGEST_WORD = 60
"""Characters of a word that count."""
SHORTEST_TO_CORRECT = 4
"""Characters of a word from which on it may have been mistyped: shorter ones are like everything."""
LONGEST_NAME = 600
"""Characters of a name that count; an index takes no more."""
MOST_WORDS = 8
"""Words of a search that count."""


class SearchTooShort(Unprocessable):
    """Too few characters would list every company (CO-01)."""

    code, title = "search_too_short", "At least three characters are needed"


def normalise(text: str) -> str:
    """Words in lower case without accents, separated by one space; punctuation separates words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(word[:LONGEST_WORD] for word in re.findall(r"[^\W_]+", bare))[:LONGEST_NAME].rstrip()


def searched(search: str) -> list[str]:
    """The words to look for. Raises SearchTooShort."""
    words = normalise(search).split()[:MOST_WORDS]
    require(len("".join(words)) >= SHORTEST, SearchTooShort(field="search"))
    return words


def tsquery(words: Sequence[str], meant: Sequence[Sequence[str]] = ()) -> str:
    """A PostgreSQL tsquery: every word by its beginning, or one of the words that it may have been `meant` for."""
    others = meant or [()] * len(words)
    return " & ".join(
        "(" + " | ".join([f"'{word}':*", *(f"'{other}'" for other in instead)]) + ")"
        for word, instead in zip(words, others, strict=True)
    )
