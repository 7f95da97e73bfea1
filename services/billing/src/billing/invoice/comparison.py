"""Whether a provider's invoice says what its BPF says; every difference is named (BL-06)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.bpf.domain import UNIT, Bpf
from billing.reading.document import InvoiceDocument, Line, Party
from contracts.company import LegalIdentity
from contracts.values import Siret

INVOICE = "380"
"""Commercial invoice, UNTDID 1001."""
_DAY_UNITS = frozenset({UNIT, "E49"})
"""Day and working day, UN/ECE recommendation 20."""
_NUMBER = re.compile(r"[A-Za-z0-9+_/-]{1,35}", re.ASCII)
"""BR-FR-01 and BR-FR-02."""
_DECIMAL = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,18}(\.[0-9]{0,18})?", re.ASCII)
MANDATORY_NOTES = ("PMT", "PMD", "AAB")
"""Fixed indemnity, late penalties, discount: each exactly once (BR-FR-05, Code de commerce L441-9)."""
_SHOWN = 120
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Difference:
    """One point at which the invoice is not what was expected; texts as people read them."""

    field: str
    code: str
    expected: str
    found: str

    @property
    def detail(self) -> str:
        """Both sides in one sentence."""
        return f"expected {self.expected}, found {self.found[:_SHOWN] or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whom invoices are addressed to: the platform's operator."""

    name: str
    siren: str
    vat_number: str


def compare(invoice: InvoiceDocument, bpf: Bpf, provider: LegalIdentity, buyer: Buyer, today: date) -> list[Difference]:
    """Every difference, in reading order; empty when the invoice may be accepted."""
    return [
        *_head(invoice, bpf, today),
        *_seller(invoice.seller, provider),
        *_buyer(invoice.buyer, buyer),
        *_lines(invoice.lines, bpf),
        *_vat(invoice, bpf),
        *_totals(invoice, bpf),
        *(_notes(invoice.note_codes) if provider.country == "FR" else ()),
    ]


def _head(invoice: InvoiceDocument, bpf: Bpf, today: date) -> Iterator[Difference]:
    if not _NUMBER.fullmatch(invoice.number or ""):
        rule = "1 to 35 characters among A-Z a-z 0-9 + - _ /"
        yield Difference("number", "bad_format", rule, invoice.number or "")
    yield from _text("type_code", INVOICE, invoice.type_code)
    yield from _text("currency", "EUR", invoice.currency)
    yield from _text("order_reference", bpf.order_reference, invoice.order_reference)
    yield from _day("issued_on", invoice.issued_on, bpf.validated_on, today)
    yield from _day("period.start", invoice.period_start, bpf.period.start, bpf.period.end)
    yield from _day("period.end", invoice.period_end, bpf.period.start, bpf.period.end)


def _seller(found: Party, provider: LegalIdentity) -> Iterator[Difference]:
    yield from _name("seller.name", provider.name, found.name)
    if provider.siret:
        yield from _identifier("seller.siren", Siret(provider.siret).siren, found.siren)
        if found.siret is not None:
            yield from _identifier("seller.siret", provider.siret, found.siret)
    if provider.vat_number:
        yield from _identifier("seller.vat_number", provider.vat_number, found.vat_number)


def _buyer(found: Party, buyer: Buyer) -> Iterator[Difference]:
    yield from _name("buyer.name", buyer.name, found.name)
    yield from _identifier("buyer.siren", buyer.siren, found.siren)
    if found.vat_number is not None:
        yield from _identifier("buyer.vat_number", buyer.vat_number, found.vat_number)


def _lines(lines: list[Line], bpf: Bpf) -> Iterator[Difference]:
    """The BPF has one line: the month's days at the daily rate."""
    if len(lines) != 1:
        yield Difference("lines", "line_count", "1 line", f"{len(lines)} lines")
    for index, line in enumerate(lines[:1]):
        at = f"lines.{index}"
        yield from _number(f"{at}.quantity", bpf.days, line.quantity)
        if line.unit not in _DAY_UNITS:
            yield Difference(f"{at}.unit", "differs", UNIT, line.unit or "")
        yield from _amount(f"{at}.unit_price", bpf.unit_price_amount, line.unit_price)
        yield from _number(f"{at}.price_base", Decimal(1), line.price_base or "1")
        yield from _amount(f"{at}.net", bpf.net_amount, line.net)
        yield from _text(f"{at}.vat_category", bpf.vat_category, line.vat_category)
        yield from _rate(f"{at}.vat_rate", bpf.vat_rate, line.vat_rate)


