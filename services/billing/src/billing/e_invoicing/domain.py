"""An invoice as approved platforms see it: where it stands, what was said of it, and what is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, Index, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.e_invoicing.codes import ALLOWED, FIRST, REASONS, Actor, Code
from chassis.errors import IllegalMove, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move
from contracts.values import CENT, Amount


class EInvoiceNotFound(NotFound):
    """Absent, not the caller's to see, or not electronic yet."""

    code, title = "e_invoice_not_found", "No such electronic invoice"


class LifecycleReasonWrong(Unprocessable):
    """Missing where one is mandatory, or not of the closed list of that status (BR-FR-CDV-15, CL-09)."""

    code, title = "lifecycle_reason_wrong", "This status needs another reason"


class LifecycleAmountsWrong(Unprocessable):
    """A payment is said to be collected without its amount by rate of VAT, or more than was billed (BR-FR-CDV-14)."""

    code, title = "lifecycle_amounts_wrong", "The amounts collected are missing or too high"


class Origin(StrEnum):
    """Where the invoice itself is kept."""

    ISSUED = "issued"
    """Made here: the platform's own, a provider's under its mandate, a credit note."""
    IMPORTED = "imported"
    """A provider's file."""


class Rule(StrEnum):
    """What the law makes of it (AFNOR XP Z12-013, ProcessingRule)."""

    B2B = "B2B"
    """Both established in France: an electronic invoice."""
    B2B_INT = "B2BInt"
    """The other one abroad: reported to the administration alone."""


class RateAmount(BaseModel):
    """Part of an invoice, with VAT, at one rate of VAT in per cent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: Annotated[Amount, Field(ge=0, le=100)]
    amount: Annotated[Amount, Field(gt=0)]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of an invoice."""

    code: Code
    by: Actor
    at: datetime
    reason: str | None = None
    text: str | None = None
    amounts: Sequence[RateAmount] = ()

    def check(self) -> None:
        """Raise LifecycleReasonWrong or LifecycleAmountsWrong when it is not complete by itself."""
        listed = REASONS.get(self.code)
        if listed is not None and self.reason not in listed:
            raise LifecycleReasonWrong(f"{self.code} needs one of: {', '.join(sorted(listed))}", field="reason")
        if listed is None and self.reason is not None:
            raise LifecycleReasonWrong(f"{self.code} takes no reason", field="reason")
        if (self.code is Code.COLLECTED) != bool(self.amounts):
            raise LifecycleAmountsWrong("amounts go with 212, and 212 with amounts", field="amounts")


class EInvoice(Base):
    """One invoice in the reform's terms; its own content stands where it was issued or imported."""

    __tablename__ = "e_invoices"
    __table_args__ = (
        Index("ix_e_invoices_code", "code", "invoice_id"),
        Index("ix_e_invoices_number", "number"),
        Index("ix_e_invoices_unsettled", "invoice_id", postgresql_where=text("NOT settled")),
    )

    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(String(16))
    our_part: Mapped[str] = mapped_column(String(16))
    """Whether the platform's operator sells or buys."""
    party_id: Mapped[UUID]
    """The other company."""
    number: Mapped[str] = mapped_column(String(35))
    type_code: Mapped[str] = mapped_column(String(3))
    """UNTDID 1001: 380, 381, 389, 261 ..."""
    issued_on: Mapped[date]
    seller_siren: Mapped[str | None] = mapped_column(String(9))
    buyer_siren: Mapped[str | None] = mapped_column(String(9))
    rule: Mapped[str] = mapped_column(String(16))
    rates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """The gross amount at each rate of VAT."""
    code: Mapped[str | None] = mapped_column(String(3))
    """Where it stands; nothing while it waits to be handed over."""
    collected: Mapped[Decimal] = mapped_column(Numeric(14, 2), default=Decimal(0))
    """What we have said of its payment so far."""
    settled: Mapped[bool] = mapped_column(default=False)
    """Whether there is nothing more to say of its payment."""
    version: Mapped[int]

    def say(self, said: Said) -> Step:
        """Move on by what somebody says.

        Raises:
            Forbidden: nobody in that part ever says it.
            IllegalMove: it does not follow.
            LifecycleReasonWrong: the reason is missing, or not of the list.
            LifecycleAmountsWrong: the amounts collected are missing, or more than was billed.

        """
        if self.code is None:
            require(FIRST.get(said.code) == said.by, IllegalMove(f"a lifecycle does not begin with {said.code}"))
        else:
            check_move(ALLOWED, Code(self.code), said.code, said.by)
        said.check()
        self._check_rates(said.amounts)
        self.code = said.code.value
        self.collected += sum((each.amount for each in said.amounts), Decimal(0))
        self.version += 1
        return self._step(said, applied=True)

    def note(self, said: Said) -> Step:
        """Keep what a platform tells out of turn: the history shows it, the invoice stays where it is."""
        return self._step(said, applied=False)

    @property
    def gross_by_rate(self) -> list[RateAmount]:
        """All of it, as collected in one payment."""
        return [RateAmount.model_validate(each) for each in self.rates]

    def shares_of(self, amount: Decimal) -> list[RateAmount]:
        """A payment by rates of VAT, as the invoice divides; the last rate takes what rounding leaves."""
        gross, left = sum((each.amount for each in self.gross_by_rate), Decimal(0)), amount
        shares = []
        for each in self.gross_by_rate[:-1]:
            share = (amount * each.amount / gross).quantize(CENT, ROUND_HALF_UP)
            shares.append((each.rate, share))
            left -= share
        shares.append((self.gross_by_rate[-1].rate, left))
        return [RateAmount(rate=rate, amount=share) for rate, share in shares if share > 0]

    def _check_rates(self, amounts: Sequence[RateAmount]) -> None:
        billed = {each.rate: each.amount for each in self.gross_by_rate}
        for each in amounts:
            most = billed.get(each.rate, Decimal(0))
            require(each.amount <= most, LifecycleAmountsWrong(f"{most} was billed at {each.rate} %", field="amounts"))

    def _step(self, said: Said, *, applied: bool) -> Step:
        return Step(
            id=new_id(),
            invoice_id=self.invoice_id,
            code=said.code.value,
            said_by=said.by.value,
            reason=said.reason,
            text=said.text,
            amounts=[each.model_dump(mode="json") for each in said.amounts],
            applied=applied,
            said_at=said.at,
        )


class Step(Base):
    """One thing that was said of an invoice; the history never changes."""

    __tablename__ = "e_invoice_steps"
    __table_args__ = (Index("ix_e_invoice_steps_invoice_id", "invoice_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey(EInvoice.invoice_id))
    code: Mapped[str] = mapped_column(String(3))
    said_by: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(String(1000))
    amounts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    applied: Mapped[bool]
    """Whether the invoice moved by it; what a platform tells out of turn is kept all the same."""
    said_at: Mapped[datetime]

    @property
    def said(self) -> Said:
        """What was said, as it is told to others."""
        return Said(
            code=Code(self.code),
            by=Actor(self.said_by),
            at=self.said_at,
            reason=self.reason,
            text=self.text,
            amounts=[RateAmount.model_validate(each) for each in self.amounts],
        )
