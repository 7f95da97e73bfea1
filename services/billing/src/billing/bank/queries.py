"""What paid an invoice."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from billing.bank.domain import BankMatch, BankMovement, Target
from billing.bank.late import Payment
from billing.bank.settlement import live
from billing.issuing.domain import IssuedInvoice, IssuedInvoiceNotFound
from billing.issuing.issue import BOOKED_HERE
from chassis import Tx


async def issued_invoice(tx: Tx, invoice_id: UUID) -> IssuedInvoice:
    """An invoice that a company owes. Raises IssuedInvoiceNotFound."""
    query = select(IssuedInvoice).where(IssuedInvoice.id == invoice_id, IssuedInvoice.kind.in_(BOOKED_HERE))
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise IssuedInvoiceNotFound
    return found


async def matches_where(tx: Tx, *scope: ColumnElement[bool]) -> Sequence[tuple[BankMatch, BankMovement]]:
    """Matches with their movements, oldest first, those that were taken back included."""
    joined = select(BankMatch, BankMovement).join(BankMovement, BankMovement.id == BankMatch.movement_id)
    return [(match, movement) for match, movement in await tx.execute(joined.where(*scope).order_by(BankMatch.id))]


async def payments_of(tx: Tx, invoice_id: UUID) -> list[Payment]:
    """The payments that settle an issued invoice."""
    settled = live(BankMatch.target == Target.ISSUED_INVOICE.value, BankMatch.target_id == invoice_id)
    return [Payment(movement.booked_on, match.total) for match, movement in await matches_where(tx, *settled)]
