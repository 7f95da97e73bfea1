"""Which VAT a provider's services to the platform, a French taxable person, bear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from contracts.company import LegalIdentity, TaxStatus
from contracts.values import Money

STANDARD_RATE = Decimal("20.00")
"""Per cent, since 2014-01-01 (CGI art. 278)."""

_FRENCH_VAT = frozenset({"FR", "MC", "GP", "MQ", "RE"})
"""Established where French VAT applies; Monaco is treated as France (CGI art. 256-0). A service to a business
is taxed where its customer is (CGI art. 259, 1°), hence at the mainland's rate from overseas too."""
_OVERSEAS, _OVERSEAS_POSTCODES = frozenset({"GP", "MQ", "RE"}), ("971", "972", "974")
_OTHER_MEMBER_STATES = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "HR", "HU"}
    | {"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)


@dataclass(frozen=True, slots=True)
class VatTreatment:
    """Category (UNTDID 5305 as in EN 16931), rate in per cent, and what the invoice must state."""

    category: str
    rate: Decimal
    mention: str | None


NORMAL = VatTreatment("S", STANDARD_RATE, None)
SMALL_BUSINESS = VatTreatment("E", Decimal(0), "TVA non applicable, art. 293 B du CGI")
REVERSE_CHARGE = VatTreatment("AE", Decimal(0), "Autoliquidation, art. 283-2 du CGI")
OUT_OF_SCOPE = VatTreatment("O", Decimal(0), "Autoliquidation, art. 283-2 du CGI")

OVERSEAS = VatTreatment("S", Decimal("8.50"), None)
"""The normal rate in Guadeloupe, Martinique and La Réunion (CGI art. 296)."""
NOT_TAXED_HERE = VatTreatment("O", Decimal(0), "TVA non applicable, art. 259-1° du CGI")
"""A service to a business outside the Union is taxed there, if anywhere."""

OUTLAY = VatTreatment("E", Decimal(0), "Débours, art. 267, II-2° du CGI")
"""What a consultant paid in the client's name: outside the price, and without VAT where the report says zero."""


@dataclass(frozen=True, slots=True)
class VatGroup:
    """One line of the VAT breakdown (BG-23)."""

    category: str
    rate: Decimal
    base: Money
    amount: Money


def groups_of(nets: Iterable[tuple[str, Decimal, Money]]) -> list[VatGroup]:
    """The breakdown of lines given as category, rate and net: VAT is rounded half up once a group (BR-CO-17)."""
    bases: dict[tuple[str, Decimal], Money] = {}
    for category, rate, net in nets:
        bases[category, rate] = bases.get((category, rate), Money.of(0)) + net
    return [VatGroup(category, rate, base, base.times(rate / 100)) for (category, rate), base in bases.items()]


def treatment_at(treatment: VatTreatment, rate: Decimal | None) -> VatTreatment:
    """The VAT of a line that names a rate of its own: it counts only where the provider bears VAT at all."""
    if rate is None or treatment is not NORMAL:
        return treatment
    return VatTreatment("S", rate, None) if rate else OUTLAY


def treatment_of(provider: LegalIdentity) -> VatTreatment:
    """The VAT of a provider's services: by country, then by tax status."""
    if provider.country in _FRENCH_VAT:
        return NORMAL if provider.tax_status is TaxStatus.VAT_LIABLE else SMALL_BUSINESS
    return REVERSE_CHARGE if provider.country in _OTHER_MEMBER_STATES else OUT_OF_SCOPE


def treatment_of_sale(customer: LegalIdentity) -> VatTreatment:
    """The VAT of the platform's own services to a company: by where the customer is alone (CGI art. 259, 1°)."""
    at_home = customer.country == "FR" and customer.address.postcode.startswith(_OVERSEAS_POSTCODES)
    if at_home or customer.country in _OVERSEAS:
        return OVERSEAS
    if customer.country in _FRENCH_VAT:
        return NORMAL
    return REVERSE_CHARGE if customer.country in _OTHER_MEMBER_STATES else NOT_TAXED_HERE
