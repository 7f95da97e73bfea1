"""What an issued document says: put together once from a draft, kept as it is, shown by PDF and XML alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from billing.bpf.vat import VatTreatment
from contracts.company import LegalIdentity
from contracts.values import Money, Period, PostalAddress


class Language(StrEnum):
    """The language in which a document is written; French mentions that the law prescribes stay French too."""

    FR = "fr"
    EN = "en"


class Kind(StrEnum):
    """What a document bills, or that it takes back; each kind has a series of its own."""

    CLIENT = "client"
    """A validated month of a Connect mission, to the client."""
    FEE = "fee"
    """The platform's fee for an earlier payment, to the provider: set off against it."""
    SUBSCRIPTION = "subscription"
    RISE = "rise"
    """The use of the platform for missions of the Rise offer, by quarter."""
    SELF_BILLED = "self_billed"
    """The provider's own invoice, which the platform issues in the provider's name under a mandate."""
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line to bill; the quantity alone may be negative (EN 16931 BR-27)."""

    name: str
    quantity: Decimal
    unit: str
    """UN/ECE recommendation 20: DAY, HUR, C62, MON."""
    unit_price: Money
    vat: VatTreatment

    @property
    def net(self) -> Money:
        """Quantity x price, rounded half up once."""
        return self.unit_price.times(self.quantity)


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice before it has a number."""

    kind: Kind
    party_id: UUID
    """Who owes it; the provider when self-billed."""
    source_id: UUID
    """What is billed: the BPF, the subscription's term, the provider's invoice ...; once for each kind."""
    lines: Sequence[DraftLine]
    period: Period
    title: str
    """What it is about, in a line."""
    order_reference: str | None = None
    """The buyer's own order number, where there is one (C. com. L441-9)."""
    due_days: int | None = None
    """From the issue; `client_payment_days` unless said otherwise."""
    language: Language = Language.FR
    gross: Money | None = None
    """The total with VAT where that is what was agreed: the VAT within it is then told apart."""
    person: str | None = None
    """Whose work it is."""
    mission_id: UUID | None = None
    manager_id: UUID | None = None
    """The member who manages the mission for the client, and so may read the invoice (BL-31)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Part):
    """Seller (BG-4) or buyer (BG-7)."""

    name: str
    siren: str | None
    siret: str | None
    vat_number: str | None
    registration_number: str | None = None
    address: PostalAddress

    @classmethod
    def of(cls, legal: LegalIdentity) -> Party:
        """A company as documents name it."""
        return cls(
            name=legal.name,
            siren=legal.siret.siren if legal.siret else None,
            siret=legal.siret,
            vat_number=legal.vat_number,
            registration_number=legal.registration_number,
            address=legal.address,
        )


class Line(_Part):
    """One line (BG-25)."""

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Decimal
    category: str
    rate: Decimal
    credits_line: int | None = None
    """Of a credit note: the line of the invoice that it takes back, from 0."""


class VatGroup(_Part):
    """All lines of one category and rate (BG-23): the VAT is rounded once, on their sum (BR-CO-17)."""

    category: str
    rate: Decimal
    base: Decimal
    amount: Decimal
    reason: str | None


class Note(_Part):
    """A mention, with its code where the law gives it one (UNTDID 4451: PMT, PMD, AAB, BAR)."""

    code: str | None
    text: str


class Reference(_Part):
    """The invoice that a credit note takes back (BG-3)."""

    number: str
    issued_on: date


class Account(_Part):
    """Where to pay (BG-17)."""

    holder: str
    iban: str
    bic: str | None


class Sheet(_Part):
    """The whole document but for its number and dates, which stand in columns."""

    language: Language
    title: str
    person: str | None = None
    seller: Party
    buyer: Party
    lines: Annotated[list[Line], Field(min_length=1)]
    vat: list[VatGroup]
    period: Period
    order_reference: str | None
    notes: list[Note]
    process: str
    """BT-23: S1 services to be paid, S2 paid already, S4 final after a deposit ..."""
    account: Account | None
    credits: Reference | None = None
    reason: str | None = None
    """Why a credit note was made."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Net, VAT and gross of some groups."""

    net: Money
    vat: Money

    @property
    def gross(self) -> Money:
        """Net and VAT."""
        return self.net + self.vat


def breakdown_of(draft: Draft) -> list[VatGroup]:
    """The VAT breakdown: one group for each category, rate and reason, each rounded once (BR-CO-17).

    Where the total with VAT is what was agreed, the VAT is what the net leaves of it, which may be a cent beside.
    """
    groups: dict[tuple[str, Decimal], VatGroup] = {}
    for line in draft.lines:
        key = (line.vat.category, line.vat.rate)
        before = groups.get(key)
        base = (before.base if before else Decimal(0)) + line.net.amount
        reasons = dict.fromkeys(reason for reason in (before and before.reason, line.vat.mention) if reason)
        amount = Money(amount=base).times(line.vat.rate / 100).amount
        if draft.gross is not None:
            amount = draft.gross.amount - base
        groups[key] = VatGroup(
            category=key[0], rate=key[1], base=base, amount=amount, reason="; ".join(reasons) or None
        )
    return list(groups.values())


def totals_of(groups: Sequence[VatGroup]) -> Totals:
    """What the groups come to."""
    net, vat = sum((each.base for each in groups), Decimal(0)), sum((each.amount for each in groups), Decimal(0))
    return Totals(Money(amount=net), Money(amount=vat))
