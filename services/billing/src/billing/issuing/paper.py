"""An issued document as PDF/A-3 with its XML inside (Factur-X), by one compiler that is kept.

The same row gives the same bytes, so that a document made twice is one document.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

from billing.issuing.cii import terms_of, xml_of
from billing.issuing.domain import IssuedInvoice
from billing.issuing.factur_x import declare
from billing.issuing.sheet import Kind, Language, Party, Sheet

logger = logging.getLogger("billing.issuing")
_ONE_AT_A_TIME = Lock()
"""A compiler serves one thread; others wait for it."""

_WORDS: dict[Language, dict[str, str]] = {
    Language.FR: {
        "380": "Facture",
        "389": "Facture (autofacturation)",
        "381": "Avoir",
        "261": "Avoir (autofacturation)",
        "issued": "Date d'émission",
        "due": "Échéance",
        "performed": "Prestation du {start} au {end}",
        "order": "Bon de commande",
        "credits": "Annule tout ou partie de la facture {number} du {day}",
        "reason": "Motif",
        "seller": "Vendeur",
        "buyer": "Client",
        "vat_number": "N° TVA",
        "name": "Désignation",
        "quantity": "Quantité",
        "price": "Prix HT",
        "rate": "TVA",
        "net": "Total HT",
        "vat": "TVA",
        "gross": "Total TTC",
        "open": "À payer",
        "pay_to": "Règlement par virement : IBAN {iban}, BIC {bic}, en rappelant le numéro {number}",
        "contact": "Questions de facturation",
    },
    Language.EN: {
        "380": "Invoice",
        "389": "Invoice (autofacturation)",
        "381": "Credit note",
        "261": "Credit note (autofacturation)",
        "issued": "Date of issue",
        "due": "Due date",
        "performed": "Services from {start} to {end}",
        "order": "Order",
        "credits": "Takes back all or part of invoice {number} of {day}",
        "reason": "Reason",
        "seller": "Seller",
        "buyer": "Buyer",
        "vat_number": "VAT number",
        "name": "Description",
        "quantity": "Quantity",
        "price": "Price excl. VAT",
        "rate": "VAT",
        "net": "Total excl. VAT",
        "vat": "VAT",
        "gross": "Total incl. VAT",
        "open": "To pay",
        "pay_to": "Please pay by transfer to IBAN {iban}, BIC {bic}, quoting {number}",
        "contact": "Questions about invoices",
    },
}
_UNITS = {
    Language.FR: {"DAY": "j", "HUR": "h", "MON": "mois", "C62": ""},
    Language.EN: {"DAY": "d", "HUR": "h", "MON": "months", "C62": ""},
}


def pdf_of(row: IssuedInvoice, contact: str) -> bytes:
    """The PDF/A-3 with `factur-x.xml` attached as its alternative."""
    sheet, xml = row.sheet, xml_of(row)
    return declare(_typeset(page_of(row, sheet, contact), xml.decode(), row))


@cache
def kept_compiler() -> tuple[Any, bytes]:
    """The compiler and its template: kept, so that fonts are read once; a process without documents lacks them."""
    import typst  # noqa: PLC0415

    return typst.Compiler(ignore_system_fonts=True), (files("billing.issuing") / "invoice.typ").read_bytes()


def _typeset(shown: dict[str, Any], xml: str, row: IssuedInvoice) -> bytes:
    import typst  # noqa: PLC0415

    compiler, template = kept_compiler()
    made = {
        "format": "pdf",
        "sys_inputs": {"sheet": json.dumps(shown, ensure_ascii=False), "xml": xml},
        "timestamp": datetime(row.issued_on.year, row.issued_on.month, row.issued_on.day, tzinfo=UTC),
    }
    with _ONE_AT_A_TIME:
        try:
            pdf = compiler.compile(template, pdf_standards="a-3b", **made)
        except typst.TypstError as refused:  # a name in letters that no font has
            logger.warning("document_not_archival", extra={"number": row.number, "reason": refused.message[:200]})
            pdf = compiler.compile(template, **made)
    assert isinstance(pdf, bytes)
    return pdf


def page_of(row: IssuedInvoice, sheet: Sheet, contact: str) -> dict[str, Any]:
    """What the page shows, worded in the document's language."""
    words, french = _WORDS[sheet.language], sheet.language is Language.FR
    title = f"{words[row.type_code]} {row.number}"
    return {
        "title": title,
        "number": row.number,
        "author": sheet.seller.name,
        "language": sheet.language.value,
        "date": [row.issued_on.year, row.issued_on.month, row.issued_on.day],
        "head": _head(row, sheet, words),
        "parties": [_party(words["seller"], sheet.seller, words), _party(words["buyer"], sheet.buyer, words)],
        "about": sheet.title + (f", {sheet.person}" if sheet.person else ""),
        "columns": [words[name] for name in ("name", "quantity", "price", "rate", "net")],
        "lines": [
            [
                line.name,
                f"{_number(line.quantity, french)} {_UNITS[sheet.language].get(line.unit, line.unit)}".strip(),
                _money(line.unit_price, french),
                f"{_number(line.rate, french)} %",
                _money(line.net, french),
            ]
            for line in sheet.lines
        ],
        "vat": [
            [
                f"{words['vat']} {_number(group.rate, french)} %" + (f" : {group.reason}" if group.reason else ""),
                _money(group.base, french),
                _money(group.amount, french),
            ]
            for group in sheet.vat
        ],
        "totals": _totals(row, words, french=french),
        "payment": _payment(row, sheet, words, contact),
        "notes": [note.text for note in sheet.notes if note.code != "BAR"],
    }


