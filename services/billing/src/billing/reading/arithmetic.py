"""Whether each invoice line is its quantity times its price: EN 16931 says so in words, but no rule of it checks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from lxml import etree  # type: ignore[import-untyped]

from billing.reading.cii import LINE_AMOUNTS, LINE_TEXTS, LINES, all_of, text_of
from billing.reading.extraction import Finding

SLACK = Decimal("0.02")
"""What software may differ by that rounds at other points (PEPPOL-EN16931-R120)."""
_CENT = Decimal("0.01")
_ALLOWANCES = "SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge"
_STATUS = "AssociatedDocumentLineDocument/LineStatusReasonCode"
_COUNTED = frozenset({None, "DETAIL"})
"""Lines of the extended profile that only group or inform repeat others' amounts."""


def wrong_lines(root: etree._Element) -> Iterator[Finding]:
    """Each line whose net amount (BT-131) does not follow from the line; what is no number is left to the rules."""
    for index, line in enumerate(all_of(root, LINES), start=1):
        if text_of(line, _STATUS) not in _COUNTED or _in_two_units(line):
            continue
        try:
            due, stated = _due(line), _number(line, LINE_AMOUNTS["net"])
        except (InvalidOperation, ZeroDivisionError):
            continue
        if abs(due - stated) > SLACK:
            said = f"line {index}: quantity and price give {due:f}, its net amount is {stated:f} (BT-131)"
            yield Finding("rules", "line_net_amount", said)


def _due(line: etree._Element) -> Decimal:
    base = _number(line, LINE_TEXTS["price_base"], "1")
    net = _number(line, LINE_TEXTS["quantity"]) * _number(line, LINE_AMOUNTS["unit_price"]) / base
    for extra in all_of(line, _ALLOWANCES):
        sign = 1 if text_of(extra, "ChargeIndicator/Indicator") in {"true", "1"} else -1
        net += sign * _number(extra, "ActualAmount")
    return net.quantize(_CENT, ROUND_HALF_UP)


def _in_two_units(line: etree._Element) -> bool:
    billed, priced = (all_of(line, LINE_TEXTS[name]) for name in ("quantity", "price_base"))
    return bool({e.get("unitCode") for e in priced} - {None} - {e.get("unitCode") for e in billed})


def _number(node: etree._Element, path: str, missing: str = "") -> Decimal:
    found = Decimal((text_of(node, path) or missing)[:40])
    if not found.is_finite() or abs(found.adjusted()) > 15:  # noqa: PLR2004 - beyond any amount
        raise InvalidOperation
    return found
