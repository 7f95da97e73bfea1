"""Where a company is paid: history kept, one row current (CO-12, CO-13, CO-45)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Unprocessable, require
from chassis.rows import Base, new_id
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


@dataclass(frozen=True, slots=True)
class Account:
    """An account and its bank, each checked by itself and against the other."""

    iban: Iban
    bic: Bic
    holder: str

    @classmethod
    def checked(cls, iban: Iban, bic: Bic, holder: str) -> Account:
        """Raises BankCountriesDiffer."""
        country = iban[:2]
        require(bic[4:6] in _COVERED.get(country, {country}), BankCountriesDiffer(field="bic"))
        return cls(iban, bic, holder)


class BankDetails(Base):
    """One account of a company, from `since` on; a former one is kept, no longer `current`."""

    __tablename__ = "bank_details"
    __table_args__ = (
        Index("uq_bank_details_current", "company_id", unique=True, postgresql_where=text("current")),
        Index("ix_bank_details_company_id_id", "company_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    iban: Mapped[str] = mapped_column(String(34))
    bic: Mapped[str] = mapped_column(String(11))
    holder: Mapped[str] = mapped_column(String(200))
    current: Mapped[bool]
    since: Mapped[datetime]
    recorded_by: Mapped[UUID]

    @classmethod
    def record(cls, company_id: UUID, account: Account, by: UUID, at: datetime) -> BankDetails:
        """The account that the company is paid on from now."""
        return cls(
            id=new_id(),
            company_id=company_id,
            iban=account.iban,
            bic=account.bic,
            holder=account.holder,
            current=True,
            since=at,
            recorded_by=by,
        )

    def says(self, account: Account) -> bool:
        """Say whether this is the same account."""
        return (self.iban, self.bic, self.holder) == (account.iban, account.bic, account.holder)

    @property
    def ending(self) -> str:
        """The last four characters: all that traces may show of an account."""
        return self.iban[-4:]