def _head(row: IssuedInvoice, sheet: Sheet, words: dict[str, str]) -> list[str]:
    period = words["performed"].format(start=f"{sheet.period.start:%d/%m/%Y}", end=f"{sheet.period.end:%d/%m/%Y}")
    said = [f"{words['issued']} : {row.issued_on:%d/%m/%Y}", period]
    if sheet.order_reference:
        said.append(f"{words['order']} : {sheet.order_reference}")
    if sheet.credits:
        day = f"{sheet.credits.issued_on:%d/%m/%Y}"
        said.append(words["credits"].format(number=sheet.credits.number, day=day))
    return [*said, f"{words['reason']} : {sheet.reason}"] if sheet.reason else said


def _party(label: str, party: Party, words: dict[str, str]) -> list[str]:
    address = party.address
    identifier = f"SIREN {party.siren}" if party.siren else party.registration_number
    number = f"{words['vat_number']} {party.vat_number}" if party.vat_number else None
    town = f"{address.postcode} {address.city}, {address.country}"
    return [part for part in (label, party.name, address.line1, address.line2, town, identifier, number) if part]


def _totals(row: IssuedInvoice, words: dict[str, str], *, french: bool) -> list[list[str]]:
    figures = {"net": row.net_amount, "vat": row.vat_amount, "gross": row.gross_amount}
    if row.kind is not Kind.CREDIT_NOTE:
        figures["open"] = Decimal(0) if row.kind is Kind.FEE else row.gross_amount
    return [[words[name], _money(figure, french)] for name, figure in figures.items()]


def _payment(row: IssuedInvoice, sheet: Sheet, words: dict[str, str], contact: str) -> list[str]:
    said = [terms_of(row, sheet.language)]
    if sheet.account:
        bank = {"iban": sheet.account.iban, "bic": sheet.account.bic or "", "number": row.number}
        said.append(words["pay_to"].format(**bank))
    return [*said, f"{words['contact']} : {contact}"]


def _number(value: Decimal, french: bool) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if french else text


def _money(value: Decimal, french: bool) -> str:
    text = f"{value:,.2f}"
    return (text.replace(",", "\u00a0").replace(".", ",") if french else text) + " €"
