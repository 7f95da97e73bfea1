"""What may not change inside a version, and how it is said.

A change must suit both sides of a queue: readers that run today's class on tomorrow's messages, and
tomorrow's class on messages that have waited since yesterday. Only adding an optional field suits both.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsoncompat

from contracts.publish.schemas import Schema

_REMARKS = frozenset({"title", "description", "examples", "deprecated", "$comment", "$schema", "$defs", "$id"})
_WALKED = frozenset({"properties", "required", "enum", "const", "items", "additionalProperties", "anyOf"})


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Every change from `old` to `new` that some reader or some waiting message does not survive."""
    found = list(_Comparison(old, new).between("", old, new))
    if not found and not jsoncompat.check_compat(json.dumps(old), json.dumps(new), "serializer"):
        found.append("readers of the published schema would refuse what the new one allows")
    return found


@dataclass(frozen=True)
class _Comparison:
    old_root: Schema
    new_root: Schema
    seen: tuple[tuple[str, str], ...] = ()

    def between(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        """Changes between two parts of the schemas; `where` is the dotted path of the part."""
        step = (str(old.get("$ref")), str(new.get("$ref")))
        if "$ref" in old and step in self.seen:
            return
        deeper = _Comparison(self.old_root, self.new_root, (*self.seen, step))
        old, new = _resolved(old, self.old_root), _resolved(new, self.new_root)
        yield from deeper.fields(where, old, new)
        yield from _values(where, old, new)
        yield from deeper.inner(where, old, new)
        for rule in sorted((old.keys() | new.keys()) - _WALKED - _REMARKS):
            if old.get(rule) != new.get(rule):
                yield f"{_named(where)}: {rule} changed from {_shown(old, rule)} to {_shown(new, rule)}"

    def fields(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        """Fields removed, added as required, or required on one side only; then what is inside them."""
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            path = f"{where}.{name}".lstrip(".")
            if name not in after:
                yield f"{_named(path)} was removed"
                continue
            was, now = name in old.get("required", []), name in new.get("required", [])
            if was != now:
                yield f"{_named(path)} was {_need(was)} and became {_need(now)}"
                yield from self.between(path, _undefaulted(before[name]), _undefaulted(after[name]))
            else:
                yield from self.between(path, before[name], after[name])
        for name in after:
            if name not in before and name in new.get("required", []):
                yield f"{_named(f'{where}.{name}'.lstrip('.'))} was added as required"

    def inner(self, where: str, old: Schema, new: Schema) -> Iterator[str]:
        """Elements of lists, values of maps, and choices."""
        for rule, mark in (("items", "[]"), ("additionalProperties", "{}")):
            before, after = old.get(rule), new.get(rule)
            if isinstance(before, dict) and isinstance(after, dict):
                yield from self.between(where + mark, before, after)
            elif before != after:
                yield f"{_named(where)}: {rule} changed from {_shown(old, rule)} to {_shown(new, rule)}"
        before, after = old.get("anyOf", []), new.get("anyOf", [])
        if len(before) != len(after):
            yield f"{_named(where)}: type changed from {_kinds(old)} to {_kinds(new)}"
            return
        for one, other in zip(before, after, strict=True):
            yield from self.between(where, one, other)


def _values(where: str, old: Schema, new: Schema) -> Iterator[str]:
    """Values of an enumeration that came or went."""
    before, after = _allowed(old), _allowed(new)
    if before is None or after is None:
        if before != after:
            yield f"{_named(where)}: the list of allowed values {'appeared' if after else 'was removed'}"
        return
    yield from (f"{_named(where)}: value {value} was added" for value in after if value not in before)
    yield from (f"{_named(where)}: value {value} was removed" for value in before if value not in after)


def _allowed(schema: Schema) -> list[str] | None:
    values: list[Any] | None = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return None if values is None else [json.dumps(value) for value in values]


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Follow references; what stands beside a reference adds to it."""
    while "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", maxsplit=1)[-1]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = root["$defs"][name] | beside
    return schema


def _undefaulted(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "default"}


def _kinds(schema: Schema) -> str:
    choices = schema.get("anyOf", [schema])
    return " or ".join(str(choice.get("type", choice.get("$ref", "anything"))) for choice in choices)


def _shown(schema: Schema, rule: str) -> str:
    return json.dumps(schema[rule], ensure_ascii=False) if rule in schema else "nothing"


def _named(path: str) -> str:
    return f"field {path}" if path else "the body"


def _need(required: bool) -> str:
    return "required" if required else "optional"
