"""What one looks for in a request: words, skills, place, terms (MK-01, MK-02)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from contracts.values import Amount, CountryCode, Days, Value
from marketplace.rfp.content import Category

SearchWords = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    Field(description="Words of the title, description, skills or city, or the number (90064 or RFP-90064-1)"),
]


def _holds_a_word(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise PydanticCustomError("no_word", "must hold a letter or a digit")
    return text


Word = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
    ),
    AfterValidator(_holds_a_word),
]
"""The name of a skill or of a city, as it is looked for; case and accents are forgiven."""


class SkillsMatch(StrEnum):
    """How many of the skills a request must ask for."""

    ALL = "all"
    ANY = "any"


class Criteria(Value):
    """What a request must be; what is left out does not matter."""

    query: SearchWords | None = None
    skills: Annotated[list[Word], Field(max_length=10)] = []
    """Whole skills, as the request names them."""
    skills_match: SkillsMatch = SkillsMatch.ALL
    city: Word | None = None
    """Words of the city's name."""
    country: CountryCode | None = None
    category: Category | None = None
    remote_from: Annotated[int, Field(ge=0, le=100)] | None = None
    """The least percentage of days worked elsewhere."""
    rate_from: Amount | None = None
    """A price of a day that the request does not refuse as too high."""
    starts_from: date | None = None
    starts_until: date | None = None
    days_from: Days | None = None
    """The fewest days expected."""
    days_until: Days | None = None
    """The most days expected."""
    referenced: bool = False
    """Only those of clients that reference one's company (MK-02)."""

    @field_validator("starts_until", "days_until")
    @classmethod
    def _in_order(cls, until: date | Decimal | None, info: ValidationInfo) -> date | Decimal | None:
        start = info.data.get(str(info.field_name).replace("_until", "_from"))
        if until is not None and start is not None and until < start:
            raise PydanticCustomError("reversed", "is before the start of the range")
        return until
