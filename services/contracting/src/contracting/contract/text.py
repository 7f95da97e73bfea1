"""The texts that are signed: clauses as data, one file a version, in French, which alone binds (PL-17)."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from contracts.contracting import ContractKind

CURRENT_TERMS = "2026-11"
"""The version that is opened for signature today."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One article; a mandatory one must be ticked before the signature."""

    key: str
    title: str
    text: str
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Parties:
    """Who the text is between; `country` is ISO 3166-1 alpha-2."""

    operator: str
    operator_address: str
    company: str
    country: str


@dataclass(frozen=True, slots=True)
class Document:
    """The exact text that one company is shown, and the same text by clause."""

    terms_version: str
    text: str
    clauses: tuple[Clause, ...]

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


def write(kind: ContractKind, parties: Parties, version: str = CURRENT_TERMS) -> Document:
    """Write a version of the contract for these parties (CT-25, CT-26). Raises FileNotFoundError."""
    template = _templates(version)[kind.value]
    names = {name: getattr(parties, name) for name in Parties.__slots__}
    clauses = tuple(
        Clause(one["key"], one["title"], one["text"].strip(), one.get("mandatory", True)) for one in template["clauses"]
    )
    heading = f"{template['title']}\nVersion {version}\n\n{template['preamble'].strip().format(**names)}\n"
    articles = [f"\nArticle {n}. {clause.title}\n{clause.text}\n" for n, clause in enumerate(clauses, 1)]
    return Document(version, heading + "".join(articles), clauses)


@cache
def _templates(version: str) -> dict[str, Any]:
    return tomllib.loads(files("contracting.contract").joinpath("terms", f"{version}.toml").read_text("utf-8"))
