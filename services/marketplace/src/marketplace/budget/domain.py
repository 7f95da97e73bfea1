"""Budgets, their spending lines, and what of a line is reserved, ordered and invoiced (MK-28; domain facts 1.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from contracts.values import Amount, Name, Period, Value
from marketplace.values import Prose


class Currency(StrEnum):
    """What a budget is counted in, ISO 4217; requests are priced in euros."""

    EUR = "EUR"
    USD = "USD"
    GBP = "GBP"
    CHF = "CHF"


class BudgetNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "budget_not_found", "There is no such budget"


class SpendingLineNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "spending_line_not_found", "There is no such spending line"


class UnknownKeeper(Unprocessable):
    """Two different colleagues look after a budget."""

    code, title = "unknown_keeper", "Responsible and deputy are two members of your company"


class BudgetTooSmall(Conflict):
    """Its lines promise more than it holds."""

    code, title = "budget_too_small", "The lines would exceed the budget"


class BudgetCurrencyFixed(Conflict):
    """Another currency is another budget."""

    code, title = "budget_currency_fixed", "A budget with lines keeps its currency and the entities of its lines"


class AnotherCurrency(Unprocessable):
    """A line counts in its budget's currency, and an entity in one."""

    code, title = "another_currency", "The line is in another currency than its budget or its entity's other lines"


class EntityNotAllowed(Unprocessable):
    """The budget is for other entities."""

    code, title = "entity_not_allowed", "The budget does not serve this entity"


class LineBelowConsumption(Conflict):
    """What is spoken for cannot be taken away."""

    code, title = "line_below_consumption", "More than this is reserved or ordered on the line"


class LineNotUsable(Conflict):
    """Closed, or outside of the budget's period."""

    code, title = "line_not_usable", "The spending line is not active on this day"


class LineExhausted(Conflict):
    """Never overspent: what is left is too little."""

    code, title = "line_exhausted", "What is left on the spending line is too little"


