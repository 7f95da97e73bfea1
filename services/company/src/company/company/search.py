"""Finding a company by its name: accents and case forgiven, each word by its beginning (CO-01)."""

import re
import unicodedata

from chassis.errors import Unprocessable, require

SHORTEST = 3
"""Characters that a search needs at least."""
LONGEST_WORD = 60
"""Characters of a word that count."""


class SearchTooShort(Unprocessable):
    """Too few characters would list every company (CO-01)."""

    code, title = "search_too_short", "At least three characters are needed"


def normalise(text: str) -> str:
    """Words in lower case without accents, separated by one space; punctuation separates words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(word[:LONGEST_WORD] for word in re.findall(r"[^\W_]+", bare))


def search_terms(search: str) -> str:
    """The search as a PostgreSQL tsquery: every word, by its beginning. Raises SearchTooShort."""
    found = normalise(search)
    require(len(found.replace(" ", "")) >= SHORTEST, SearchTooShort(field="search"))
    return " & ".join(f"'{word}':*" for word in found.split())
