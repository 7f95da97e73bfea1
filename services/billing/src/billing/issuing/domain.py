"""Documents that the platform issues: numbered without a gap, fixed from then on, taken back only by a credit note."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.columns import Totals, word
from billing.issuing.sheet import Kind, Sheet
from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.values import Money


class IssuedInvoiceNotFound(NotFound):
    """Absent, or not the caller's to see."""

    code, title = "issued_invoice_not_found", "There is no such invoice"


class PartyUnknown(Unprocessable):
    """No identity was told of the company that it would be addressed to."""

    code, title = "party_unknown", "The platform does not know this company's identity"


class NothingToInvoice(Unprocessable):
    """An invoice is of more than nothing: what is owed back takes a credit note."""

    code, title = "nothing_to_invoice", "An invoice has to come to more than zero"


class MoreThanIsLeft(Conflict):
    """Earlier credit notes took it back already, or the line never billed so much."""

    code, title = "more_than_is_left", "More would be taken back than is left of the invoice"


class NotCreditable(Conflict):
    """A credit note is final, and a self-billed invoice is taken back where it is contested."""

    code, title = "not_creditable", "This document is not taken back here"


class MoreThanIsOpen(Conflict):
    """What is paid above an invoice stands on the client's account."""

    code, title = "more_than_is_open", "More would be paid than is open"


class DocumentNotMade(Conflict):
    """The invoice counts already; its file follows within a minute."""

    code, title = "document_not_made", "The document is being made: try again in a moment"


class IssuedStatus(StrEnum):
    """Where an issued document stands; the client sees it."""

    ISSUED = "issued"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    """Nothing is open: paid, set off, or taken back as far as it was not paid."""
    CANCELLED = "cancelled"
    """Credit notes took all of it back (BL-22)."""


class Cause(StrEnum):
    """What may move a status."""

    PAYMENT = "payment"
    """A payment matched with it, or a match undone."""
    CREDIT_NOTE = "credit_note"


_S, _C = IssuedStatus, Cause
ALLOWED: dict[IssuedStatus, Move[IssuedStatus, Cause]] = {
    _S.ISSUED: moves({_S.PARTLY_PAID, _S.PAID}, {_C.PAYMENT}),
    _S.PARTLY_PAID: moves({_S.ISSUED, _S.PAID}, {_C.PAYMENT}),
    _S.PAID: moves({_S.ISSUED, _S.PARTLY_PAID}, {_C.PAYMENT, _C.CREDIT_NOTE}),
    _S.CANCELLED: moves({_S.ISSUED, _S.PARTLY_PAID, _S.PAID}, {_C.CREDIT_NOTE}),
}
SETTLED_AT_ONCE = frozenset({Kind.FEE, Kind.CREDIT_NOTE})
"""Set off: a fee against the payment that it was withheld from, a credit note against its invoice."""

_SALES = {Kind.CLIENT: "FC", Kind.FEE: "FF", Kind.SUBSCRIPTION: "FA", Kind.RISE: "FR", Kind.CREDIT_NOTE: "AV"}


def series_of(kind: Kind, own_key: str | None, year: int) -> str:
    """The series of a year: one for each kind of the platform's, one of its own for each self-billed provider.

    A company that issues in another's name keeps the other's numbers apart (CGI ann. II, art. 242 nonies A, I 7°).
    """
    if own_key is not None:
        invoices, notes = own_series(own_key)
        return f"{notes if kind is Kind.CREDIT_NOTE else invoices}{year}"
    return f"{_SALES[kind]}-{year}"


def own_series(key: str) -> tuple[str, str]:
    """How the numbers of invoices and of credit notes begin that are issued in a provider's name."""
    return f"AF-{key}-", f"AVF-{key}-"


