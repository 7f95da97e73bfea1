"""Which documents a company must provide, as dated data (CO-30 to CO-36, CO-43, CO-50, settled question C1).

The terms copy an older text of article D8222-5 of the Labour Code; all that they ask for is platform policy,
and each rule says whether today's law asks for it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from company.company.countries import FRANCE
from company.compliance.calendar import months_after
from contracts.roles import ProfileType


class DocumentType(StrEnum):
    """Kinds of documents."""

    URSSAF_CERTIFICATE = "urssaf_certificate"
    REGISTRATION_EXTRACT = "registration_extract"
    SWORN_TAX_STATEMENT = "sworn_tax_statement"
    SWORN_EMPLOYMENT_STATEMENT = "sworn_employment_statement"
    FOREIGN_WORKER_LIST = "foreign_worker_list"
    VAT_DOCUMENT = "vat_document"
    SOCIAL_REGULARITY = "social_regularity"


class Basis(StrEnum):
    """Why a document is asked for."""

    LEGAL_MINIMUM = "legal_minimum"
    CONTRACT_POLICY = "contract_policy"


class CountryGroup(StrEnum):
    """Where a rule applies."""

    FRANCE = "france"
    ABROAD = "abroad"


@dataclass(frozen=True, slots=True)
class Rule:
    """One document asked of some companies, from `valid_from` to `valid_until`, both included.

    A document of the type holds for less than `months` months from its date of issue; for ever when None.
    One that is not `required` is taken when offered.
    """

    type: DocumentType
    profiles: frozenset[ProfileType]
    where: frozenset[CountryGroup]
    months: int | None
    basis: Basis
    source: str
    valid_from: date
    valid_until: date | None = None
    required: bool = True

    def applies(self, profile_type: ProfileType, country: str, on: date) -> bool:
        """Say whether the rule concerns such a company on that day."""
        group = CountryGroup.FRANCE if country == FRANCE else CountryGroup.ABROAD
        in_force = self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)
        return in_force and profile_type in self.profiles and group in self.where

    def expires_on(self, issued_on: date) -> date | None:
        """The first day on which a document issued that day no longer holds."""
        return None if self.months is None else months_after(issued_on, self.months)


_CONSULTANCY = frozenset({ProfileType.CONSULTANCY})
_FREELANCE = frozenset({ProfileType.FREELANCE})
_PROVIDER = _CONSULTANCY | _FREELANCE
_CLIENT = frozenset({ProfileType.CLIENT})
_FRANCE = frozenset({CountryGroup.FRANCE})
_ABROAD = frozenset({CountryGroup.ABROAD})
_CODE = date(2008, 5, 1)
"""The Labour Code in its present numbering."""
_CERTIFICATE = date(2012, 1, 1)
"""D8222-5 asks for the L243-15 certificate, whose authenticity is to be checked."""

RULES: Sequence[Rule] = (
    Rule(
        DocumentType.URSSAF_CERTIFICATE, _PROVIDER, _FRANCE, 6, Basis.LEGAL_MINIMUM,
        "D8222-5 1° of the Labour Code, L243-15 of the Social Security Code", _CERTIFICATE,
    ),
    Rule(
        DocumentType.REGISTRATION_EXTRACT, _PROVIDER, _FRANCE, None, Basis.LEGAL_MINIMUM,
        "D8222-5 2° of the Labour Code; a Sirene situation notice serves a sole trader", _CODE,
    ),
    Rule(
        DocumentType.SWORN_TAX_STATEMENT, _PROVIDER, _FRANCE, 6, Basis.CONTRACT_POLICY,
        "terms, from D8222-5 as it stood until 2011", _CODE,
    ),
    Rule(
        DocumentType.SWORN_EMPLOYMENT_STATEMENT, _CONSULTANCY, _FRANCE, 6, Basis.CONTRACT_POLICY,
        "terms, from D8222-5 as it stood until 2011: where there is staff", _CODE,
    ),
    Rule(
        DocumentType.SWORN_EMPLOYMENT_STATEMENT, _FREELANCE, _FRANCE, 6, Basis.CONTRACT_POLICY,
        "terms: a freelance has no staff, and may say so", _CODE, required=False,
    ),
    Rule(
        DocumentType.FOREIGN_WORKER_LIST, _PROVIDER, _FRANCE, 6, Basis.LEGAL_MINIMUM,
        "D8254-2 of the Labour Code: the list, or that there is nobody to list", _CODE,
    ),
    Rule(
        DocumentType.VAT_DOCUMENT, _PROVIDER, _ABROAD, None, Basis.LEGAL_MINIMUM,
        "D8222-7 1° a of the Labour Code, or proof of identity, address and fiscal representative", _CODE,
    ),
    Rule(
        DocumentType.SOCIAL_REGULARITY, _PROVIDER, _ABROAD, 6, Basis.LEGAL_MINIMUM,
        "D8222-7 1° b of the Labour Code", _CODE,
    ),
    Rule(
        DocumentType.REGISTRATION_EXTRACT, _CLIENT, _FRANCE | _ABROAD, None, Basis.CONTRACT_POLICY,
        "terms, article 9.02", _CODE,
    ),
)  # fmt: skip


def rules_for(profile_type: ProfileType, country: str, on: date, rules: Sequence[Rule] = RULES) -> list[Rule]:
    """The rules that concern such a company on that day."""
    return [rule for rule in rules if rule.applies(profile_type, country, on)]


def last_change(on: date, rules: Sequence[Rule] = RULES) -> date:
    """The latest day up to `on` on which a rule came into force or had just ended."""
    starts = [rule.valid_from for rule in rules]
    ends = [date.fromordinal(rule.valid_until.toordinal() + 1) for rule in rules if rule.valid_until]
    return max((day for day in [*starts, *ends] if day <= on), default=date.min)
