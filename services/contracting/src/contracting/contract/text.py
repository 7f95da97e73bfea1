"""The exact text that one company is shown and signs, and its fingerprint (CT-02)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from contracting.template.domain import Clause, Wording

FRENCH, ENGLISH = "fr", "en"
_ANNEX = {FRENCH: "Annexe", ENGLISH: "Annex"}


@dataclass(frozen=True, slots=True)
class Parties:
    """Who the text is between; `country` is ISO 3166-1 alpha-2."""

    operator: str
    operator_address: str
    company: str
    country: str


@dataclass(frozen=True, slots=True)
class Document:
    """The exact text that one company is shown, and the clauses to tick in it."""

    terms_version: str
    text: str
    clauses: tuple[Clause, ...]
    offers: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Fingerprint of the exact text, in hexadecimal."""
        return fingerprint(self.text)

    def clauses_as_data(self) -> list[dict[str, Any]]:
        """The clauses as JSON objects."""
        return [asdict(clause) for clause in self.clauses]


def fingerprint(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal: what a signature is about (CT-02)."""
    return hashlib.sha256(text.encode()).hexdigest()


def write(wording: Wording, version: str, parties: Parties, language: str = FRENCH) -> str:
    """The whole contract between these parties, annexes included (CT-25, CT-26)."""
    names = {name: getattr(parties, name) for name in Parties.__slots__}
    heading = f"{wording.title}\nVersion {version}\n\n{wording.preamble_for(names)}\n"
    articles = [f"\nArticle {n}. {clause.title}\n{clause.text}\n" for n, clause in enumerate(wording.clauses, 1)]
    annexes = [f"\n{_ANNEX[language]} {n}. {annex.title}\n{annex.text}\n" for n, annex in enumerate(wording.annexes, 1)]
    return "".join((heading, *articles, *annexes))
