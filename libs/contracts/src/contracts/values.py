"""Value types that travel in events and in HTTP bodies: they validate, they never know a service."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from contracts.identifiers import Bic, Iban, Siren, Siret, Text, VatNumber

__all__ = [
    "CENT",
    "Amount",
    "Bic",
    "CountryCode",
    "Days",
    "Iban",
    "Money",
    "Month",
    "Name",
    "Period",
    "PostalAddress",
    "Quantity",
    "Siren",
    "Siret",
    "Text",
    "Value",
    "VatNumber",
    "Workplace",
    "without_contact_data",
]

CENT = Decimal("0.01")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_UNROUNDED = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,60})?", re.ASCII)
_LONGEST = 60
_QUANTITY = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,2})?", re.ASCII)
_DAYS = re.compile(r"[0-9]{1,3}(\.[05]0?)?", re.ASCII)


def _plain(value: Decimal) -> object:
    """Write a Decimal without exponent nor trailing zeros; one not finite or far too long stays itself."""
    if not value.is_finite() or abs(value.adjusted()) > _LONGEST:
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal_text(pattern: re.Pattern[str], what: str) -> Callable[[object], Decimal]:
    """Take a Decimal, or text of one exact shape: no exponent, no NaN, no float, ASCII digits only."""

    def parse(value: object) -> Decimal:
        text = _plain(value) if isinstance(value, Decimal) else value
        if not isinstance(text, str) or not pattern.fullmatch(text):
            raise ValueError(f"must be {what}, as text")
        number = Decimal(text)
        return number.copy_abs() if number.is_zero() else number

    return parse


_unrounded = _decimal_text(_UNROUNDED, "a plain decimal number")

Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal_text(_AMOUNT, "an amount with at most two decimals")),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,12}\.[0-9]{2}$"}, mode="serialization"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$"}, mode="validation"),
    Field(description="An amount with two decimals, as text"),
]
"""A decimal amount with two decimals, written as a string in JSON."""

Days = Annotated[
    Decimal,
    BeforeValidator(_decimal_text(_DAYS, "a number of days in halves")),
    PlainSerializer(lambda value: f"{value:.1f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}\.[05]$"}, mode="serialization"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}(\.[05]0?)?$"}, mode="validation"),
    Field(description="A number of days, in halves, as text"),
]
"""A number of worked days, in halves, written as a string with one decimal in JSON."""

Quantity = Annotated[
    Decimal,
    BeforeValidator(_decimal_text(_QUANTITY, "a number with at most two decimals")),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,6}\.[0-9]{2}$"}, mode="serialization"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,6}(\.[0-9]{1,2})?$"}, mode="validation"),
    Field(description="A quantity with two decimals, as text"),
]
"""A billed quantity, written as a string with two decimals in JSON."""

_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE),
    Field(description="A short text on one line"),
]
"""A short human text on one line: 1 to 200 characters, none that controls or reorders the others."""

_ADDRESS = re.compile(r"[^\s@<>]+\s*@\s*[^\s@<>]+\.[^\W\d]{2,}")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+\d|00[1-9]|0[1-9])(?:[ .()-]{0,2}\d){7,13}(?!\w)", re.ASCII)


def without_contact_data(text: str) -> str:
    """Refuse e-mail addresses and telephone numbers: people meet through the platform. Raises ValueError."""
    if _ADDRESS.search(text) or _PHONE.search(text):
        raise ValueError("holds an e-mail address or a telephone number")
    return text


CountryCode = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="A country, ISO 3166-1 alpha-2")
]
"""ISO 3166-1 alpha-2."""

Workplace = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"),
    Field(description="Where most of the work is done: a country, or a part of it with public holidays of its own"),
]
"""ISO 3166-2: `FR`, `FR-67`, `DE`; its public holidays are nobody's working days."""


class Value(BaseModel):
    """Base of composed values: immutable; unknown fields are refused, except while an event is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Money(Value):
    """An amount in one currency; every operation that may round says how.

    Raises:
        ValueError: two currencies are mixed.

    """

    amount: Amount
    """With two decimals, as text."""
    currency: Literal["EUR"] = "EUR"
    """ISO 4217."""

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: Literal["EUR"] = "EUR") -> Self:
        """Round half up to the cent, the rule of EN 16931 (BR-CO-17). Raises ValueError."""
        exact = _unrounded(str(amount) if type(amount) is int else amount)
        return cls(amount=exact.quantize(CENT, ROUND_HALF_UP), currency=currency)

    def __add__(self, other: Money) -> Money:
        return Money(amount=self.amount + self._same(other).amount, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(amount=self.amount - self._same(other).amount, currency=self.currency)

    def times(self, factor: Decimal) -> Money:
        """Multiply exactly, then round half up to the cent. Raises ValueError."""
        with localcontext(prec=2 * _LONGEST):
            return Money.of(self.amount * factor, self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other


class Period(Value):
    """Days from `start` to `end`, both included."""

    start: date
    """The first day."""
    end: date
    """The last day."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("the end is before the start")
        for day in (self.start, self.end):
            Month.of(day)
        return self

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def months(self) -> list[Month]:
        """Every calendar month that the period touches, in order."""
        first, last = Month.of(self.start), Month.of(self.end)
        found = [first]
        while found[-1] < last:
            found.append(found[-1].next())
        return found


class Month(Text):
    """A calendar month, `2026-11`; sorts as text."""

    meaning = "a month (YYYY-MM)"
    example = "2026-11"

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that the day belongs to. Raises ValueError outside 2000 to 2099."""
        return cls.parse(f"{day:%Y-%m}")

    @classmethod
    def check(cls, value: str) -> str:
        """Year 2000 to 2099 and month 01 to 12."""
        if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", value, re.ASCII):
            raise ValueError(f"is not {cls.meaning}")
        return value

    @property
    def first(self) -> date:
        """The month's first day."""
        return date(int(self[:4]), int(self[5:]), 1)

    @property
    def last(self) -> date:
        """The month's last day."""
        return self.first.replace(day=calendar.monthrange(int(self[:4]), int(self[5:]))[1])

    def next(self) -> Month:
        """The month after this one. Raises ValueError after 2099-12."""
        return Month.of(date.fromordinal(self.last.toordinal() + 1))


class PostalAddress(Value):
    """A structured address: town and country are mandatory, as SEPA asks since November 2026."""

    line1: Name
    """Number and street."""
    line2: Name | None = None
    """What completes the first line."""
    postcode: Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[0-9A-Za-z -]+$")]
    """As the country writes it."""
    city: Name
    """The town."""
    country: CountryCode
