"""Whether a provider's invoice says what its BPF says; every difference is named (BL-06)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sized
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.bpf.domain import Bpf, BpfKind
from billing.bpf.lines import DAY
from billing.bpf.vat import SMALL_BUSINESS
from billing.bpf.vat import VatGroup as ExpectedGroup
from billing.directory.accounts import CompanyAccount
from billing.invoice.domain import TYPE_CODES, Origin
from billing.invoice.matching import BilledLine, paired
from billing.reading.document import InvoiceDocument, Line, Party, VatGroup
from contracts.company import LegalIdentity
from contracts.values import Siret

_FRANCHISE = ("293B", "FRANCHISE")
"""How a small business says why it bears no VAT: by the article until 2027, by the name of the scheme since 2026."""
_SAME_UNITS = {DAY: frozenset({DAY, "E49"}), "C62": frozenset({"C62", "H87"})}
"""Day and working day, one and piece (UN/ECE recommendation 20)."""
_NUMBER = re.compile(r"[A-Za-z0-9+_/-]{1,35}", re.ASCII)
"""BR-FR-01 and BR-FR-02."""
_DECIMAL = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,18}(\.[0-9]{0,18})?", re.ASCII)
ACCEPTED = frozenset({"due_on"})
"""Differences that are kept as remarks; all others block.

