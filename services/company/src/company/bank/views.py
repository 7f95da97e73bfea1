from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from chassis.http import View
from company.bank.change import BankChange, BankChangeStatus, CancelReason, NumberSource
from company.bank.domain import BankDetails


class BankView(View):
    """Where the company is paid; heads alone see it."""

    country: str
    iban: str | None
    bic: str | None
    bank_code: str | None
    account_number: str | None
    holder: str
    since: datetime


class MaskedAccount(View):
    """An account of the company, of which the last four characters are shown."""

    id: UUID
    holder: str
    country: str
    ending: str = Field(description="The last four characters")
    current: bool
    since: datetime
    until: datetime | None
    recorded_by: UUID

    @classmethod
    def of(cls, details: BankDetails) -> Self:
        """Leave out all but the end."""
        return cls.model_validate(details)


class BankChangeAccount(View):
    """The account that a change is about."""

    country: str
    iban: str | None
    bic: str | None
    bank_code: str | None
    account_number: str | None


class BankChangeView(View):
    """A change of bank details and how far it came."""

    id: UUID
    company_id: UUID
    status: BankChangeStatus
    holder: str
    country: str
    ending: str = Field(description="The last four characters of the account")
    proposed_by: UUID
    proposed_at: datetime
    decided_by_staff: bool = Field(description="Whether staff decide, for want of a second head")
    approved_by: UUID | None
    approved_by_staff: bool
    approved_at: datetime | None
    called_on: date | None
    number_source: NumberSource | None
    spoke_with: UUID | None
    effective_at: datetime | None = Field(description="When it takes, or took, effect")
    cancelled_by: UUID | None
    cancelled_at: datetime | None
    cancel_reason: CancelReason | None
    account: BankChangeAccount | None = Field(default=None, description="Shown to heads when they read one change")

    @classmethod
    def of(cls, change: BankChange, heads: frozenset[UUID], *, whole: bool = False) -> Self:
        """The change for someone who may know of it; `whole` shows the account."""
        names = set(cls.model_fields) - {"decided_by_staff", "account"}
        shown = {name: getattr(change, name) for name in names}
        shown["decided_by_staff"] = not change.awaits_head(heads)
        return cls(**shown, account=BankChangeAccount.model_validate(change) if whole else None)
