"""How staff know that a company exists (CO-16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import Unprocessable, require


class CheckedInTheFuture(Unprocessable):
    """A check cannot have taken place after today."""

    code, title = "checked_in_the_future", "The check cannot be dated after today"


class Register(StrEnum):
    """Where staff look companies up."""

    SIRENE = "sirene"
    RNE = "rne"
    """Registre national des entreprises."""
    INFOGREFFE = "infogreffe"
    VIES = "vies"
    """The EU's register of VAT numbers."""
    BRIS = "bris"
    """The EU's interconnected registers of companies."""
    NATIONAL_REGISTER = "national_register"
    """Another country's register of companies."""


@dataclass(frozen=True, slots=True)
class ExistenceCheck:
    """Which register was looked into, what it is filed under there, on which day."""

    register: Register
    reference: str
    checked_on: date

    @classmethod
    def made(cls, register: Register, reference: str, checked_on: date, today: date) -> ExistenceCheck:
        """Raises CheckedInTheFuture when dated after `today`."""
        require(checked_on <= today, CheckedInTheFuture(field="checked_on"))
        return cls(register, reference, checked_on)
