"""What may be subscribed to, at what price and on which terms of sale, as dated data (BL-32)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.issuing.sheet import Language
from contracts.values import Money


class PaidPlan(StrEnum):
    """The plans that cost something; what each offers is the company service's to say."""

    BUSINESS = "business"


class EndsAt(StrEnum):
    """When a subscription ends of which a company unsubscribes, by the terms that it accepted (BL-34)."""

    END_OF_MONTH = "end_of_month"
    """With the running month, counted from the first day of the subscription."""
    END_OF_TERM = "end_of_term"


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """One version of the terms of sale; the French text binds."""

    version: str
    texts: dict[Language, str]
    unsubscribing: EndsAt

    @property
    def binding(self) -> str:
        """The text that binds."""
        return self.texts[Language.FR]

    @property
    def sha256(self) -> str:
        """Fingerprint of the text that binds, in UTF-8 and hexadecimal."""
        return hashlib.sha256(self.binding.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SubscriptionOffer:
    """A plan for a fixed term at a price without VAT, sold from `valid_from` to `valid_until`, both included."""

    code: str
    plan: PaidPlan
    months: int
    price: Money
    terms: SaleTerms
    valid_from: date
    valid_until: date | None = None


_TERMS_2026 = SaleTerms(
    "CGV-ABO-2026-01",
    {
        Language.FR: (
            "1. L'abonnement est conclu pour la durée déterminée choisie, à compter de l'acceptation des présentes.\n"
            "2. À son expiration il est renouvelé automatiquement pour une durée identique, sauf volonté contraire de "
            "l'abonné exprimée dans la rubrique « Statut » avant le terme.\n"
            "3. L'abonné peut se désabonner à tout moment : l'abonnement prend fin avec le mois d'abonnement en "
            "cours, sans remboursement du prix de la période.\n"
            "4. La résiliation pour manquement de l'abonné met fin à l'abonnement sans délai et n'entraîne aucun "
            "remboursement des sommes déjà versées.\n"
        ),
        Language.EN: (
            "1. The subscription is taken out for the fixed term chosen, from the acceptance of these terms.\n"
            "2. At its end it is renewed for the same term, unless the subscriber decides otherwise on the page "
            "“Status” before that.\n"
            "3. The subscriber may unsubscribe at any time: the subscription ends with its running month, and the "
            "price of the term is not paid back.\n"
            "4. Termination for the subscriber's breach ends the subscription at once, and nothing paid is paid "
            "back.\n"
        ),
    },
    EndsAt.END_OF_MONTH,
)

OFFERS: Sequence[SubscriptionOffer] = tuple(
    SubscriptionOffer(f"business-{months}", PaidPlan.BUSINESS, months, Money.of(price), _TERMS_2026, date(2026, 1, 1))
    for months, price in ((1, "59.00"), (3, "159.00"), (12, "590.00"))
)


def offers_on(day: date, offers: Sequence[SubscriptionOffer] = OFFERS) -> list[SubscriptionOffer]:
    """What is sold on that day; of two editions of an offer the newer."""
    sold = [one for one in offers if one.valid_from <= day and (one.valid_until is None or day <= one.valid_until)]
    return list({one.code: one for one in sorted(sold, key=lambda one: one.valid_from)}.values())


def offer_of(code: str, day: date, offers: Sequence[SubscriptionOffer] = OFFERS) -> SubscriptionOffer | None:
    """The offer of that code on that day."""
    return next((one for one in offers_on(day, offers) if one.code == code), None)