class IssuedInvoice(Totals, Base):
    """One issued document; a trigger of the database keeps everything but payment, status and file as they were."""

    __tablename__ = "issued_invoices"
    __table_args__ = (
        UniqueConstraint("series", "position"),
        CheckConstraint("gross = net + vat AND gross > 0", name="gross_is_net_and_vat"),
        CheckConstraint("paid >= 0 AND credited >= 0 AND credited <= gross", name="never_more_than_all"),
        CheckConstraint("(status = 'cancelled') = (credited = gross)", name="cancelled_by_credit_notes"),
        CheckConstraint("(credits_id IS NULL) = (kind <> 'credit_note')", name="credits_something"),
        CheckConstraint("due_on >= issued_on", name="due_after_issue"),
        Index(
            "uq_issued_invoices_kind_source_id",
            "kind",
            "source_id",
            unique=True,
            postgresql_where=text("kind <> 'credit_note'"),
        ),
        Index("ix_issued_invoices_party_id", "party_id", "id"),
        Index("ix_issued_invoices_manager_id", "manager_id", "id", postgresql_where=text("manager_id IS NOT NULL")),
        Index("ix_issued_invoices_credits_id", "credits_id", postgresql_where=text("credits_id IS NOT NULL")),
        Index("ix_issued_invoices_unmade", "id", postgresql_where=text("document_key IS NULL")),
        Index("ix_issued_invoices_due_on", "due_on", "id", postgresql_where=text("status IN ('issued','partly_paid')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[Kind] = mapped_column(word(Kind))
    series: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    """From 1 within its series, without a gap."""
    number: Mapped[str] = mapped_column(String(35), unique=True)
    party_id: Mapped[UUID]
    """The company that owes it; the provider when self-billed."""
    source_id: Mapped[UUID]
    mission_id: Mapped[UUID | None]
    manager_id: Mapped[UUID | None]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    net_amount: Mapped[Decimal] = mapped_column("net", Numeric(14, 2))
    vat_amount: Mapped[Decimal] = mapped_column("vat", Numeric(14, 2))
    gross_amount: Mapped[Decimal] = mapped_column("gross", Numeric(14, 2))
    paid_amount: Mapped[Decimal] = mapped_column("paid", Numeric(14, 2), default=Decimal(0))
    credited_amount: Mapped[Decimal] = mapped_column("credited", Numeric(14, 2), default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    type_code: Mapped[str] = mapped_column(String(3))
    """UNTDID 1001: 380 invoice, 389 self-billed, 381 and 261 their credit notes."""
    credits_id: Mapped[UUID | None] = mapped_column(ForeignKey("issued_invoices.id"))
    status: Mapped[IssuedStatus] = mapped_column(word(IssuedStatus, 16))
    document_key: Mapped[str | None] = mapped_column(String(64))
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    document_made_at: Mapped[datetime | None]
    version: Mapped[int]

    @property
    def sheet(self) -> Sheet:
        """What the document says."""
        return Sheet.model_validate(self.content)

    @property
    def paid(self) -> Money:
        """What payments settled of it so far."""
        return Money(amount=self.paid_amount)

    @property
    def credited(self) -> Money:
        """What credit notes took back so far."""
        return Money(amount=self.credited_amount)

    @property
    def open(self) -> Money:
        """What is still to be paid; nothing of what is settled at once, nor below zero when paid before credited."""
        left = self.gross_amount - self.paid_amount - self.credited_amount
        return Money(amount=Decimal(0) if self.kind in SETTLED_AT_ONCE else max(left, Decimal(0)))

    def receive(self, amount: Money) -> None:
        """A payment is matched with it; below zero, a match is undone.

        Raises:
            MoreThanIsOpen: more than is open, as anything is once it is cancelled, or less than was ever matched.

        """
        require(amount.amount <= self.open.amount and self.paid_amount + amount.amount >= 0, MoreThanIsOpen())
        self.paid_amount += amount.amount
        self._settle(Cause.PAYMENT)

    def take_back(self, amount: Money) -> None:
        """A credit note takes this much of it back. Raises MoreThanIsLeft."""
        require(amount.amount <= self.gross_amount - self.credited_amount, MoreThanIsLeft())
        self.credited_amount += amount.amount
        self._settle(Cause.CREDIT_NOTE)

    def _settle(self, cause: Cause) -> None:
        self.version += 1
        if self.credited_amount == self.gross_amount:
            target = IssuedStatus.CANCELLED
        elif not self.open.amount:
            target = IssuedStatus.PAID
        else:
            target = IssuedStatus.PARTLY_PAID if self.paid_amount else IssuedStatus.ISSUED
        if target != self.status:
            self.status = check_move(ALLOWED, self.status, target, cause)
