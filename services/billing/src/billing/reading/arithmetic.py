"""Whether each invoice line is its quantity times its price: EN 16931 says so in words, but no rule of it checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from lxml import etree  # type: ignore[import-untyped]

from billing.reading.elements import all_of, text_of
from billing.reading.extraction import Finding

SLACK = Decimal("0.02")
"""What software may differ by that rounds at other points (PEPPOL-EN16931-R120)."""
_CENT = Decimal("0.01")
_COUNTED = frozenset({None, "DETAIL"})
"""Lines of the extended profile that only group or inform repeat others' amounts."""


@dataclass(frozen=True, slots=True)
class LineShape:
    """Where a syntax keeps what a line's amount follows from: paths from the root, then from the line."""

    lines: str
    quantity: str
    unit_price: str
    price_base: str
    net: str
    allowances: str
    is_charge: str
    """From the allowance or charge."""
    allowance: str
    status: str | None = None


def wrong_lines(root: etree._Element, shape: LineShape) -> Iterator[Finding]:
    """Each line whose net amount (BT-131) does not follow from the line; what is no number is left to the rules."""
    for index, line in enumerate(all_of(root, shape.lines), start=1):
        status = text_of(line, shape.status) if shape.status else None
        if status not in _COUNTED or _in_two_units(line, shape):
            continue
        try:
            due, stated = _due(line, shape), _number(line, shape.net)
        except (InvalidOperation, ZeroDivisionError):
            continue
        if abs(due - stated) > SLACK:
            said = f"line {index}: quantity and price give {due:f}, its net amount is {stated:f} (BT-131)"
            yield Finding("rules", "line_net_amount", said)


def _due(line: etree._Element, shape: LineShape) -> Decimal:
    base = _number(line, shape.price_base, "1")
    net = _number(line, shape.quantity) * _number(line, shape.unit_price) / base
    for extra in all_of(line, shape.allowances):
        sign = 1 if text_of(extra, shape.is_charge) in {"true", "1"} else -1
        net += sign * _number(extra, shape.allowance)
    return net.quantize(_CENT, ROUND_HALF_UP)


def _in_two_units(line: etree._Element, shape: LineShape) -> bool:
    billed, priced = (all_of(line, path) for path in (shape.quantity, shape.price_base))
    return bool({e.get("unitCode") for e in priced} - {None} - {e.get("unitCode") for e in billed})


def _number(node: etree._Element, path: str, missing: str = "") -> Decimal:
    found = Decimal((text_of(node, path) or missing)[:40])
    if not found.is_finite() or abs(found.adjusted()) > 15:  # noqa: PLR2004 - beyond any amount
        raise InvalidOperation
    return found