def _positive(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise PydanticCustomError("not_positive", "must be more than nothing")
    return amount


def _not_negative(amount: Decimal) -> Decimal:
    if amount < 0:
        raise PydanticCustomError("negative", "must not be less than nothing")
    return amount


PositiveAmount = Annotated[Amount, AfterValidator(_positive)]
FreeAmount = Annotated[Amount, AfterValidator(_not_negative)]


class BudgetTerms(Value):
    """What a client decides about a budget."""

    name: Name
    external_id: Annotated[Name | None, Field(description="Its number in the client's own books")] = None
    period: Period
    currency: Currency = Currency.EUR
    entity_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    """Entities that may spend it."""
    responsible_id: UUID
    deputy_id: UUID | None = None
    amount: PositiveAmount
    additional_amount: FreeAmount = Decimal("0.00")
    notes: Prose | None = None


class LineTerms(Value):
    """What a client decides about a spending line."""

    name: Name
    entity_id: UUID
    amount: PositiveAmount
    currency: Currency = Currency.EUR
    buyer_threshold: FreeAmount
    """Above it a retention needs the buyer, and a publication the validators, where there are any."""
    active: bool = True


class Budget(Base):
    """Money for some entities, over a period, in one currency."""

    __tablename__ = "budgets"
    __table_args__ = (
        Index(None, "company_id", "id"),
        CheckConstraint("ends_on >= starts_on", name="period_in_order"),
        CheckConstraint("amount > 0 AND additional_amount >= 0", name="amounts_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    company_id: Mapped[UUID]
    name: Mapped[str]
    external_id: Mapped[str | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    entity_ids: Mapped[list[str]] = mapped_column(JSONB)
    responsible_id: Mapped[UUID]
    deputy_id: Mapped[UUID | None]
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    additional_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    notes: Mapped[str | None]
    changed_at: Mapped[datetime]

    @property
    def period(self) -> Period:
        """From the first to the last day, both included."""
        return Period(start=self.starts_on, end=self.ends_on)

    @classmethod
    def create(cls, company_id: UUID, terms: BudgetTerms, at: datetime) -> Budget:
        """A budget without lines."""
        budget = cls(id=new_id(), version=0, company_id=company_id)
        budget.arrange(terms, [], at)
        return budget

    def arrange(self, terms: BudgetTerms, lines: Sequence[SpendingLine], at: datetime) -> None:
        """Take other terms, which its lines must fit.

        Raises:
            BudgetCurrencyFixed: the lines count in another currency, or belong to an entity left out.
            BudgetTooSmall: the lines promise more.

        """
        fits = all(line.currency == terms.currency and line.entity_id in terms.entity_ids for line in lines)
        require(fits, BudgetCurrencyFixed())
        promised = sum((line.amount for line in lines), Decimal(0))
        require(promised <= terms.amount + terms.additional_amount, BudgetTooSmall(field="amount"))
        for name in ("name", "external_id", "responsible_id", "deputy_id", "amount", "additional_amount", "notes"):
            setattr(self, name, getattr(terms, name))
        self.currency = terms.currency
        self.starts_on, self.ends_on = terms.period.start, terms.period.end
        self.entity_ids = sorted({str(entity_id) for entity_id in terms.entity_ids})
        self.version, self.changed_at = self.version + 1, at


class SpendingLine(Base):
    """A part of a budget that one entity spends; amounts in the budget's currency, without VAT.

    What is ordered cannot be refused here any more: a renewal beyond the amount is kept as `overrun`.
    """

    __tablename__ = "spending_lines"
    __table_args__ = (
        Index(None, "budget_id", "id"),
        Index(None, "company_id", "entity_id"),
        CheckConstraint("reserved >= 0 AND ordered >= 0 AND invoiced >= 0 AND overrun >= 0", name="not_negative"),
        CheckConstraint("reserved + ordered <= amount + overrun", name="never_overspent"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    budget_id: Mapped[UUID] = mapped_column(ForeignKey("budgets.id"))
    company_id: Mapped[UUID]
    entity_id: Mapped[UUID]
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    buyer_threshold: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    active: Mapped[bool]
    reserved: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    ordered: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    invoiced: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    overrun: Mapped[Decimal] = mapped_column(Numeric(14, 2))

    @property
    def available(self) -> Decimal:
        """What may still be reserved; below nothing after an overrun."""
        return self.amount - self.reserved - self.ordered

    @classmethod
    def open(cls, budget: Budget, terms: LineTerms, siblings: Sequence[SpendingLine]) -> SpendingLine:
        """A line of a budget with these other lines. Raises what `arrange` does."""
        nothing = dict.fromkeys(("reserved", "ordered", "invoiced", "overrun"), Decimal(0))
        line = cls(id=new_id(), version=0, budget_id=budget.id, company_id=budget.company_id, **nothing)
        line.arrange(budget, terms, siblings)
        return line

    def arrange(self, budget: Budget, terms: LineTerms, siblings: Sequence[SpendingLine]) -> None:
        """Take other terms.

        Raises:
            AnotherCurrency: than the budget's.
            EntityNotAllowed: the budget does not serve it.
            BudgetTooSmall: together with its siblings.
            LineBelowConsumption: more is spoken for.

        """
        require(terms.currency == budget.currency, AnotherCurrency(field="currency"))
        require(str(terms.entity_id) in budget.entity_ids, EntityNotAllowed(field="entity_id"))
        promised = sum((line.amount for line in siblings if line.id != self.id), terms.amount)
        require(promised <= budget.amount + budget.additional_amount, BudgetTooSmall(field="amount"))
        require(self.reserved + self.ordered <= terms.amount + self.overrun, LineBelowConsumption(field="amount"))
        for name in ("name", "entity_id", "currency", "amount", "buyer_threshold", "active"):
            setattr(self, name, getattr(terms, name))
        self.version += 1

    def take(self, amount: Decimal) -> None:
        """Set money aside. Raises LineExhausted."""
        require(amount <= self.available, LineExhausted())
        self.reserved += amount
        self.version += 1

    def give_back(self, amount: Decimal) -> None:
        """What was set aside is free again."""
        self.reserved -= amount
        self.version += 1

    def order(self, set_aside: Decimal, amount: Decimal) -> None:
        """What was set aside is ordered, at the order's own amount."""
        self.reserved -= set_aside
        self.ordered += amount
        self.overrun = max(self.overrun, self.reserved + self.ordered - self.amount)
        self.version += 1


class Commitment(Base):
    """What one proposal takes from a line: set aside at its retention, then ordered, then invoiced."""

    __tablename__ = "commitments"
    __table_args__ = (Index(None, "line_id"),)

    proposal_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("spending_lines.id"))
    reserved: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    ordered: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    invoiced: Mapped[Decimal] = mapped_column(Numeric(14, 2))


def check_keepers(terms: BudgetTerms, colleagues: Collection[UUID]) -> None:
    """Raise UnknownKeeper unless those named are two different colleagues."""
    require(terms.responsible_id in colleagues, UnknownKeeper(field="responsible_id"))
    second = terms.deputy_id is None or (terms.deputy_id in colleagues and terms.deputy_id != terms.responsible_id)
    require(second, UnknownKeeper(field="deputy_id"))
