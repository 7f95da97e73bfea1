"""The BPF as people keep it: a PDF in French with every line that may be invoiced (BL-01, BL-03)."""

from __future__ import annotations

from decimal import Decimal

from billing.bpf.domain import Bpf, BpfKind
from billing.bpf.lines import DAY, BpfLine
from billing.settings import BillingSettings
from chassis.documents import typeset
from contracts.company import LegalIdentity

TEMPLATE = """#let sheet = json(bytes(sys.inputs.sheet))
#set page(paper: "a4", margin: 2cm, footer: context [#text(8pt)[#sheet.reference #h(1fr) #counter(page).display()]])
#set text(lang: "fr", font: "Libertinus Serif", size: 10pt, hyphenate: false)
#set document(title: sheet.title, date: datetime(year: sheet.year, month: sheet.month, day: sheet.day))
= #sheet.title
#sheet.issued
#v(0.8em)
#table(columns: (4.5cm, 1fr), stroke: 0.4pt + gray, ..sheet.facts.flatten().map(cell => [#cell]))
#v(0.8em)
#table(
  columns: (1fr, auto, auto, auto, auto),
  align: (left, right, right, right, right),
  stroke: 0.4pt + gray,
  table.header([*Désignation*], [*Quantité*], [*Prix unitaire HT*], [*TVA*], [*Montant HT*]),
  ..sheet.lines.flatten().map(cell => [#cell]),
)
#align(right, table(columns: 2, align: right, stroke: none, ..sheet.totals.flatten().map(cell => [#cell])))
#for sentence in sheet.notes [#sentence #parbreak()]
"""
_UNITS = {DAY: "j", "HUR": "h", "C62": ""}
_TITLES = {BpfKind.INVOICE: "Bon pour facturation", BpfKind.CREDIT: "Bon pour facturation (avoir)"}
_EXPECTED = {
    BpfKind.INVOICE: "La facture du prestataire reprend ces lignes et ces montants à l'identique.",
    BpfKind.CREDIT: "Le total est négatif : un avoir (381) est attendu, pour ces montants sans le signe.",
}


async def write(bpf: Bpf, operator: BillingSettings) -> bytes:
    """The whole BPF: whose work, under which order, line by line, with the VAT of each rate."""
    sheet = {
        "title": f"{_TITLES[bpf.kind]} {bpf.reference}",
        "reference": bpf.reference,
        "year": bpf.issued_on.year,
        "month": bpf.issued_on.month,
        "day": bpf.issued_on.day,
        "issued": f"Émis le {bpf.issued_on:%d/%m/%Y}, compte rendu d'activité validé le {bpf.validated_on:%d/%m/%Y}",
        "facts": _facts(bpf, operator),
        "lines": [_line(bpf, line) for line in bpf.lines],
        "totals": _totals(bpf),
        "notes": [bpf.vat_mention or "", _EXPECTED[bpf.kind]],
    }
    return await typeset(TEMPLATE, sheet, archival=True)


def _facts(bpf: Bpf, operator: BillingSettings) -> list[tuple[str, str]]:
    seller = LegalIdentity.model_validate(bpf.seller)
    return [
        ("Prestataire", f"{seller.name}" + (f", SIRET {seller.siret}" if seller.siret else "")),
        ("À facturer à", f"{operator.operator_name}, {operator.operator_address}, SIREN {operator.operator_siren}"),
        ("Bon de commande", bpf.order_reference),
        ("Mission", bpf.title),
        ("Consultant", bpf.consultant_name),
        ("Période", f"du {bpf.period.start:%d/%m/%Y} au {bpf.period.end:%d/%m/%Y}"),
    ]


def _line(bpf: Bpf, line: BpfLine) -> tuple[str, ...]:
    quantity = f"{comma(line.quantity)} {_UNITS.get(line.unit, line.unit)}".rstrip()
    price, rate, net = comma(line.unit_price.amount), comma(line.vat_rate), comma(line.net.amount)
    return bpf.description(line), quantity, price, f"{rate} %", net


def _totals(bpf: Bpf) -> list[tuple[str, str]]:
    vat = [
        (f"TVA {comma(group.rate)} % sur {comma(group.base.amount)} EUR", f"{comma(group.amount.amount)} EUR")
        for group in bpf.vat_groups
    ]
    return [("Total HT", f"{comma(bpf.net.amount)} EUR"), *vat, ("Total TTC", f"{comma(bpf.gross.amount)} EUR")]


def comma(number: Decimal) -> str:
    """A number with two decimals, as French documents write it."""
    return f"{number:.2f}".replace(".", ",")
