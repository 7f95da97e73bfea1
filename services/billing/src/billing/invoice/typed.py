"""A PDF that only people can read: its provider types what it says, which is held against the BPF all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field

from billing.invoice.comparison import Awaited, Difference, amount, day, ibans_of, number, number_of, text
from chassis.http import Body
from contracts.values import Amount, Iban, Name, Quantity


class TypedInvoice(Body):
    """What the PDF says, by its provider's hand."""

    number: Annotated[str, Field(min_length=1, max_length=35)]
    issued_on: date
    order_reference: Name
    period_start: date
    period_end: date
    days: Quantity
    """Days billed, those of adjustments among them."""
    net: Amount
    vat: Amount
    gross: Amount
    iban: Iban | None = None
    """Where it asks to be paid; absent where it names no IBAN."""


def compare_typed(typed: TypedInvoice, awaited: Awaited) -> Iterator[Difference]:
    """Every difference, as for an electronic invoice, of what was typed."""
    bpf, sign = awaited.bpf, awaited.sign
    yield from number_of(typed.number)
    yield from text("order_reference", bpf.order_reference, typed.order_reference)
    yield from day("issued_on", typed.issued_on.isoformat(), bpf.validated_on, awaited.today)
    yield from day("period.start", typed.period_start.isoformat(), bpf.period.start, bpf.period.end)
    yield from day("period.end", typed.period_end.isoformat(), bpf.period.start, bpf.period.end)
    yield from ibans_of([typed.iban] if typed.iban else [], awaited.account)
    yield from number("days", bpf.days * sign, f"{typed.days:f}")
    yield from amount("totals.net", bpf.net_amount * sign, f"{typed.net:f}")
    yield from amount("totals.vat", bpf.vat_amount * sign, f"{typed.vat:f}")
    yield from amount("totals.gross", bpf.gross.amount * sign, f"{typed.gross:f}")
