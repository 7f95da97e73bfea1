"""Texts that people write, and the columns that hold one word of a fixed list."""

from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints
from sqlalchemy import Enum

S = TypeVar("S", bound=StrEnum)

_NO_CONTROLS = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$"

Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=_NO_CONTROLS),
    Field(description="A few sentences; line ends and tabs are allowed"),
]
"""A few sentences: 1 to 1000 characters, none that controls or reorders the others."""


Number = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=2,
        max_length=40,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$",
    ),
    Field(description="A number as a country writes it: 2 to 40 characters"),
]
"""A number as a country or a bank writes it, before anybody checked it."""


def words(of: type[S]) -> Enum:
    """A column type for one value of a StrEnum, stored as plain text so that a new word needs no migration."""
    return Enum(
        of, native_enum=False, create_constraint=False, length=40, values_callable=lambda e: [w.value for w in e]
    )
