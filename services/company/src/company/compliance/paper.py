"""Documents that the platform makes for a company: its words are data, never markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chassis.documents import typeset
from company.company.domain import Company
from company.compliance.foreign_workers import Worker
from company.compliance.statement_texts import Statement

_SHEET = """#let sheet = json(bytes(sys.inputs.sheet))
#set page(paper: "a4", margin: 2.5cm)
#set text(lang: "fr", font: "Libertinus Serif", size: 11pt, hyphenate: false)
#set document(title: sheet.title, date: datetime(year: sheet.year, month: sheet.month, day: sheet.day))
= #sheet.title
#v(1em)
#for sentence in sheet.opening [#sentence #parbreak()]
#for sentence in sheet.points [- #sentence #parbreak()]
#for sentence in sheet.closing [#sentence #parbreak()]
#if sheet.table.len() > 0 {
  table(
    columns: (auto, auto, 1fr, auto),
    table.header(..sheet.table.at(0).map(cell => [*#cell*])),
    ..sheet.table.slice(1).flatten().map(cell => [#cell]),
  )
}
#v(2em)
#for sentence in sheet.signature [#sentence #parbreak()]
"""
_SIGNATURE = ("Fait à ……………………………, le ……………………………", "Nom, prénom et qualité du signataire :", "Signature :")


async def statement_template(company: Company, statement: Statement, today: date) -> bytes:
    """A sworn statement filled in with the company, to be dated and signed by whoever engages it."""
    empowered = (
        "Je soussigné(e) ……………………………………………, agissant en qualité de ………………………………… et dûment habilité(e) à engager la "
        f"société {_identity(company)}"
    )
    opening = (
        empowered,
        "atteste sur l'honneur que cette société déclare :",
    )
    offences = " ; ".join(statement.offences)
    clean = (
        "et que ni la société ni ses représentants n'ont fait l'objet, au cours des cinq dernières années, d'une "
        f"condamnation pour les infractions suivantes : {offences}."
    )
    return await _typeset(
        statement.title, today, opening=opening, points=statement.declared, closing=(clean,), signature=_SIGNATURE
    )


async def worker_list(company: Company, workers: Sequence[Worker], today: date) -> bytes:
    """The list of article D8254-2 of the Labour Code, or the declaration that there is nobody to list."""
    law = "Liste établie en application des articles D. 8254-2 et L. 8251-1 du Code du travail"
    opening = (f"{law} par la société {_identity(company)}",)
    nil = ("La société déclare n'employer aucun salarié étranger soumis à autorisation de travail.",)
    table = [("Embauche", "Nationalité", "Titre valant autorisation de travail", "Numéro")]
    table += [(f"{w.hired_on:%d/%m/%Y}", w.nationality, w.permit_type, w.permit_number) for w in workers]
    return await _typeset(
        "Liste nominative des salariés étrangers soumis à autorisation de travail",
        today,
        opening=opening,
        closing=() if workers else nil,
        table=table if workers else (),
        signature=(f"Établie en ligne le {today:%d/%m/%Y}.",),
    )


def _identity(company: Company) -> str:
    address = company.address
    lines = ", ".join(part for part in (address.line1, address.line2, f"{address.postcode} {address.city}") if part)
    number = (
        f"SIRET {company.siret}" if company.siret else f"numéro {company.registration_number or company.vat_number}"
    )
    return f"{company.name}, {number}, établie {lines} ({address.country}),"


async def _typeset(
    title: str,
    day: date,
    *,
    opening: Sequence[str] = (),
    points: Sequence[str] = (),
    closing: Sequence[str] = (),
    table: Sequence[Sequence[str]] = (),
    signature: Sequence[str] = (),
) -> bytes:
    sheet = {
        "title": title,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "opening": list(opening),
        "points": list(points),
        "closing": list(closing),
        "table": [list(row) for row in table],
        "signature": list(signature),
    }
    return await typeset(_SHEET, sheet)
