"""Which identifiers a company must give, and whether they speak of the same company (CO-09, CO-11, CO-46)."""

from datetime import date

from chassis.errors import Problem, Unprocessable, require
from company.company.countries import EU, FRANCE, VAT_PREFIX, rules_of
from company.company.fields import NumberField
from contracts.company import LegalIdentity, SpecialTaxStatus, TaxStatus
from contracts.identifiers import Siret, VatNumber


class SiretMissing(Unprocessable):
    """A French company has a SIRET."""

    code, title = "siret_missing", "A French company needs its SIRET"


class SiretNotExpected(Unprocessable):
    """A SIRET belongs to a French company only."""

    code, title = "siret_not_expected", "Only a French company has a SIRET"


class VatNumberMissing(Unprocessable):
    """A company of the EU that is liable to VAT has a number."""

    code, title = "vat_number_missing", "A company liable to VAT needs its VAT number"


class VatNumberOfAnotherCountry(Unprocessable):
    """The prefix is not the country's."""

    code, title = "vat_number_of_another_country", "The VAT number belongs to another country"


class VatNumberOfAnotherCompany(Unprocessable):
    """The French VAT number holds another SIREN than the SIRET."""

    code, title = "vat_number_of_another_company", "The VAT number and the SIRET belong to two companies"


class RegistrationNumberMissing(Unprocessable):
    """A foreign company is told from others by its VAT number in the EU, or by its register's number (CO-09)."""

    code, title = "registration_number_missing", "A registration number, or in the EU a VAT number, is needed"


class RegistrationNumberNotExpected(Unprocessable):
    """The number of a French company is its SIRET."""

    code, title = "registration_number_not_expected", "A French company gives its SIRET instead"


class RegistrationNumberInvalid(Unprocessable):
    """The country writes its numbers in another way, or the check digits are wrong."""

    code, title = "registration_number_invalid", "This is no registration number of the country"


class TaxNumberNotExpected(Unprocessable):
    """In the EU it is the VAT number."""

    code, title = "tax_number_not_expected", "A company of this country gives no tax number here"


class TaxNumberInvalid(Unprocessable):
    """The country writes its numbers in another way, or the check digits are wrong."""

    code, title = "tax_number_invalid", "This is no tax number of the country"


class SpecialTaxStatusNotOffered(Unprocessable):
    """The regime belongs to other countries (CO-11)."""

    code, title = "special_tax_status_not_offered", "This tax regime does not exist for the country"


class SpecialTaxStatusContradicts(Unprocessable):
    """Who charges no VAT by a special regime is exempt; who leaves it to the customer is liable."""

    code, title = "special_tax_status_contradicts", "The special tax status contradicts the tax status"


REFUSALS = (
    SiretMissing,
    SiretNotExpected,
    VatNumberMissing,
    VatNumberOfAnotherCountry,
    VatNumberOfAnotherCompany,
    RegistrationNumberMissing,
    RegistrationNumberNotExpected,
    RegistrationNumberInvalid,
    TaxNumberNotExpected,
    TaxNumberInvalid,
    SpecialTaxStatusNotOffered,
    SpecialTaxStatusContradicts,
)
"""All that `checked` may answer."""

_IMPLIED = {
    SpecialTaxStatus.FRANCHISE_EN_BASE: TaxStatus.VAT_EXEMPT,
    SpecialTaxStatus.SMALL_BUSINESS_SCHEME: TaxStatus.VAT_EXEMPT,
    SpecialTaxStatus.REVERSE_CHARGE: TaxStatus.VAT_LIABLE,
}
"""The tax status that goes with a special one; a French auto-entrepreneur may be on either side of the threshold."""


def checked(legal: LegalIdentity, on: date) -> LegalIdentity:
    """The identity with its numbers in their compact form, by the rules of its country on the day.

    Raises `check_identifiers`' refusals, and those above.
    """
    rules = rules_of(legal.country, on)
    check_identifiers(legal.country, legal.siret, legal.vat_number, legal.tax_status)
    french = legal.country == FRANCE
    require(not (french and legal.registration_number), RegistrationNumberNotExpected(field="registration_number"))
    named = french or legal.registration_number or legal.vat_number
    require(bool(named), RegistrationNumberMissing(field="registration_number"))
    require(rules.tax is not None or not legal.tax_number, TaxNumberNotExpected(field="tax_number"))
    _check_special(legal, rules.special_statuses)
    wrong = RegistrationNumberInvalid(field="registration_number")
    registration = _parsed(rules.registration, legal.registration_number, wrong)
    tax = _parsed(rules.tax, legal.tax_number, TaxNumberInvalid(field="tax_number"))
    return legal.model_copy(update={"registration_number": registration, "tax_number": tax})


def _parsed(field: NumberField | None, value: str | None, wrong: Problem) -> str | None:
    if field is None or not value:
        return None
    try:
        return field.parse(value)
    except ValueError:
        raise wrong from None


def _check_special(legal: LegalIdentity, offered: frozenset[SpecialTaxStatus]) -> None:
    special = legal.special_tax_status
    if special is None:
        return
    require(special in offered, SpecialTaxStatusNotOffered(field="special_tax_status"))
    implied = _IMPLIED.get(special, legal.tax_status)
    require(legal.tax_status is implied, SpecialTaxStatusContradicts(field="special_tax_status"))


def check_identifiers(country: str, siret: Siret | None, vat_number: VatNumber | None, tax_status: TaxStatus) -> None:
    """Check that the identifiers are those that the country and the tax status ask for, and agree.

    Raises:
        SiretMissing, SiretNotExpected: a SIRET goes with France, and only with it.
        VatNumberMissing: liable to VAT in the EU, without a number.
        VatNumberOfAnotherCountry, VatNumberOfAnotherCompany: the number contradicts the country or the SIRET.

    """
    require(siret is not None or country != FRANCE, SiretMissing(field="siret"))
    require(siret is None or country == FRANCE, SiretNotExpected(field="siret"))
    if vat_number is None:
        needed = tax_status is TaxStatus.VAT_LIABLE and country in EU
        require(not needed, VatNumberMissing(field="vat_number"))
        return
    prefix = VAT_PREFIX.get(country, country)
    require(country in EU and vat_number.startswith(prefix), VatNumberOfAnotherCountry(field="vat_number"))
    if siret is not None:
        require(vat_number.endswith(siret.siren), VatNumberOfAnotherCompany(field="vat_number"))
