"""Official identifiers: text that exists only once its check digits held, kept in its compact form."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum.eu import vat as stdnum_eu_vat
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret


class Text(str):
    """Base of identifiers: a string that exists only once checked, kept in its compact form."""

    __slots__ = ()
    meaning: ClassVar[str]
    example: ClassVar[str]

    @classmethod
    def parse(cls, value: str) -> Self:
        """Check and normalise. Raises ValueError with what is wrong."""
        try:
            checked = cls.check(value)
        except StdnumError as wrong:
            raise ValueError(f"is not {cls.meaning}: {wrong}") from wrong
        if not checked.isascii():  # Python reads the digits of every script; banks and registers read ours
            raise ValueError(f"is not {cls.meaning}")
        return cls(checked)

    @classmethod
    def check(cls, value: str) -> str:
        """Return the compact form. Raises ValueError or stdnum's ValidationError."""
        raise AssertionError(f"{cls.__name__} must say how {len(value)} characters are checked")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema(max_length=64))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
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