A due date binds nobody: the order's terms say when the provider is paid (BL-09). What is worded freely is not
compared at all: descriptions, notes beyond their subject, payment terms, addresses, contacts.
"""
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
    def blocks(self) -> bool:
        """Whether it keeps the invoice from being taken."""
        return self.field not in ACCEPTED

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


@dataclass(frozen=True, slots=True)
class Awaited:
    """What an invoice is held against."""

    bpf: Bpf
    provider: LegalIdentity
    buyer: Buyer
    account: CompanyAccount | None
    """Where the provider is paid; unknown, whatever the invoice says of it is accepted."""
    due_on: date | None
    today: date

    @property
    def sign(self) -> int:
        """A credit note says above zero what the BPF says below."""
        return -1 if self.bpf.kind is BpfKind.CREDIT else 1


def compare(invoice: InvoiceDocument, awaited: Awaited) -> list[Difference]:
    """Every difference, in reading order; without a blocking one the invoice may be accepted."""
    return [
        *_head(invoice, awaited),
        *_seller(invoice.seller, awaited.provider),
        *_buyer(invoice.buyer, awaited.buyer),
        *ibans_of(invoice.ibans, awaited.account),
        *_lines(invoice.lines, awaited),
        *_vat(invoice.vat_groups, awaited),
        *_totals(invoice, awaited),
        *(_notes(invoice.note_codes) if awaited.provider.country == "FR" else ()),
    ]


def _head(invoice: InvoiceDocument, awaited: Awaited) -> Iterator[Difference]:
    bpf = awaited.bpf
    yield from number_of(invoice.number)
    yield from text("type_code", TYPE_CODES[Origin.IMPORTED, bpf.kind], invoice.type_code)
    yield from text("currency", "EUR", invoice.currency)
    yield from text("order_reference", bpf.order_reference, invoice.order_reference)
    yield from day("issued_on", invoice.issued_on, bpf.validated_on, awaited.today)
    yield from day("period.start", invoice.period_start, bpf.period.start, bpf.period.end)
    yield from day("period.end", invoice.period_end, bpf.period.start, bpf.period.end)
    if invoice.due_on and awaited.due_on:
        yield from text("due_on", awaited.due_on.isoformat(), invoice.due_on)


def number_of(found: str | None) -> Iterator[Difference]:
    """Whether an invoice number is one (BR-FR-01, BR-FR-02)."""
    if not _NUMBER.fullmatch(found or ""):
        yield Difference("number", "bad_format", "1 to 35 characters among A-Z a-z 0-9 + - _ /", found or "")


def ibans_of(found: list[str], account: CompanyAccount | None) -> Iterator[Difference]:
    """Every account that the invoice names is the one in force: a changed one must not pass (BL-06)."""
    if account is None:
        return
    ours = account.iban or account.account_number or ""
    for iban in found:
        yield from _identifier("iban", _letters(ours).upper(), _letters(iban))


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


def _lines(found: list[Line], awaited: Awaited) -> Iterator[Difference]:
    """Each line of the BPF has one of the invoice, in any order."""
    expected = [BilledLine.of(line, awaited.sign) for line in awaited.bpf.lines]
    if len(found) != len(expected):
        yield Difference("lines", "line_count", _counted(expected, "line"), _counted(found, "line"))
    for index, line in paired(expected, found):
        at, said = f"lines.{index}", found[index]
        yield from number(f"{at}.quantity", line.quantity, said.quantity)
        if said.unit not in _SAME_UNITS.get(line.unit, {line.unit}):
            yield Difference(f"{at}.unit", "differs", line.unit, said.unit or "")
        yield from amount(f"{at}.unit_price", line.unit_price, said.unit_price)
        yield from number(f"{at}.price_base", Decimal(1), said.price_base or "1")
        yield from amount(f"{at}.net", line.net, said.net)
        yield from text(f"{at}.vat_category", line.vat_category, said.vat_category)
        yield from _rate(f"{at}.vat_rate", line.vat_rate, said.vat_rate)


def _vat(found: list[VatGroup], awaited: Awaited) -> Iterator[Difference]:
    expected = awaited.bpf.vat_groups
    if len(found) != len(expected):
        yield Difference("vat_groups", "group_count", _counted(expected, "VAT group"), _counted(found, "group"))
    for index, group in _same_rate(found, awaited):
        at, said = f"vat_groups.{index}", found[index]
        yield from text(f"{at}.category", group.category, said.category)
        yield from _rate(f"{at}.rate", group.rate, said.rate)
        yield from amount(f"{at}.base", group.base.amount * awaited.sign, said.base)
        yield from amount(f"{at}.amount", group.amount.amount * awaited.sign, said.amount)
        reason = "".join((said.reason or "").split()).upper()
        exempt = awaited.bpf.treatment == SMALL_BUSINESS
        named = said.reason_code == "VATEX-FR-FRANCHISE" or any(word in reason for word in _FRANCHISE)
        if exempt and not named:
            yield Difference(f"{at}.reason", "missing_mention", SMALL_BUSINESS.mention or "", said.reason or "")


def _same_rate(found: list[VatGroup], awaited: Awaited) -> Iterator[tuple[int, ExpectedGroup]]:
    """Each group that is due, with the one of its rate, else with any that is left."""
    left = dict(enumerate(found))
    for due in awaited.bpf.vat_groups:
        same = [index for index, said in left.items() if not any(_rate("", due.rate, said.rate))]
        for index in [*same, *left][:1]:
            del left[index]
            yield index, due


def _totals(invoice: InvoiceDocument, awaited: Awaited) -> Iterator[Difference]:
    bpf, sign = awaited.bpf, awaited.sign
    yield from amount("totals.allowances", Decimal(0), invoice.allowances or "0")
    yield from amount("totals.charges", Decimal(0), invoice.charges or "0")
    yield from amount("totals.net", bpf.net_amount * sign, invoice.net)
    yield from amount("totals.vat", bpf.vat_amount * sign, _or_zero(invoice.vat, bpf.vat_amount))
    yield from amount("totals.gross", bpf.gross.amount * sign, invoice.gross)
    yield from amount("totals.prepaid", Decimal(0), invoice.prepaid or "0")
    yield from amount("totals.due", bpf.gross.amount * sign, invoice.due)


def _notes(codes: list[str]) -> Iterator[Difference]:
    for code in MANDATORY_NOTES:
        if (times := codes.count(code)) != 1:
            yield Difference(f"notes.{code}", "not_once", "exactly one note", f"{times} notes")


def _counted(things: Sized, name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")


def text(field: str, expected: str, found: str | None) -> Iterator[Difference]:
    """The same text."""
    if found != expected:
        yield Difference(field, "differs" if found else "missing", expected, found or "")


def _identifier(field: str, expected: str, found: str | None) -> Iterator[Difference]:
    """Official numbers are often written in groups; the groups mean nothing."""
    yield from text(field, expected, re.sub(r"[\s.]", "", found).upper() if found else None)


def _name(field: str, expected: str, found: str | None) -> Iterator[Difference]:
    """Case, accents and punctuation of a name do not tell two companies apart; their numbers do."""
    if _letters(found or "") != _letters(expected):
        yield Difference(field, "differs" if found else "missing", expected, found or "")


def _letters(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())


def _rate(field: str, expected: Decimal, found: str | None) -> Iterator[Difference]:
    yield from number(field, expected, _or_zero(found, expected))


def _or_zero(found: str | None, expected: Decimal) -> str | None:
    """Where no VAT is due, EN 16931 lets zero be left out, or demands it (BR-O-05)."""
    return "0" if found is None and expected == 0 else found


def amount(field: str, expected: Decimal, found: str | None) -> Iterator[Difference]:
    """The same amount, to the cent."""
    yield from number(field, expected.quantize(_CENT), found)


def number(field: str, expected: Decimal, found: str | None) -> Iterator[Difference]:
    """The same number, however many zeros it is written with."""
    if not found or not _DECIMAL.fullmatch(found) or Decimal(found) != expected:
        yield Difference(field, "differs" if found else "missing", f"{expected:f}", found or "")


def day(field: str, found: str | None, earliest: date, latest: date) -> Iterator[Difference]:
    """A day between two, both included."""
    try:
        said = date.fromisoformat(found or "")
    except ValueError:
        yield Difference(field, "missing" if not found else "not_a_date", f"{earliest} to {latest}", found or "")
        return
    if not earliest <= said <= latest:
        code = "too_early" if said < earliest else "too_late"
        yield Difference(field, code, f"{earliest} to {latest}", said.isoformat())
