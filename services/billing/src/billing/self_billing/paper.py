"""The mandate as people keep it, and the specimen of an invoice."""

from __future__ import annotations

from typing import Any

from billing.bpf.domain import Bpf
from billing.issuing.sheet import Language
from billing.self_billing.mandate import Mandate
from billing.settings import BillingSettings
from chassis.clock import PARIS, business_date
from chassis.documents import typeset
from contracts.company import LegalIdentity
from contracts.roles import SignatoryCapacity
from contracts.values import Money

_CAPACITIES = {
    SignatoryCapacity.LEGAL_REPRESENTATIVE: "représentant légal",
    SignatoryCapacity.CORPORATE_OFFICER: "mandataire social",
    SignatoryCapacity.DELEGATION: "titulaire d'une délégation",
}

_MANDATE = """#let sheet = json(bytes(sys.inputs.sheet))
#set page(paper: "a4", margin: 2.4cm, footer: context [#text(8pt)[#sheet.version #h(1fr) #counter(page).display()]])
#set text(lang: "fr", font: "Libertinus Serif", size: 10.5pt, hyphenate: false)
#set document(title: sheet.title, date: datetime(year: sheet.year, month: sheet.month, day: sheet.day))
= #sheet.title
#for paragraph in sheet.paragraphs [#paragraph #parbreak()]
#v(1em)
#table(columns: (5cm, 1fr), stroke: 0.4pt + gray, ..sheet.rows.flatten().map(cell => [#cell]))
"""


async def mandate_paper(mandate: Mandate) -> bytes:
    """The signed text, and on what evidence."""
    day = business_date(mandate.signed_at)
    heading, *paragraphs = mandate.text.strip().split("\n\n")
    sheet = {
        "title": heading.splitlines()[0],
        "version": f"Version {mandate.text_version}",
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "paragraphs": paragraphs,
        "rows": [
            ["Signataire", f"{mandate.signatory_name}, {_CAPACITIES[mandate.signatory_capacity]}"],
            ["Membre", str(mandate.signed_by)],
            ["Signé", f"le {mandate.signed_at.astimezone(PARIS):%d/%m/%Y à %H:%M:%S} (heure de Paris)"],
            ["Texte (SHA-256)", mandate.text_sha256],
            ["Adresse réseau (SHA-256)", mandate.network_address_sha256 or "inconnue"],
        ],
    }
    return await typeset(_MANDATE, sheet, archival=True)


_SPECIMEN = """#let sheet = json(bytes(sys.inputs.sheet))
#let mark = place(center + horizon, rotate(-45deg, text(96pt, fill: luma(225), weight: "bold", sheet.mark)))
#set page(paper: "a4", margin: 2.2cm, background: mark)
#set text(lang: sheet.language, font: "Libertinus Serif", size: 10.5pt, hyphenate: false)
#set document(title: sheet.title)
= #sheet.title
#for line in sheet.heads [#line #linebreak()]
#v(1em)
#table(columns: (1fr, auto, auto, auto, auto), stroke: 0.4pt + gray, ..sheet.rows.flatten().map(cell => [#cell]))
#for line in sheet.totals [#line #linebreak()]
#v(1em)
#for line in sheet.notes [#line #linebreak()]
"""
_WORDS = {
    Language.FR: {
        "mark": "SPÉCIMEN",
        "title": "Spécimen de facture",
        "columns": ["Désignation", "Quantité", "Prix unitaire HT", "TVA", "Montant HT"],
        "seller": "Vendeur",
        "buyer": "Acheteur",
        "order": "Bon de commande",
        "net": "Total HT",
        "vat": "TVA",
        "gross": "Total TTC",
        "no_number": "Ce document n'est pas une facture : il ne porte pas de numéro.",
    },
    Language.EN: {
        "mark": "SPECIMEN",
        "title": "Specimen of an invoice",
        "columns": ["Description", "Quantity", "Unit price", "VAT", "Net"],
        "seller": "Seller",
        "buyer": "Buyer",
        "order": "Order",
        "net": "Total without VAT",
        "vat": "VAT",
        "gross": "Total with VAT",
        "no_number": "This document is no invoice: it bears no number.",
    },
}


async def specimen_paper(bpf: Bpf, operator: BillingSettings, language: Language) -> bytes:
    """What the invoice of this BPF would say, in the provider's language, without a number."""
    return await typeset(_SPECIMEN, specimen_sheet(bpf, operator, language))


def specimen_sheet(bpf: Bpf, operator: BillingSettings, language: Language) -> dict[str, Any]:
    """The specimen's content: parties, lines, totals, and the mentions that the invoice will bear."""
    words = _WORDS[language]
    seller = LegalIdentity.model_validate(bpf.seller)
    rows = [
        [
            bpf.description(line),
            f"{line.quantity:f} {line.unit}",
            _euros(line.unit_price),
            f"{line.vat_rate:.2f} %",
            _euros(line.net),
        ]
        for line in bpf.lines
    ]
    buyer = f"{operator.operator_name}, {operator.operator_address} ({operator.operator_vat_number})"
    numbers = ", ".join(number for number in (seller.siret, seller.vat_number) if number)
    return {
        "language": language.value,
        "mark": words["mark"],
        "title": words["title"],
        "heads": [
            f"{words['seller']} : {seller.name} ({numbers})",
            f"{words['buyer']} : {buyer}",
            f"{words['order']} : {bpf.order_reference} · {bpf.reference}",
        ],
        "rows": [words["columns"], *rows],
        "totals": [f"{words[name]} : {_euros(getattr(bpf, name))}" for name in ("net", "vat", "gross")],
        "notes": ["Autofacturation", *([bpf.vat_mention] if bpf.vat_mention else []), words["no_number"]],
    }


def _euros(money: Money) -> str:
    return f"{money.amount:.2f} €"
