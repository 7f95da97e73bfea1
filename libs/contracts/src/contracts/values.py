"""Value types that travel in events and in HTTP bodies: they validate, they never know a service."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum.eu import vat as stdnum_eu_vat
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

CENT = Decimal("0.01")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_UNROUNDED = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,60})?", re.ASCII)
_LONGEST = 60
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
        return Decimal(text) or Decimal()  # a negative zero becomes zero

    return parse


_unrounded = _decimal_text(_UNROUNDED, "a plain decimal number")

Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal_text(_AMOUNT, "an amount with at most two decimals")),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,12}\.[0-9]{2}$"}, mode="serialization"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$"}, mode="validation"),
]
"""A decimal amount with two decimals, written as a string in JSON."""

Days = Annotated[
    Decimal,
    BeforeValidator(_decimal_text(_DAYS, "a number of days in halves")),
    PlainSerializer(lambda value: f"{value:.1f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}\.[05]$"}, mode="serialization"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}(\.[05]0?)?$"}, mode="validation"),
]
"""A number of worked days, in halves, written as a string with one decimal in JSON."""

_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE),
    Field(description="A short text on one line"),
]
"""A short human text on one line: 1 to 200 characters, none that controls or reorders the others."""

CountryCode = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="A country, ISO 3166-1 alpha-2")
]
"""ISO 3166-1 alpha-2."""


class Value(BaseModel):
    """Base of composed values: immutable; unknown fields are refused, except while an event is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Money(Value):
    """An amount in one currency; every operation that may round says how.

    Raises:
        ValueError: two currencies are mixed.

    """

    amount: Amount
    currency: Literal["EUR"] = "EUR"

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
    end: date

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


class Text(str):
    """Base of identifiers: a string that exists only once checked, kept in its compact form."""

    __slots__ = ()
    meaning: ClassVar[str]
    example: ClassVar[str]

    @classmethod
    def parse(cls, value: str) -> Self:
        """Check and normalise. Raises ValueError with what is wrong."""
        try:
            return cls(cls.check(value))
        except StdnumError as wrong:
            raise ValueError(f"is not {cls.meaning}: {wrong}") from wrong

    @classmethod
    def check(cls, value: str) -> str:
        """Return the compact form. Raises ValueError or stdnum's ValidationError."""
        raise AssertionError(f"{cls.__name__} must say how {len(value)} characters are checked")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema(max_length=64))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "maxLength": 64, "description": cls.meaning, "examples": [cls.example]}


class Siren(Text):
    """Nine digits, Luhn: a French legal unit."""

    meaning = "a SIREN (9 digits)"
    example = "732829320"

    @classmethod
    def check(cls, value: str) -> str:
        """Luhn over nine digits; nine zeros are nobody."""
        compact = str(stdnum_siren.validate(value))
        if not compact.strip("0"):
            raise ValueError(f"is not {cls.meaning}")
        return compact


class Siret(Text):
    """Fourteen digits: a SIREN and one establishment of it; La Poste's own rule included."""

    meaning = "a SIRET (14 digits)"
    example = "73282932000074"

    @classmethod
    def check(cls, value: str) -> str:
        """Luhn over fourteen digits on top of a valid SIREN."""
        compact = str(stdnum_siret.validate(value))
        Siren.parse(compact[:9])
        return compact

    @property
    def siren(self) -> Siren:
        """The legal unit that the establishment belongs to."""
        return Siren(self[:9])


class VatNumber(Text):
    """EU VAT number with its country prefix; the national check digits are verified."""

    meaning = "an EU VAT number with its country prefix"
    example = "FR44732829320"

    @classmethod
    def check(cls, value: str) -> str:
        """National rule of the prefix's country."""
        return str(stdnum_eu_vat.validate(value))


class Iban(Text):
    """International bank account number: length of its country and mod 97."""

    meaning = "an IBAN"
    example = "FR7630006000011234567890189"

    @classmethod
    def check(cls, value: str) -> str:
        """ISO 13616, and the national check where one exists."""
        return str(stdnum_iban.validate(value))


class Bic(Text):
    """Bank identifier code, 8 or 11 characters."""

    meaning = "a BIC (8 or 11 characters)"
    example = "AGRIFRPPXXX"

    @classmethod
    def check(cls, value: str) -> str:
        """ISO 9362."""
        return str(stdnum_bic.validate(value))


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
    line2: Name | None = None
    postcode: Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[0-9A-Za-z -]+$")]
    city: Name
    country: CountryCode
