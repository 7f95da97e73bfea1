"""Compare what the code promises with everything that has been promised."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.compatibility.differences import breaking_changes
from contracts.publish.schemas import Schema

Published = Mapping[str, Schema]
"""Schemas by wire type."""


@dataclass(frozen=True)
class Breach:
    """One change that a published version does not allow."""

    type_name: str
    change: str

    def __str__(self) -> str:
        return f"{self.type_name}: {self.change}. {self._advice()}"

    def _advice(self) -> str:
        service, name, version = re.split(r"\.v?", self.type_name, maxsplit=2)
        following = int(version) + 1
        return (
            f"The version is published: leave it as it is and make a new class "
            f'{name}V{following} (type="{service}.{name}.v{following}") beside it.'
        )


def breaches(code: Published, sources: Mapping[str, Published], retired: set[str]) -> dict[Breach, list[str]]:
    """Every breach, with the names of the sources that had published what it breaks."""
    found: dict[Breach, list[str]] = {}
    for source, published in sources.items():
        for type_name, schema in sorted(published.items()):
            for change in _changes(type_name, schema, code, retired):
                found.setdefault(Breach(type_name, change), []).append(source)
    for type_name in sorted(retired & code.keys()):
        found[Breach(type_name, "a retired type came back")] = ["retired schemas"]
    return found


def _changes(type_name: str, published: Schema, code: Published, retired: set[str]) -> Iterator[str]:
    if type_name in code:
        yield from breaking_changes(published, code[type_name])
    elif type_name not in retired:
        yield "the event was removed, and queues may still hold it"
