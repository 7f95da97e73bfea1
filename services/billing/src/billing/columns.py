"""What the rows of several aggregates have in common."""

from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Enum
from sqlalchemy.orm import Mapped

from contracts.values import Money


def word(kind: type[StrEnum], length: int = 24) -> Enum:
    """A StrEnum kept as its word, and read back as the enum."""
    return Enum(kind, native_enum=False, length=length, values_callable=lambda members: [one.value for one in members])


class Totals:
    """Totals in euros of a row that keeps `net_amount` and `vat_amount`; a credit note's are what it takes back."""

    net_amount: Mapped[Decimal]
    vat_amount: Mapped[Decimal]

    @property
    def net(self) -> Money:
        """Total without VAT."""
        return Money(amount=self.net_amount)

    @property
    def vat(self) -> Money:
        """Total of the VAT."""
        return Money(amount=self.vat_amount)

    @property
    def gross(self) -> Money:
        """Total with VAT."""
        return self.net + self.vat
