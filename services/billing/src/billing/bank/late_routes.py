"""What an invoice paid late costs its client (BL-21)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from billing.bank.late import LateCharges, late_charges
from billing.bank.queries import issued_invoice, payments_of
from billing.bank.routes import FINANCE
from billing.issuing.domain import IssuedInvoiceNotFound
from chassis.errors import Forbidden
from chassis.http import Router, TxDep, View
from chassis.problems import documented
from contracts.values import Money

router = Router("bank")


class StretchView(View):
    """Days in a row with the same sum open at the same rate."""

    start: date
    end: date
    days: int
    unpaid: Money
    rate: str = Field(description="Per cent a year")


class LateChargesView(View):
    """What a company owes besides because it pays late (C. com. L441-10, D441-5)."""

    invoice_id: UUID
    number: str
    due_on: date
    until: date
    days: int
    interest: Money
    indemnity: Money
    total: Money
    stretches: list[StretchView]


@router.get(
    "/staff/issued-invoices/{issued_invoice_id}/late-charges",
    access=FINANCE,
    responses=documented(Forbidden, IssuedInvoiceNotFound),
)
async def read_late_charges(
    issued_invoice_id: UUID,
    tx: TxDep,
    on: Annotated[date | None, Query(ge=date(2020, 1, 1), le=date(2099, 12, 31))] = None,
) -> LateChargesView:
    """Late interest and the fixed indemnity of an invoice up to a day, today unless given (BL-21)."""
    invoice, until = await issued_invoice(tx, issued_invoice_id), on or tx.today
    payments = await payments_of(tx, invoice.id)
    found = late_charges(invoice.gross - invoice.credited, invoice.due_on, payments, until)
    return LateChargesView(
        **{name: getattr(found, name) for name in ("days", "interest", "indemnity", "total")},
        invoice_id=invoice.id,
        number=invoice.number,
        due_on=invoice.due_on,
        until=until,
        stretches=_stretches(found),
    )


def _stretches(found: LateCharges) -> list[StretchView]:
    same = ("start", "end", "days", "unpaid")
    return [
        StretchView(**{name: getattr(each, name) for name in same}, rate=f"{each.rate:.2f}") for each in found.stretches
    ]
