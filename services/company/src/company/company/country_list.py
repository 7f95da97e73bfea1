"""What each country asks of its companies, for a front end to show (CO-46)."""

from datetime import date

from pydantic import Field

from chassis.auth import PUBLIC
from chassis.http import Router, TxDep, View
from company.company.countries import ANY_REGISTRATION, ANY_TAX, FRANCE, CountryRules, current_rules
from company.company.fields import NumberField
from contracts.company import SpecialTaxStatus

router = Router("countries")


class FieldView(View):
    """A number that a country asks for: its local name, the shape of its compact form, whether it has to be given."""

    label: str
    pattern: str
    required: bool


class AccountFields(View):
    """How accounts are given: by IBAN and BIC, or by bank and account."""

    iban: bool
    bank_code: FieldView | None
    account_number: FieldView | None


class CountryView(View):
    """What a company of the country is asked for; a front end shows these fields."""

    country: str | None = Field(description="Absent for what holds in every country not listed")
    registration: FieldView
    registration_field: str = Field(description="siret in France, registration_number elsewhere")
    vat_number: FieldView | None = Field(description="In the EU; required of companies liable to VAT")
    tax_number: FieldView | None = Field(description="Outside the EU")
    special_tax_statuses: list[SpecialTaxStatus]
    bank: AccountFields


class CountryList(View):
    """Every country whose rules are known, and what holds elsewhere."""

    on: date
    countries: list[CountryView]
    otherwise: CountryView


@router.get("/countries", access=PUBLIC)
async def list_countries(tx: TxDep) -> CountryList:
    """Which identifiers each country asks of its companies today (CO-46)."""
    rules = current_rules(tx.today)
    otherwise = CountryRules("", ANY_REGISTRATION, ANY_TAX)
    found = [_country(line) for line in rules.values()]
    return CountryList(on=tx.today, countries=found, otherwise=_country(otherwise))


def _country(rules: CountryRules) -> CountryView:
    vat = FieldView(label="VAT number", pattern=rf"{rules.vat_prefix}[0-9A-Z+*.]{{2,12}}", required=True)
    account = rules.account
    return CountryView(
        country=rules.code or None,
        registration=_field(rules.registration, required=not rules.in_eu or rules.code == FRANCE),
        registration_field="siret" if rules.code == FRANCE else "registration_number",
        vat_number=vat if rules.in_eu else None,
        tax_number=_field(rules.tax, required=False) if rules.tax else None,
        special_tax_statuses=sorted(rules.special_statuses),
        bank=AccountFields(
            iban=rules.iban,
            bank_code=_field(account.bank, required=True) if account else None,
            account_number=_field(account.account, required=True) if account else None,
        ),
    )


def _field(field: NumberField, *, required: bool) -> FieldView:
    return FieldView(label=field.label, pattern=field.pattern, required=required)
