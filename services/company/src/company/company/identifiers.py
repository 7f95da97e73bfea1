"""Which identifiers a company must give, and whether they speak of the same company (CO-09, CO-11)."""

from stdnum.eu.vat import MEMBER_STATES

from chassis.errors import Unprocessable, require
from contracts.company import TaxStatus
from contracts.identifiers import Siret, VatNumber

EU = frozenset(state.upper() for state in MEMBER_STATES if state != "xi")
"""Countries whose companies have an EU VAT number."""
FRANCE = "FR"
_VAT_PREFIX = {"GR": "EL"}
"""Where the prefix of the VAT number is not the country's ISO code."""


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
    prefix = _VAT_PREFIX.get(country, country)
    require(country in EU and vat_number.startswith(prefix), VatNumberOfAnotherCountry(field="vat_number"))
    if siret is not None:
        require(vat_number.endswith(siret.siren), VatNumberOfAnotherCompany(field="vat_number"))
