"""What one hands in with a line, and what one sees of it: the very figures that billing uses (TS-15)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import UploadFile
from pydantic import AfterValidator, Field, StringConstraints

from chassis.auth import Caller
from chassis.http import Body, View
from contracts.roles import Role
from contracts.timesheet import CraLineKind
from contracts.values import Amount, Money, Month, Name, Quantity
from timesheet.cra.domain import Cra
from timesheet.line.domain import net_of, total_of

_TEXT = r"^[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$"

Comment = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_TEXT)]


def _something(quantity: Decimal) -> Decimal:
    if not quantity:
        raise ValueError("corrects nothing")
    return quantity


Price = Annotated[Amount, Field(gt=0, le=10_000_000)]


class ExpenseChange(Body):
    """An outlay: what for, how much, at which VAT rate; without a file, the receipt stays."""

    title: Name
    net: Price
    """Without VAT."""
    vat_rate: Literal["20", "10", "5.5", "2.1", "0"]
    """Per cent: the rates of CIBS, metropolitan France."""
    comment: Comment | None = None
    file: UploadFile | None = None


class NewExpense(ExpenseChange):
    """An outlay and its receipt (TS-08)."""

    file: UploadFile


class NewOvertime(Body):
    """Overtime or on-call duty on a date, by the mission's table (TS-09)."""

    code: Annotated[str, Field(max_length=20)]
    on: date
    quantity: Annotated[Quantity, Field(gt=0)]
    comment: Comment | None = None


class NewDeliverable(Body):
    """What was delivered, and the part of the price that it is worth."""

    title: Name
    amount: Price
    """Without VAT."""
    comment: Comment | None = None


class NewAdjustment(Body):
    """Days more or less than an earlier month counted, and why (TS-11)."""

    month: Month
    """The month that it corrects."""
    bdc_id: UUID | None = None
    """Its order, where it is not the report's own."""
    quantity: Annotated[Quantity, Field(ge=-31, le=31, multiple_of=Decimal("0.5")), AfterValidator(_something)]
    """In halves; negative to take back."""
    comment: Comment
    file: UploadFile | None = None


class PaperView(View):
    """A file that goes with a line."""

    name: str
    media_type: str
    sha256: str
    size: int


class LineView(View):
    """A line of the bill; the days worked have no id. A consultant is shown the prices of their outlays alone."""

    id: UUID | None
    kind: CraLineKind
    title: str
    quantity: Quantity
    unit: str
    unit_price: Money | None
    net: Money | None
    vat_rate: Decimal | None
    month: Month | None
    bdc_id: UUID | None
    on: date | None = None
    code: str | None = None
    comment: str | None = None
    file: PaperView | None = None


class BillView(View):
    """Everything that billing bills of a month, and its sum without VAT as far as the caller is shown prices."""

    lines: list[LineView]
    net: Money | None

    @classmethod
    def of(cls, cra: Cra, caller: Caller) -> BillView:
        """Show the bill of a report whose lines are loaded."""
        blind = caller.role is Role.CONSULTANT
        bill, items = cra.bill, cra.items
        stored = [None] * (len(bill) - len(items)) + items
        lines = []
        for line, item in zip(bill, stored, strict=True):
            shown = {"id": None} | (item or line).model_dump() | {"net": net_of(line)}
            if blind and line.kind is not CraLineKind.EXPENSE:
                shown |= {"unit_price": None, "net": None}
            lines.append(LineView.model_validate(shown))
        return cls(lines=lines, net=None if blind else total_of(bill))
