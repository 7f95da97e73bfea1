"""Why a payment was taken to settle something, in words (BL-24)."""

from __future__ import annotations

from billing.bank.domain import Rule
from billing.payment.explanation import Language

_WHY: dict[Rule, dict[Language, str]] = {
    Rule.REFERENCE: {
        Language.FRENCH: "Le virement cite la facture, ou la banque répète la référence de notre virement.",
        Language.ENGLISH: "The transfer quotes the invoice, or the bank repeats the reference of our transfer.",
    },
    Rule.AMOUNT_AND_ACCOUNT: {
        Language.FRENCH: "Il vient du compte de la société et son montant est celui d'une seule facture ouverte.",
        Language.ENGLISH: "It comes from the company's account and is the amount of exactly one open invoice.",
    },
    Rule.REMAINDER: {
        Language.FRENCH: "Le virement dépasse les factures qu'il cite : le reste est gardé pour une prochaine facture.",
        Language.ENGLISH: "The transfer is more than the invoices that it quotes: the rest is kept for a next invoice.",
    },
    Rule.CREDITED: {
        Language.FRENCH: "Un avoir a repris ce qui était payé : la somme est gardée pour une prochaine facture.",
        Language.ENGLISH: "A credit note took back what was paid: the amount is kept for a next invoice.",
    },
    Rule.BY_HAND: {
        Language.FRENCH: "Une personne du service comptable a rapproché le virement.",
        Language.ENGLISH: "Somebody of the accounting department matched the transfer.",
    },
}


def why(rule: Rule, language: Language) -> str:
    """A sentence for whoever asks why."""
    return _WHY[rule][language]
