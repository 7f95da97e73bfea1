"""What an event is: a fact in the past tense, named, versioned, owned by its producer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

_TYPE = re.compile(r"[a-z]+\.[A-Z][A-Za-z]+\.v[1-9][0-9]*", re.ASCII)


class UnreadableEvent(ValueError):
    """The body is not what its type promises; trying again cannot help."""


class Event(BaseModel):
    """Base of every event. A subclass names its wire type and the field that is its subject.

    A producer that names an unknown field is refused at once. A reader ignores unknown fields at every
    depth (`from_body`), so that optional ones may be added inside a version. A moment has a time zone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    type_name: ClassVar[str]
    subject_field: ClassVar[str]
    registry: ClassVar[dict[str, type[Event]]] = {}

    version: Annotated[int, Field(ge=1, lt=2**31)] = 1
    """Grows with the aggregate: a reader that has seen a newer version ignores an older one."""

    def __init_subclass__(cls, **_naming: str) -> None:
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, *, type: str = "", subject: str = "", **kwargs: Any) -> None:  # noqa: A002 - reads as the wire type in a class line
        super().__pydantic_init_subclass__(**kwargs)
        if not _TYPE.fullmatch(type):
            raise TypeError(f"{cls.__name__}: {type!r} is not <service>.<PastTense>.v<n>")
        if type in Event.registry:
            raise TypeError(f"{type} is declared twice")
        if subject not in cls.model_fields:
            raise TypeError(f"{cls.__name__} has no field {subject!r} to be its subject")
        cls.type_name, cls.subject_field = type, subject
        Event.registry[type] = cls

    @model_validator(mode="after")
    def _moments_have_a_zone(self) -> Self:
        for value in self.__dict__.values():
            if isinstance(value, datetime) and value.tzinfo is None:
                raise PydanticCustomError("no_time_zone", "a moment needs its time zone")
        return self

    @property
    def subject(self) -> str:
        """The id of the aggregate that the event speaks of."""
        return str(getattr(self, self.subject_field))

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Read a message body strictly, past unknown fields. Raises UnreadableEvent."""
        try:
            return cls.model_validate_json(body, strict=True, extra="ignore")
        except (ValueError, RecursionError) as wrong:
            raise UnreadableEvent(f"{cls.type_name}: {_without_values(cls, wrong)}") from None


def _without_values(event: type[Event], wrong: Exception) -> str:
    """Say where a body is wrong without quoting it: bodies may name people, as values and as keys."""
    if not isinstance(wrong, ValidationError):
        return type(wrong).__name__
    known = _field_names(event)
    places = wrong.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) if part in known or isinstance(part, int) else '*' for part in place['loc'])}"
        f": {place['type']}".removeprefix(": ")
        for place in places[:5]
    )


@cache
def _field_names(event: type[Event]) -> frozenset[str]:
    """Every field name that the event's own classes declare."""

    def declared(schema: object) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from schema.get("properties", {})
            for inner in schema.values():
                yield from declared(inner)
        elif isinstance(schema, list):
            for inner in schema:
                yield from declared(inner)

    return frozenset(declared(event.model_json_schema()))
