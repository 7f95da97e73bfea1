"""Taking an invoice back, whole or in part: only by a credit note that names it (BL-22, BR-FR-CO-05)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from billing.issuing.domain import IssuedInvoice, IssuedStatus, MoreThanIsLeft, NotCreditable
from billing.issuing.issue import BOOKED_HERE, fixed, own_key, take_numbers
from billing.issuing.mentions import notes_for
from billing.issuing.sheet import Kind, Line, Reference, Sheet, VatGroup, totals_of
from billing.ledger.domain import Account, EntryKind
from billing.ledger.domain import credit as on_the_right
from billing.ledger.domain import debit as on_the_left
from billing.ledger.posting import post
from chassis import Tx, audit
from chassis.errors import require
from chassis.rows import new_id
from contracts.values import Money

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """How much of one line is taken back."""

    line: int
    """From 0, as the invoice lists them."""
    quantity: Decimal


async def credit(tx: Tx, invoice: IssuedInvoice, reason: str, parts: Sequence[Part] | None = None) -> IssuedInvoice:
    """Take back all that is left of an invoice, or these parts of it; the invoice's row is locked by the caller.

    A sale and a fee are booked back here; a self-billed invoice where the provider's invoice is cancelled.

    Raises:
        NotCreditable: it is a credit note itself.
        MoreThanIsLeft: nothing is left, or less than these parts.

    """
    require(invoice.kind is not Kind.CREDIT_NOTE, NotCreditable())
    before = [
        row.sheet for row in await tx.scalars(select(IssuedInvoice).where(IssuedInvoice.credits_id == invoice.id))
    ]
    lines, groups = taken_back(invoice.sheet, before, parts)
    totals = totals_of(groups)
    require(totals.gross.amount > 0, MoreThanIsLeft())
    original, self_billed = invoice.sheet, invoice.kind is Kind.SELF_BILLED
    key = own_key(original.seller, invoice.party_id) if self_billed else None
    (numbered,) = await take_numbers(tx, (Kind.CREDIT_NOTE, key))
    sheet = original.model_copy(
        update={
            "lines": lines,
            "vat": groups,
            "notes": notes_for(
                Kind.CREDIT_NOTE,
                original.seller,
                original.buyer,
                numbered.on,
                original.language,
                self_billed=self_billed,
            ),
            "process": "S1",
            "account": None,
            "credits": Reference(number=invoice.number, issued_on=invoice.issued_on),
            "reason": reason,
        }
    )
    row = IssuedInvoice(
        id=new_id(),
        kind=Kind.CREDIT_NOTE,
        party_id=invoice.party_id,
        source_id=invoice.source_id,
        mission_id=invoice.mission_id,
        manager_id=invoice.manager_id,
        due_on=numbered.on,
        type_code="261" if self_billed else "381",
        status=IssuedStatus.PAID,
        credits_id=invoice.id,
        **fixed(sheet, totals, numbered),
    )
    invoice.take_back(row.gross)
    tx.add(row)
    await _book_back(tx, invoice, row)
    audit(tx, "issued_invoice.credit", invoice.id, number=row.number, credit_note=row.id)
    return row


def taken_back(
    original: Sheet, before: Sequence[Sheet], parts: Sequence[Part] | None
) -> tuple[list[Line], list[VatGroup]]:
    """The lines and the VAT breakdown of a credit note, given the earlier ones.

    What is left bears the VAT of its own sum, rounded once, and the credit note takes the difference: so that all
    credit notes of an invoice together take back exactly its VAT.

    Raises:
        MoreThanIsLeft: a line is not there, or less is left of it.

    """
    left = _left_of(original, before)
    wanted = {part.line: part.quantity for part in parts} if parts is not None else _quantities(left)
    lines = [_part_of(left, index, quantity) for index, quantity in sorted(wanted.items())]
    require(bool(lines) and (parts is None or len(parts) == len(wanted)), MoreThanIsLeft())
    return lines, [group for group in (_vat_back(each, before, lines) for each in original.vat) if group]


def _left_of(original: Sheet, before: Sequence[Sheet]) -> list[Line]:
    left = [line.model_copy(update={"credits_line": index}) for index, line in enumerate(original.lines)]
    for line in (line for sheet in before for line in sheet.lines):
        assert line.credits_line is not None
        rest = left[line.credits_line]
        remaining = {"quantity": rest.quantity - line.quantity, "net": rest.net - line.net}
        left[line.credits_line] = rest.model_copy(update=remaining)
    return left


def _quantities(left: Sequence[Line]) -> dict[int, Decimal]:
    return {index: line.quantity for index, line in enumerate(left) if line.quantity}


def _part_of(left: Sequence[Line], index: int, quantity: Decimal) -> Line:
    require(0 <= index < len(left), MoreThanIsLeft(f"there is no line {index}", field="parts"))
    rest = left[index]
    within = quantity != 0 and (quantity > 0) == (rest.quantity > 0) and abs(quantity) <= abs(rest.quantity)
    require(within, MoreThanIsLeft(f"of line {index} {rest.quantity} is left", field="parts"))
    if quantity == rest.quantity:
        return rest
    net = Money(amount=rest.unit_price).times(quantity).amount
    return rest.model_copy(update={"quantity": quantity, "net": net})


def _vat_back(group: VatGroup, before: Sequence[Sheet], lines: Sequence[Line]) -> VatGroup | None:
    same = [
        each for sheet in before for each in sheet.vat if (each.category, each.rate) == (group.category, group.rate)
    ]
    base_left = group.base - sum((each.base for each in same), _NONE)
    vat_left = group.amount - sum((each.amount for each in same), _NONE)
    mine = [line.net for line in lines if (line.category, line.rate) == (group.category, group.rate)]
    if not mine:
        return None
    base = sum(mine, _NONE)
    rest = base_left - base
    vat_after = Money(amount=rest).times(group.rate / 100).amount if rest else _NONE
    return group.model_copy(update={"base": base, "amount": vat_left - vat_after})


async def _book_back(tx: Tx, invoice: IssuedInvoice, note: IssuedInvoice) -> None:
    if invoice.kind in BOOKED_HERE:
        owed, earned = Account.CLIENTS, Account.SERVICES_SOLD
    elif invoice.kind is Kind.FEE:
        owed, earned = Account.PROVIDERS, Account.FEES
    else:
        return
    lines = [
        on_the_left(earned, note.net),
        on_the_left(Account.VAT_COLLECTED, note.vat),
        on_the_right(owed, note.gross, note.party_id),
    ]
    await post(tx, EntryKind.CREDIT_NOTE, note.id, note.number, lines, booked_on=note.issued_on)
