"""Which documents a company must provide, as dated data (CO-30 to CO-36, CO-43, CO-50, settled question C1).

The terms copy an older text of article D8222-5 of the Labour Code; all that they ask for is platform policy,
and each rule says whether today's law asks for it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chassis.clock import months_after
from company.company.countries import FRANCE
from company.compliance.home_bodies import has_home_body
from contracts.company import SpecialTaxStatus
from contracts.roles import ProfileType


class DocumentType(StrEnum):
    """Kinds of documents."""

    URSSAF_CERTIFICATE = "urssaf_certificate"
    REGISTRATION_EXTRACT = "registration_extract"
    """K or Kbis; abroad, the like of it."""
    RNE_CERTIFICATE = "rne_certificate"
    """Registration in the national register of companies, trades section."""
    HEADED_PAPER = "headed_paper"
    """A quote, advertisement or letter with name, full address and registration number."""
    FILING_RECEIPT = "filing_receipt"
    """From the business formalities centre, while the registration is under way."""
    SIRENE_NOTICE = "sirene_notice"
    """Avis de situation au répertoire Sirene."""
    SWORN_TAX_STATEMENT = "sworn_tax_statement"
    SWORN_EMPLOYMENT_STATEMENT = "sworn_employment_statement"
    FOREIGN_WORKER_LIST = "foreign_worker_list"
    VAT_DOCUMENT = "vat_document"
    IDENTITY_AND_ADDRESS = "identity_and_address"
    FISCAL_REPRESENTATIVE = "fiscal_representative"
    SOCIAL_REGULARITY = "social_regularity"
    """Under regulation (EC) 883/2004 (form A1) or a social security treaty."""
    HOME_BODY_CERTIFICATE = "home_body_certificate"


class Basis(StrEnum):
    """Why a document is asked for."""

    LEGAL_MINIMUM = "legal_minimum"
    CONTRACT_POLICY = "contract_policy"


class CountryGroup(StrEnum):
    """Where a rule applies."""

    FRANCE = "france"
    ABROAD = "abroad"
    ABROAD_WITH_HOME_BODY = "abroad_with_home_body"
    """Where the home country's law has a body that certifies that contributions are paid."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which rules concern a company. `employs_staff` is absent until the company says so."""

    profile_type: ProfileType
    country: str
    special_tax_status: SpecialTaxStatus | None = None
    employs_staff: bool | None = None

    @property
    def sole_trader(self) -> bool:
        """Whether it is an auto-entrepreneur."""
        return self.special_tax_status is SpecialTaxStatus.AUTO_ENTREPRENEUR

    @property
    def has_staff(self) -> bool:
        """What the company declared; until then a consultancy is taken to employ people, a freelance is not."""
        if self.employs_staff is None:
            return self.profile_type is ProfileType.CONSULTANCY
        return self.employs_staff

    @property
    def groups(self) -> frozenset[CountryGroup]:
        """Which groups its country belongs to."""
        if self.country == FRANCE:
            return frozenset({CountryGroup.FRANCE})
        if has_home_body(self.country):
            return frozenset({CountryGroup.ABROAD, CountryGroup.ABROAD_WITH_HOME_BODY})
        return frozenset({CountryGroup.ABROAD})


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement, named like the document that usually meets it, from `valid_from` to `valid_until` included.

    A document holds for less than `months` months from its date of issue; for ever when None. One that is not
    `required` is taken when offered, one that is `for_staff` required of those who employ people. What is not
    `in_french` needs a translation where that is set.
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
    for_staff: bool = False
    in_french: bool = False
    alternatives: tuple[DocumentType, ...] = ()
    for_sole_traders: tuple[DocumentType, ...] = ()

    def applies(self, to: Situation, on: date) -> bool:
        """Say whether the rule concerns such a company on that day."""
        in_force = self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)
        return in_force and to.profile_type in self.profiles and bool(self.where & to.groups)

    def binds(self, company: Situation) -> bool:
        """Say whether a company that it concerns has to meet it."""
        return self.required and (company.has_staff or not self.for_staff)

    def accepts(self, company: Situation) -> tuple[DocumentType, ...]:
        """The kinds of documents of which any one meets it."""
        return (self.type, *self.alternatives, *(self.for_sole_traders if company.sole_trader else ()))

    def expires_on(self, issued_on: date) -> date | None:
        """The first day on which a document issued that day no longer holds."""
        return None if self.months is None else months_after(issued_on, self.months)


_CONSULTANCY = frozenset({ProfileType.CONSULTANCY})
_FREELANCE = frozenset({ProfileType.FREELANCE})
_PROVIDER = _CONSULTANCY | _FREELANCE
_CLIENT = frozenset({ProfileType.CLIENT})
_FRANCE = frozenset({CountryGroup.FRANCE})
_ABROAD = frozenset({CountryGroup.ABROAD})
_WITH_HOME_BODY = frozenset({CountryGroup.ABROAD_WITH_HOME_BODY})
_CODE = date(2008, 5, 1)
"""The Labour Code in its present numbering."""
_CERTIFICATE = date(2012, 1, 1)
"""D8222-5 asks for the L243-15 certificate, whose authenticity is to be checked."""
_ANY_REGISTRATION = (DocumentType.RNE_CERTIFICATE, DocumentType.HEADED_PAPER, DocumentType.FILING_RECEIPT)
_SIRENE = (DocumentType.SIRENE_NOTICE,)

