"""Where a company is paid: history kept, one row current (CO-12, CO-13, CO-45)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Unprocessable, require
from chassis.rows import Base, new_id
from company.company.countries import CountryRules
from company.company.domain import Company
from company.company.fields import NumberField
from contracts.company import BankDetailsChanged
from contracts.identifiers import Bic, Iban

_COVERED = {
    "FR": frozenset({"FR", "BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"}),
    "GB": frozenset({"GB", "GG", "IM", "JE"}),
    "FI": frozenset({"FI", "AX"}),
}
"""Countries whose IBAN also serves territories with a code of their own (IBAN registry, ISO 13616)."""


class BankCountriesDiffer(Unprocessable):
    """The BIC names a bank of another country than the IBAN."""

    code, title = "bank_countries_differ", "The IBAN and the BIC belong to two countries"


class AccountIncomplete(Unprocessable):
    """An IBAN goes with its BIC; where there are no IBANs, the country and the bank's number with the account's."""

    code, title = "account_incomplete", "Give IBAN and BIC, or country, bank code and account number"


class IbanExpected(Unprocessable):
    """The country's accounts have an IBAN (CO-12)."""

    code, title = "iban_expected", "Accounts of this country are given as IBAN and BIC"


class BankCodeInvalid(Unprocessable):
    """The country writes the numbers of its banks in another way, or the check digits are wrong."""

    code, title = "bank_code_invalid", "This is no bank of the country"


class AccountNumberInvalid(Unprocessable):
    """The country writes its accounts in another way, or the check digits are wrong, or the bank is another."""

    code, title = "account_number_invalid", "This is no account of the country, or not of that bank"


REFUSALS = (BankCountriesDiffer, AccountIncomplete, IbanExpected, BankCodeInvalid, AccountNumberInvalid)
"""All that an account may be refused for."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account and its bank, each checked by itself and against the other."""

    holder: str
    country: str
    iban: Iban | None = None
    bic: Bic | None = None
    bank_code: str | None = None
    account_number: str | None = None

    @classmethod
    def checked(cls, iban: Iban, bic: Bic, holder: str) -> Account:
        """An account with an IBAN. Raises BankCountriesDiffer."""
        country = iban[:2]
        require(bic[4:6] in _COVERED.get(country, {country}), BankCountriesDiffer(field="bic"))
        return cls(holder, country, iban, bic)

    @classmethod
    def domestic(cls, rules: CountryRules, bank_code: str, account_number: str, holder: str) -> Account:
        """An account of a country without IBANs, by the country's rules (CO-12).

        Raises:
            IbanExpected: the country has IBANs.
            BankCodeInvalid, AccountNumberInvalid: a number is not like the country's.

        """
        if rules.account is None:
            raise IbanExpected(field="iban")
        bank = _parsed(rules.account.bank, bank_code, BankCodeInvalid(field="bank_code"))
        wrong = AccountNumberInvalid(field="account_number")
        number = _parsed(rules.account.account, account_number, wrong)
        require(not rules.account.bank_leads or number.startswith(bank), wrong)
        return cls(holder, rules.code, bank_code=bank, account_number=number)

    @property
    def number(self) -> str:
        """What the country calls the account by."""
        return self.iban or self.account_number or ""


def _parsed(field: NumberField, value: str, wrong: Unprocessable) -> str:
    try:
        return field.parse(value)
    except ValueError:
        raise wrong from None


class HoldsAccount:
    """The columns of a row that holds an account."""

    iban: Mapped[str | None] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    bank_code: Mapped[str | None] = mapped_column(String(40))
    account_number: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    holder: Mapped[str] = mapped_column(String(200))

    @property
    def account(self) -> Account:
        """The account itself."""
        iban, bic = (Iban(self.iban) if self.iban else None), (Bic(self.bic) if self.bic else None)
        return Account(self.holder, self.country, iban, bic, self.bank_code, self.account_number)

    @property
    def ending(self) -> str:
        """The last four characters: all that traces and messages may show of an account."""
        return self.account.number[-4:]


class BankDetails(HoldsAccount, Base):
    """One account of a company, from `since` on; a former one is kept, no longer `current`."""

    __tablename__ = "bank_details"
    __table_args__ = (
        Index("uq_bank_details_current", "company_id", unique=True, postgresql_where=text("current")),
        Index("ix_bank_details_company_id_id", "company_id", "id"),
        CheckConstraint("(iban IS NULL) <> (account_number IS NULL)", name="one_number"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    current: Mapped[bool]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    recorded_by: Mapped[UUID]

    @classmethod
    def record(cls, company_id: UUID, account: Account, by: UUID, at: datetime) -> BankDetails:
        """The account that the company is paid on from now."""
        return cls(id=new_id(), company_id=company_id, current=True, since=at, recorded_by=by, **asdict(account))

    def retire(self, at: datetime) -> None:
        """Another account takes its place."""
        self.current, self.until = False, at

    def takes_effect(self, company: Company, at: datetime) -> BankDetailsChanged:
        """The event by which others pay here from now on."""
        return BankDetailsChanged(
            version=company.grow(),
            company_id=self.company_id,
            bank_details_id=self.id,
            holder=self.holder,
            iban=Iban(self.iban) if self.iban else None,
            bic=Bic(self.bic) if self.bic else None,
            bank_code=self.bank_code,
            account_number=self.account_number,
            effective_at=at,
        )
