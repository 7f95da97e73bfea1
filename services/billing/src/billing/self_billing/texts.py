"""The text of the self-billing mandate, as dated data (CGI ann. II, art. 242 nonies, I)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class MandateText:
    """One version, signed from `valid_from` on until the next one is; braces stand for the two parties."""

    version: str
    title: str
    articles: tuple[str, ...]
    valid_from: date


MANDATE_TEXTS: Sequence[MandateText] = (
    MandateText(
        "MF-2026-01",
        "Mandat de facturation",
        (
            (
                "{company} ({company_number}, {company_address}), le Mandant, donne à {operator} (SIREN "
                "{operator_siren}, {operator_address}), le Mandataire, qui l'accepte, mandat exprès d'établir et "
                "d'émettre en son nom et pour son compte les factures des prestations validées que le Mandant "
                "réalise par la plateforme."
            ),
            (
                "Le mandat est préalable : il ne vaut que pour les prestations qui ne sont pas achevées au jour de "
                "sa signature. Il est donné sans limite de durée et peut être révoqué à tout moment pour l'avenir."
            ),
            (
                "Chaque facture porte la mention « Autofacturation », un numéro d'une série propre au Mandant, et "
                "lui est transmise dès son émission. Avant son émission, un spécimen sans numéro lui est "
                "communiqué."
            ),
            (
                "Le Mandant dispose de {contest_days} jours à compter de l'émission d'une facture pour la contester"
                " par écrit sur la plateforme. Une contestation fondée donne lieu à un avoir et à une nouvelle "
                "facture."
            ),
            (
                "Le Mandant conserve l'entière responsabilité de ses obligations en matière de facturation et de "
                "leurs conséquences au regard de la taxe sur la valeur ajoutée. Il verse au Trésor la taxe facturée"
                " en son nom, réclame sans délai le double d'une facture qui ne lui serait pas parvenue, et signale"
                " tout changement de ses mentions d'identification."
            ),
        ),
        date(2026, 1, 1),
    ),
)


def mandate_text_on(day: date, texts: Sequence[MandateText] = MANDATE_TEXTS) -> MandateText:
    """The version that is signed on that day: the newest in force, or the first one ever."""
    in_force = [text for text in texts if text.valid_from <= day]
    return max(in_force, key=lambda text: text.valid_from) if in_force else texts[0]
