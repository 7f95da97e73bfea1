"""Column types that several aggregates use."""

from enum import StrEnum

from sqlalchemy import Enum


def word(kind: type[StrEnum], length: int = 24) -> Enum:
    """A StrEnum kept as its word, and read back as the enum."""
    return Enum(kind, native_enum=False, length=length, values_callable=lambda members: [one.value for one in members])