RULES: Sequence[Rule] = (
    Rule(
        DocumentType.URSSAF_CERTIFICATE, _PROVIDER, _FRANCE, 6, Basis.LEGAL_MINIMUM,
        "D8222-5 1° of the Labour Code, L243-15 of the Social Security Code", _CERTIFICATE,
    ),
    Rule(
        DocumentType.REGISTRATION_EXTRACT, _PROVIDER, _FRANCE, None, Basis.LEGAL_MINIMUM,
        "D8222-5 2° of the Labour Code: any one of these; a Sirene situation notice serves an auto-entrepreneur",
        _CODE, alternatives=_ANY_REGISTRATION, for_sole_traders=_SIRENE,
    ),
    Rule(
        DocumentType.SWORN_TAX_STATEMENT, _PROVIDER, _FRANCE, 6, Basis.CONTRACT_POLICY,
        "terms, from D8222-5 as it stood until 2011", _CODE,
    ),
    Rule(
        DocumentType.SWORN_EMPLOYMENT_STATEMENT, _PROVIDER, _FRANCE, 6, Basis.CONTRACT_POLICY,
        "terms, from D8222-5 as it stood until 2011: where there is staff", _CODE, for_staff=True,
    ),
    Rule(
        DocumentType.FOREIGN_WORKER_LIST, _PROVIDER, _FRANCE, 6, Basis.LEGAL_MINIMUM,
        "D8254-2 of the Labour Code: the list, or that there is nobody to list", _CODE,
    ),
    Rule(
        DocumentType.VAT_DOCUMENT, _PROVIDER, _ABROAD, None, Basis.LEGAL_MINIMUM,
        "D8222-7 1° a of the Labour Code: VAT number, or identity and address, or fiscal representative in France",
        _CODE, in_french=True,
        alternatives=(DocumentType.IDENTITY_AND_ADDRESS, DocumentType.FISCAL_REPRESENTATIVE),
    ),
    Rule(
        DocumentType.SOCIAL_REGULARITY, _PROVIDER, _ABROAD, 6, Basis.LEGAL_MINIMUM,
        "D8222-7 1° b of the Labour Code", _CODE, in_french=True,
    ),
    Rule(
        DocumentType.HOME_BODY_CERTIFICATE, _PROVIDER, _WITH_HOME_BODY, 6, Basis.LEGAL_MINIMUM,
        "D8222-7 1° b of the Labour Code: where the country's law provides for it; failing that, the certificate "
        "of article L243-15 of the Social Security Code",
        _CODE, in_french=True, alternatives=(DocumentType.URSSAF_CERTIFICATE,),
    ),
    Rule(
        DocumentType.REGISTRATION_EXTRACT, _PROVIDER, _ABROAD, None, Basis.LEGAL_MINIMUM,
        "D8222-7 2° of the Labour Code: where the country makes registration compulsory", _CODE,
        required=False, in_french=True, alternatives=(DocumentType.HEADED_PAPER, DocumentType.FILING_RECEIPT),
    ),
    Rule(
        DocumentType.REGISTRATION_EXTRACT, _CLIENT, _FRANCE | _ABROAD, None, Basis.CONTRACT_POLICY,
        "terms, article 9.02", _CODE, alternatives=(DocumentType.RNE_CERTIFICATE, DocumentType.SIRENE_NOTICE),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which amount without VAT, in euros, the law asks for the checks; the platform asks for them always."""

    amount: Decimal
    source: str
    valid_from: date


THRESHOLDS = (
    Threshold(Decimal("3000.00"), "R8222-1 of the Labour Code, before decree 2015-364", _CODE),
    Threshold(
        Decimal("5000.00"), "R8222-1 of the Labour Code: the whole service, however it is paid", date(2015, 4, 1)
    ),
)


def threshold_on(on: date) -> Threshold:
    """The threshold in force on a day; on days before the first, the first."""
    return next((known for known in reversed(THRESHOLDS) if known.valid_from <= on), THRESHOLDS[0])


def rules_for(company: Situation, on: date, rules: Sequence[Rule] = RULES) -> list[Rule]:
    """The rules that concern such a company on that day."""
    return [rule for rule in rules if rule.applies(company, on)]


def last_change(on: date, rules: Sequence[Rule] = RULES) -> date:
    """The latest day up to `on` on which a rule came into force or had just ended."""
    starts = [rule.valid_from for rule in rules]
    ends = [date.fromordinal(rule.valid_until.toordinal() + 1) for rule in rules if rule.valid_until]
    return max((day for day in [*starts, *ends] if day <= on), default=date.min)
