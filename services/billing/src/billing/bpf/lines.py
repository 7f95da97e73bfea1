"""The lines of a BPF: what the validated report bills, priced and rounded once; they never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer

from billing.bpf.vat import VatGroup, VatTreatment, groups_of, treatment_at
from contracts.timesheet import CraLine, CraLineKind, CraValidated
from contracts.values import Money, Quantity, Value

DAY = "DAY"
"""Day, UN/ECE recommendation 20."""

Rate = Annotated[
    Decimal, Field(ge=0, le=100, decimal_places=2), PlainSerializer(lambda rate: f"{rate:.2f}", return_type=str)
]
"""Per cent, with two decimals, as text."""


class UnpricedLine(ValueError):
    """A line that names neither a price nor days: the report's service sent what nobody can bill."""


class BpfLine(Value):
    """One line as the invoice must repeat it; net is quantity x price, rounded half up."""

    kind: CraLineKind
    title: str
    quantity: Quantity
    unit: str
    unit_price: Money
    net: Money
    vat_category: str
    vat_rate: Rate

    @property
    def counts_as_days(self) -> bool:
        """Whether the platform's fee is due on it: days of this month, or of an earlier one corrected."""
        return self.unit == DAY and self.kind in {CraLineKind.WORK, CraLineKind.ADJUSTMENT}


def reported_lines(cra: CraValidated, title: str) -> list[CraLine]:
    """What the report bills; its days alone where it lists nothing."""
    return cra.lines or [CraLine(kind=CraLineKind.WORK, title=title, quantity=cra.days, unit=DAY)]


def price_lines(
    reported: Sequence[CraLine], own_order: UUID, daily_rates: Mapping[UUID, Money], treatment: VatTreatment
) -> list[BpfLine]:
    """Price each line: at its own price, else at the daily rate of its order (TS-09, TS-11, TS-15).

    Raises:
        UnpricedLine: neither says what it costs.

    """
    return [_priced(line, daily_rates[line.bdc_id or own_order], treatment) for line in reported]


def _priced(line: CraLine, daily_rate: Money, treatment: VatTreatment) -> BpfLine:
    if line.unit_price is None and line.unit != DAY:
        raise UnpricedLine(f"a line in {line.unit} has no price")
    price = line.unit_price or daily_rate
    vat = treatment_at(treatment, line.vat_rate)
    return BpfLine(
        kind=line.kind,
        title=line.title,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=price,
        net=price.times(line.quantity),
        vat_category=vat.category,
        vat_rate=vat.rate,
    )


def vat_of(lines: Sequence[BpfLine], treatment: VatTreatment) -> list[VatGroup]:
    """The VAT breakdown of these lines; without any line, of a total of nothing."""
    nets = [(line.vat_category, line.vat_rate, line.net) for line in lines]
    return groups_of(nets or [(treatment.category, treatment.rate, Money.of(0))])
