"""Bank statements, their movements, and what each movement settles (lettrage)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.bank.document import StatedMovement, Statement
from billing.bank.refusals import BalancesDoNotChain, MatchUndone, StatementOfAnotherAccount, TooMuchMatched
from billing.ledger.domain import Account, Posting, credit, debit
from chassis.errors import require
from chassis.rows import Base, new_id
from contracts.values import Money


class BankStatement(Base):
    """One statement of the platform's account, as the bank wrote it; each opens where the former closed."""

    __tablename__ = "bank_statements"
    __table_args__ = (UniqueConstraint("iban", "statement_id"), UniqueConstraint("iban", "position"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    iban: Mapped[str] = mapped_column(String(34))
    statement_id: Mapped[str] = mapped_column(String(35))
    """The bank's number for it."""
    position: Mapped[int]
    """Counted from 1 for each account, without gap."""
    from_on: Mapped[date]
    to_on: Mapped[date]
    opening_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    closing_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    movements: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str] = mapped_column(String(64))
    imported_by: Mapped[UUID]
    imported_at: Mapped[datetime]

    @classmethod
    def take(
        cls, found: Statement, former: BankStatement | None, own_iban: str, *, by: UUID, at: datetime
    ) -> BankStatement:
        """Accept a statement that follows the former one of the account and adds up.

        Raises:
            StatementOfAnotherAccount: it is not of the platform's account.
            BalancesDoNotChain: by how much it does not open where the former closed, or does not add up.

        """
        require(found.iban == own_iban, StatementOfAnotherAccount(field="file"))
        if former is not None:
            gap = found.opening - former.closing_amount
            said = f"it opens {gap:+.2f} away from where {former.statement_id} closed"
            require(gap == 0, BalancesDoNotChain(said, field="file"))
            said = f"it ends before {former.statement_id} does"
            require(found.to_on >= former.to_on, BalancesDoNotChain(said, field="file"))
        said = f"its movements leave {found.difference:+.2f} unexplained"
        require(found.difference == 0, BalancesDoNotChain(said, field="file"))
        return cls(
            id=new_id(),
            iban=found.iban,
            statement_id=found.statement_id,
            position=former.position + 1 if former else 1,
            from_on=found.from_on,
            to_on=found.to_on,
            opening_amount=found.opening,
            closing_amount=found.closing,
            movements=len(found.movements),
            imported_by=by,
            imported_at=at,
        )

    @property
    def opening(self) -> Money:
        """Balance before its first movement; below zero when overdrawn."""
        return Money(amount=self.opening_amount)

    @property
    def closing(self) -> Money:
        """Balance after its last movement."""
        return Money(amount=self.closing_amount)


class Direction(StrEnum):
    """Which way the money went."""

    IN = "in"
    OUT = "out"


class MovementStatus(StrEnum):
    """How much of a movement is matched: it follows from the amounts."""

    UNMATCHED = "unmatched"
    PARTLY_MATCHED = "partly_matched"
    MATCHED = "matched"


class BankMovement(Base):
    """One movement of the account; what of it is not matched stands on account 471."""

    __tablename__ = "bank_movements"
    __table_args__ = (
        UniqueConstraint("statement_row_id", "position"),
        CheckConstraint("amount > 0 AND matched >= 0 AND matched <= amount", name="matched_within_amount"),
        Index("ix_bank_movements_open", "tried_at", "id", postgresql_where=text("matched < amount")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    statement_row_id: Mapped[UUID] = mapped_column(ForeignKey(BankStatement.id))
    position: Mapped[int]
    direction: Mapped[str] = mapped_column(String(3))
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    matched_amount: Mapped[Decimal] = mapped_column("matched", Numeric(14, 2))
    booked_on: Mapped[date]
    end_to_end_id: Mapped[str | None] = mapped_column(String(35))
    """The payer's reference: of the transfer, or of the file where the bank booked a whole one at once."""
    remittance: Mapped[str] = mapped_column(String(1000))
    counterparty_name: Mapped[str | None] = mapped_column(String(140))
    counterparty_iban: Mapped[str | None] = mapped_column(String(34))
    bank_reference: Mapped[str | None] = mapped_column(String(35))
    tried_at: Mapped[datetime | None]
    """When rules last looked for what it settles."""

    @property
    def total(self) -> Money:
        """What was moved, above zero."""
        return Money(amount=self.amount)

    @property
    def left(self) -> Money:
        """What is not matched."""
        return Money(amount=self.amount - self.matched_amount)

    @property
    def status(self) -> MovementStatus:
        """How far it is matched."""
        if self.matched_amount == 0:
            return MovementStatus.UNMATCHED
        return MovementStatus.MATCHED if self.matched_amount == self.amount else MovementStatus.PARTLY_MATCHED

    def take(self, amount: Money) -> None:
        """Use this much of it. Raises TooMuchMatched."""
        said = f"{self.left.amount:.2f} of the movement is left"
        require(self.left.amount >= amount.amount, TooMuchMatched(said, field="amount"))
        self.matched_amount += amount.amount

    def give_back(self, amount: Money) -> None:
        """Leave this much of it unmatched again."""
        self.matched_amount -= amount.amount


def movement_row(found: StatedMovement, statement: BankStatement, position: int) -> dict[str, Any]:
    """The columns of a movement, nothing of it matched."""
    same = ("amount", "booked_on", "end_to_end_id", "remittance", "counterparty_name", "counterparty_iban")
    return {name: getattr(found, name) for name in (*same, "bank_reference")} | {
        "id": new_id(),
        "statement_row_id": statement.id,
        "position": position,
        "direction": (Direction.IN if found.is_credit else Direction.OUT).value,
        "matched_amount": Decimal(0),
    }


def movement_postings(direction: Direction, amount: Money) -> list[Posting]:
    """Bank against what is unmatched."""
    if direction is Direction.IN:
        return [debit(Account.BANK, amount), credit(Account.UNMATCHED, amount)]
    return [debit(Account.UNMATCHED, amount), credit(Account.BANK, amount)]


class Target(StrEnum):
    """What a match settles."""

    ISSUED_INVOICE = "issued_invoice"
    """An invoice of the platform's own."""
    ON_ACCOUNT = "on_account"
    """What a company paid above what it owed."""
    TRANSFER = "transfer"
    """A transfer that the platform ordered: money that went out, or came back."""


_ACCOUNTS = {
    Target.ISSUED_INVOICE: Account.CLIENTS,
    Target.ON_ACCOUNT: Account.ON_ACCOUNT,
    Target.TRANSFER: Account.TRANSFERS,
}


class Rule(StrEnum):
    """Why a movement was taken to settle something (BL-24)."""

    REFERENCE = "reference"
    """The payer quoted the number, or the bank repeated the reference of a transfer."""
    AMOUNT_AND_ACCOUNT = "amount_and_account"
    """It came from the company's account and is the sum of one open invoice."""
    REMAINDER = "remainder"
    """More was paid than the quoted invoices asked for."""
    CREDITED = "credited"
    """It had paid what a credit note took back later."""
    BY_HAND = "by_hand"


class BankMatch(Base):
    """Part of a movement that settles something; taken back, it stays as it was, with the reason."""

    __tablename__ = "bank_matches"
    __table_args__ = (
        CheckConstraint("amount > 0", name="above_zero"),
        CheckConstraint("(undone_at IS NULL) = (undone_reason IS NULL)", name="undone_with_reason"),
        Index("ix_bank_matches_movement_id", "movement_id"),
        Index("ix_bank_matches_target_id", "target_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    movement_id: Mapped[UUID] = mapped_column(ForeignKey(BankMovement.id))
    target: Mapped[str] = mapped_column(String(16))
    target_id: Mapped[UUID]
    """The invoice, transfer, or company."""
    party_id: Mapped[UUID | None]
    """The company whose money it is."""
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    rule: Mapped[str] = mapped_column(String(24))
    matched_by: Mapped[UUID | None]
    """Who of the staff; nobody where a rule did."""
    matched_at: Mapped[datetime]
    undone_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str | None] = mapped_column(String(200))

    @property
    def total(self) -> Money:
        """The part of the movement."""
        return Money(amount=self.amount)

    def postings(self, direction: Direction) -> list[Posting]:
        """Out of what is unmatched, into what it settles."""
        account = _ACCOUNTS[Target(self.target)]
        party = self.party_id if account is not Account.TRANSFERS else None
        if direction is Direction.IN:
            return [debit(Account.UNMATCHED, self.total), credit(account, self.total, party)]
        return [debit(account, self.total, party), credit(Account.UNMATCHED, self.total)]

    def undo(self, reason: str, *, by: UUID | None, at: datetime) -> None:
        """Take it back. Raises MatchUndone."""
        require(self.undone_at is None, MatchUndone())
        self.undone_by, self.undone_at, self.undone_reason = by, at, reason