def _vat(invoice: InvoiceDocument, bpf: Bpf) -> Iterator[Difference]:
    if len(invoice.vat_groups) != 1:
        yield Difference("vat_groups", "group_count", "1 VAT group", f"{len(invoice.vat_groups)} groups")
    for group in invoice.vat_groups[:1]:
        yield from _text("vat_groups.0.category", bpf.vat_category, group.category)
        yield from _rate("vat_groups.0.rate", bpf.vat_rate, group.rate)
        yield from _amount("vat_groups.0.base", bpf.net_amount, group.base)
        yield from _amount("vat_groups.0.amount", bpf.vat_amount, group.amount)
        said = "".join((group.reason or "").split()).upper()
        if bpf.vat_category == "E" and "293B" not in said and group.reason_code != "VATEX-FR-FRANCHISE":
            yield Difference("vat_groups.0.reason", "missing_mention", bpf.vat_mention or "", group.reason or "")


def _totals(invoice: InvoiceDocument, bpf: Bpf) -> Iterator[Difference]:
    yield from _amount("totals.allowances", Decimal(0), invoice.allowances or "0")
    yield from _amount("totals.charges", Decimal(0), invoice.charges or "0")
    yield from _amount("totals.net", bpf.net_amount, invoice.net)
    yield from _amount("totals.vat", bpf.vat_amount, _or_zero(invoice.vat, bpf.vat_amount))
    yield from _amount("totals.gross", bpf.gross.amount, invoice.gross)
    yield from _amount("totals.prepaid", Decimal(0), invoice.prepaid or "0")
    yield from _amount("totals.due", bpf.gross.amount, invoice.due)


def _notes(codes: list[str]) -> Iterator[Difference]:
    for code in MANDATORY_NOTES:
        if (times := codes.count(code)) != 1:
            yield Difference(f"notes.{code}", "not_once", "exactly one note", f"{times} notes")


def _text(field: str, expected: str, found: str | None) -> Iterator[Difference]:
    if found != expected:
        yield Difference(field, "differs" if found else "missing", expected, found or "")


def _identifier(field: str, expected: str, found: str | None) -> Iterator[Difference]:
    """Official numbers are often written in groups; the groups mean nothing."""
    yield from _text(field, expected, re.sub(r"[\s.]", "", found).upper() if found else None)


def _name(field: str, expected: str, found: str | None) -> Iterator[Difference]:
    """Case, accents and punctuation of a name do not tell two companies apart; their numbers do."""
    if _letters(found or "") != _letters(expected):
        yield Difference(field, "differs" if found else "missing", expected, found or "")


def _letters(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())


def _rate(field: str, expected: Decimal, found: str | None) -> Iterator[Difference]:
    yield from _number(field, expected, _or_zero(found, expected))


def _or_zero(found: str | None, expected: Decimal) -> str | None:
    """Where no VAT is due, EN 16931 lets zero be left out, or demands it (BR-O-05)."""
    return "0" if found is None and expected == 0 else found


def _amount(field: str, expected: Decimal, found: str | None) -> Iterator[Difference]:
    yield from _number(field, expected.quantize(_CENT), found)


def _number(field: str, expected: Decimal, found: str | None) -> Iterator[Difference]:
    if not found or not _DECIMAL.fullmatch(found) or Decimal(found) != expected:
        yield Difference(field, "differs" if found else "missing", f"{expected:f}", found or "")


def _day(field: str, found: str | None, earliest: date, latest: date) -> Iterator[Difference]:
    try:
        day = date.fromisoformat(found or "")
    except ValueError:
        yield Difference(field, "missing" if not found else "not_a_date", f"{earliest} to {latest}", found or "")
        return
    if not earliest <= day <= latest:
        code = "too_early" if day < earliest else "too_late"
        yield Difference(field, code, f"{earliest} to {latest}", day.isoformat())
