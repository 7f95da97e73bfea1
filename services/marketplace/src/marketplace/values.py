"""Values of requests' bodies that this service alone needs."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.values import Days, Money

_NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+$"

Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=5000, pattern=_NO_CONTROLS),
    Field(description="A text of several lines"),
]
"""1 to 5,000 characters on as many lines as needed, none that controls or reorders the others."""

Skill = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=60,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$",
    ),
    Field(description="The name of a skill"),
]
"""The name of a skill, on one line, 1 to 60 characters."""


def _positive_days(days: Decimal) -> Decimal:
    if days <= 0:
        raise PydanticCustomError("not_positive", "must be more than nothing")
    return days


_HIGHEST_PRICE = Decimal("999999.99")
"""More is a slip of the pen; any number of days at this price still is an amount that can be ordered and paid."""


def _sensible_money(money: Money) -> Money:
    if money.amount <= 0:
        raise PydanticCustomError("not_positive", "must be more than nothing")
    if money.amount > _HIGHEST_PRICE:
        raise PydanticCustomError("too_high", "must be less than a million")
    return money


WorkedDays = Annotated[Days, AfterValidator(_positive_days)]
"""Days to work, in halves, at least half a day."""

Price = Annotated[Money, AfterValidator(_sensible_money)]
"""Price of a day: at least a cent, less than a million."""
