"""The double-entry ledger: the one source of balances, added to and never changed (M1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base, new_id
from contracts.values import Money


class Account(StrEnum):
    """The accounts that the platform books on, by their numbers of the French chart of accounts."""

    PROVIDERS = "401"
    """What providers are owed, by company."""
    CLIENTS = "411"
    """What companies owe the platform, by company."""
    ON_ACCOUNT = "4191"
    """What a company paid above what it owed, by company."""
    VAT_DEDUCTIBLE = "44566"
    VAT_DUE = "4452"
    """VAT that the platform declares itself for a provider abroad (reverse charge)."""
    VAT_COLLECTED = "44571"
    UNMATCHED = "471"
    """Movements of the bank account that are not matched yet."""
    BANK = "512"
    TRANSFERS = "5112"
    """Transfers handed to the bank, until its statement shows them."""
    SERVICES_BOUGHT = "604"
    SERVICES_SOLD = "706"
    FEES = "7082"
    """Fees withheld from providers."""
    LATE_INTEREST = "7631"
    """Late interest and the fixed indemnity."""


class EntryKind(StrEnum):
    """What happened; a source has at most one entry of each kind."""

    PROVIDER_INVOICE = "provider_invoice"
    FEE = "fee"
    CLIENT_INVOICE = "client_invoice"
    CREDIT_NOTE = "credit_note"
    PROVIDER_CREDIT_NOTE = "provider_credit_note"
    TRANSFER_ORDERED = "transfer_ordered"
    TRANSFER_RETURNED = "transfer_returned"
    BANK_MOVEMENT = "bank_movement"
    MATCH = "match"
    UNMATCH = "unmatch"
    LATE_CHARGE = "late_charge"


class UnbalancedEntry(ValueError):
    """Debits and credits differ, a line has both or neither, or there is no line: a defect of ours, never booked."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One line to be booked: exactly one side is above zero."""

    account: Account
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    party_id: UUID | None = None
    """The company whose sub-account it is."""


def debit(account: Account, amount: Money, party_id: UUID | None = None) -> Posting:
    """Book an amount on the left; one below zero goes to the right."""
    return _posting(account, amount.amount, party_id)


def credit(account: Account, amount: Money, party_id: UUID | None = None) -> Posting:
    """Book an amount on the right; one below zero goes to the left."""
    return _posting(account, -amount.amount, party_id)


def _posting(account: Account, signed: Decimal, party_id: UUID | None) -> Posting:
    left, right = max(signed, Decimal(0)), max(-signed, Decimal(0))
    return Posting(account, left, right, party_id)


def reversed_postings(postings: Sequence[Posting]) -> list[Posting]:
    """The same lines with their sides exchanged: how a booking is taken back."""
    return [Posting(each.account, each.credit, each.debit, each.party_id) for each in postings]


def check_balanced(postings: Sequence[Posting]) -> list[Posting]:
    """The lines that book something. Raises UnbalancedEntry."""
    booked = [each for each in postings if each.debit or each.credit]
    if any(each.debit < 0 or each.credit < 0 or (each.debit and each.credit) for each in booked):
        raise UnbalancedEntry("a line is a debit or a credit")
    if not booked or sum(each.debit for each in booked) != sum(each.credit for each in booked):
        raise UnbalancedEntry("debits are not credits")
    return booked


class LedgerEntry(Base):
    """One fact that moved money or a debt; a constraint of the database keeps its lines in balance."""

    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("kind", "source_id"), Index("ix_ledger_entries_booked_on", "booked_on", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[EntryKind] = mapped_column(
        Enum(EntryKind, native_enum=False, length=32, values_callable=lambda kinds: [kind.value for kind in kinds])
    )
    source_id: Mapped[UUID]
    """The invoice, payment, movement or match that it books."""
    booked_on: Mapped[date]
    text: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]


class LedgerLine(Base):
    """One line of an entry, in euros."""

    __tablename__ = "ledger_lines"
    __table_args__ = (
        CheckConstraint("(debit > 0 AND credit = 0) OR (debit = 0 AND credit > 0)", name="one_side"),
        Index("ix_ledger_lines_account_party", "account", "party_id"),
        Index("ix_ledger_lines_entry_id", "entry_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey(LedgerEntry.id))
    account: Mapped[str] = mapped_column(String(8))
    party_id: Mapped[UUID | None]
    debit: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    credit: Mapped[Decimal] = mapped_column(Numeric(14, 2))
