"""Paper: the PDFs that people hand in, typeset for the occasion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import typst

SHEET = """#let sheet = json(bytes(sys.inputs.sheet))
#set page(paper: "a4", margin: 2.2cm)
#set text(lang: "fr", font: "Libertinus Serif", size: 11pt)
#set document(title: sheet.title, date: datetime(year: sheet.year, month: sheet.month, day: sheet.day))
= #sheet.title
#v(1em)
#for (name, value) in sheet.facts [*#name* : #value \\ ]
#if sheet.table.len() > 0 {
  v(1em)
  table(
    columns: (1fr,) + (auto,) * (sheet.table.at(0).len() - 1),
    table.header(..sheet.table.at(0).map(cell => [*#cell*])),
    ..sheet.table.slice(1).flatten().map(cell => [#cell]),
  )
}
#v(1em)
#for sentence in sheet.sentences [#sentence #parbreak()]
"""


def typeset(
    title: str,
    day: date,
    facts: Mapping[str, str],
    *,
    table: Sequence[Sequence[str]] = (),
    sentences: Sequence[str] = (),
) -> bytes:
    """A PDF/A-3b sheet: a title, facts, perhaps a table, sentences. Its words are data, never markup."""
    sheet = {
        "title": title,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "facts": list(facts.items()),
        "table": [list(row) for row in table],
        "sentences": list(sentences),
    }
    pdf = typst.compile(
        SHEET.encode(), format="pdf", pdf_standards="a-3b", sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False)}
    )
    assert isinstance(pdf, bytes)
    return pdf


def certificate(kind: str, company: str, siret: str, day: date) -> bytes:
    """A compliance document of a company, issued on `day`."""
    facts = {"Entreprise": company, "SIRET": siret, "Délivré le": f"{day:%d/%m/%Y}"}
    return typeset(
        kind.replace("_", " ").capitalize(), day, facts, sentences=["Document établi pour la démonstration."]
    )


def purchase_order(reference: str, company: str, title: str, day: date) -> bytes:
    """The client's own order."""
    facts = {"Bon de commande": reference, "Client": company, "Objet": title, "Date": f"{day:%d/%m/%Y}"}
    return typeset(f"Bon de commande {reference}", day, facts)
