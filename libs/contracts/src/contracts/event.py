"""What an event is: a fact in the past tense, named, versioned, owned by its producer."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

_TYPE = re.compile(r"^[a-z]+\.[A-Z][A-Za-z]+\.v[1-9][0-9]*$")


class UnreadableEvent(ValueError):
    """The body is not what its type promises; trying again cannot help."""


class Event(BaseModel):
    """Base of every event. A subclass names its wire type and the field that is its subject.

    `version` grows with the aggregate: a projection that has seen a newer one ignores an older one.
    Unknown fields are ignored, so that a producer may add optional ones inside a version.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type_name: ClassVar[str]
    subject_field: ClassVar[str]
    registry: ClassVar[dict[str, type[Event]]] = {}

    version: int = 1

    def __init_subclass__(cls, **_naming: str) -> None:
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, *, type: str, subject: str, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not _TYPE.match(type):
            raise TypeError(f"{cls.__name__}: {type!r} is not <service>.<PastTense>.v<n>")
        if type in Event.registry:
            raise TypeError(f"{type} is declared twice")
        if subject not in cls.model_fields:
            raise TypeError(f"{cls.__name__} has no field {subject!r} to be its subject")
        cls.type_name, cls.subject_field = type, subject
        Event.registry[type] = cls

    @property
    def subject(self) -> str:
        """The id of the aggregate that the event speaks of."""
        return str(getattr(self, self.subject_field))

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Read a message body strictly. Raises UnreadableEvent."""
        try:
            return cls.model_validate_json(body, strict=True)
        except (ValidationError, ValueError, RecursionError) as wrong:
            raise UnreadableEvent(f"{cls.type_name}: {_without_values(wrong)}") from None


def _without_values(wrong: Exception) -> str:
    """Say where a body is wrong without quoting it: bodies may name people."""
    if isinstance(wrong, ValidationError):
        places = wrong.errors(include_input=False, include_url=False, include_context=False)
        return "; ".join(
            f"{'.'.join(map(str, place['loc'])) or 'body'}: {place['type']}" for place in places[:5]
        )
    return type(wrong).__name__
