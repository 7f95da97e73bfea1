"""Which line of an invoice is which line of its BPF: by what they say, not by where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from billing.bpf.lines import BpfLine
from billing.reading.document import Line


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line as the document has to say it: a credit note turns the signs around."""

    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Decimal
    vat_category: str
    vat_rate: Decimal

    @classmethod
    def of(cls, line: BpfLine, sign: int) -> BilledLine:
        """Prices stay above zero; quantities and amounts turn."""
        quantity, net = line.quantity * sign, line.net.amount * sign
        return cls(quantity, line.unit, line.unit_price.amount, net, line.vat_category, line.vat_rate)

    def likeness(self, said: Line) -> int:
        """How many of quantity, price, rate and net are the same."""
        rate = said.vat_rate or "0"
        mine = (self.quantity, self.unit_price, self.vat_rate, self.net)
        return sum(_same(*pair) for pair in zip(mine, (said.quantity, said.unit_price, rate, said.net), strict=True))


_EQUAL = 4


def paired(expected: Sequence[BilledLine], found: Sequence[Line]) -> Iterator[tuple[int, BilledLine]]:
    """Each expected line with the index of the found one: the equal ones first, then the most alike, in order."""
    left, unmatched = dict(enumerate(found)), []
    for line in expected:
        equal = next((index for index, said in left.items() if line.likeness(said) == _EQUAL), None)
        if equal is None:
            unmatched.append(line)
        else:
            del left[equal]
            yield equal, line
    for line in unmatched:
        if left:
            likest = max(left, key=lambda index: (line.likeness(left[index]), -index))
            del left[likest]
            yield likest, line


def _same(expected: Decimal, said: str | None) -> bool:
    try:
        return Decimal((said or "")[:40]) == expected
    except InvalidOperation:
        return False
