"""The French texts of sworn statements, as dated data (CO-31, CO-33, CO-44)."""

from dataclasses import dataclass
from datetime import date

from chassis.errors import NotFound
from company.compliance.rules import DocumentType


class NoStatementTemplate(NotFound):
    """The kind of document is not a statement that a company writes itself."""

    code, title = "no_statement_template", "There is no template for this kind of document"


@dataclass(frozen=True, slots=True)
class Statement:
    """One template from `valid_from` on: what is sworn, and the offences of which nobody was convicted."""

    type: DocumentType
    title: str
    declared: tuple[str, ...]
    offences: tuple[str, ...]
    valid_from: date


_OFFENCES = (
    "travail dissimulé (articles L. 8221-1 et L. 8221-2 du Code du travail)",
    "marchandage (article L. 8231-1 du Code du travail)",
    "prêt illicite de main-d'œuvre (article L. 8241-1 du Code du travail)",
    "emploi d'étrangers non autorisés à travailler (articles L. 8251-1 et L. 8251-2 du Code du travail)",
)
_CODE = date(2008, 5, 1)

STATEMENTS = (
    Statement(
        DocumentType.SWORN_TAX_STATEMENT,
        "Attestation sur l'honneur relative aux obligations fiscales",
        (
            "avoir déposé auprès de l'administration fiscale, à ce jour, l'ensemble des déclarations obligatoires",
            "être à jour du paiement des impôts et taxes exigibles à cette date",
        ),
        _OFFENCES,
        _CODE,
    ),
    Statement(
        DocumentType.SWORN_EMPLOYMENT_STATEMENT,
        "Attestation sur l'honneur relative à l'emploi des salariés",
        (
            "employer ses salariés régulièrement au regard des articles L. 1221-10, L. 3243-2 et R. 3243-1",
            "n'employer de salariés étrangers qu'autorisés à exercer une activité professionnelle en France",
        ),
        _OFFENCES,
        _CODE,
    ),
)


def statement_on(kind: DocumentType, on: date) -> Statement:
    """The text in force on a day. Raises NoStatementTemplate."""
    known = [text for text in STATEMENTS if text.type is kind and text.valid_from <= on]
    if not known:
        raise NoStatementTemplate
    return max(known, key=lambda text: text.valid_from)
