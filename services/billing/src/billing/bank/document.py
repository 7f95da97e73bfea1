"""What a bank statement says, as the reading process hands it over."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class StatedMovement(BaseModel):
    """One booked movement: an entry, or one of those that an entry puts together."""

    model_config = ConfigDict(frozen=True)

    amount: Decimal
    """Above zero, in euros."""
    is_credit: bool
    """Whether the money came in."""
    booked_on: date
    end_to_end_id: str | None = None
    remittance: str = ""
    """What the payer wrote, on one line."""
    counterparty_name: str | None = None
    counterparty_iban: str | None = None
    bank_reference: str | None = None

    @property
    def signed(self) -> Decimal:
        """What it adds to the account."""
        return self.amount if self.is_credit else -self.amount


class Statement(BaseModel):
    """One statement of one account."""

    model_config = ConfigDict(frozen=True)

    statement_id: str
    iban: str
    from_on: date
    to_on: date
    opening: Decimal
    closing: Decimal
    movements: list[StatedMovement]

    @property
    def difference(self) -> Decimal:
        """What its movements do not explain of the way from the opening balance to the closing one."""
        return self.closing - self.opening - sum((each.signed for each in self.movements), Decimal(0))
