"""The mandate as people keep it, and the specimen of an invoice."""

from __future__ import annotations

from billing.self_billing.mandate import Mandate
from chassis.clock import PARIS, business_date
from chassis.documents import typeset
from contracts.roles import SignatoryCapacity

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
