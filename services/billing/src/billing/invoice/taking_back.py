"""How a credit note takes a provider's invoice back whole, whoever wrote the two (BL-22)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from billing.bpf.domain import Bpf
from billing.invoice.booking import debt_of, withheld
from billing.invoice.domain import Invoice
from billing.issuing.credit_note import credit
from billing.issuing.domain import IssuedInvoice
from billing.issuing.sheet import Kind
from billing.ledger.domain import EntryKind, reversed_postings
from billing.ledger.posting import post
from billing.payment.progress import cancel
from chassis import Tx


async def take_back(tx: Tx, bpf: Bpf, invoice_id: UUID, *, note_id: UUID, number: str, reason: str) -> Invoice:
    """Cancel the invoice of a locked BPF, book it and its fee back, and await another one.

    A provider that was paid already owes the money: its next payments are reduced by it.

    Raises:
        IllegalMove: its money is on the way, or it is cancelled already.

    """
    invoice = await cancel(tx, invoice_id, number)
    lines = debt_of(invoice, bpf)
    fee = await _fee_document(tx, invoice.id)
    if fee is not None:
        await credit(tx, fee, reason)
    elif invoice.fee.amount:
        lines += withheld(invoice, bpf)
    await post(tx, EntryKind.PROVIDER_CREDIT_NOTE, note_id, number, reversed_postings(lines))
    bpf.reopen()
    await tx.flush()
    return invoice


async def _fee_document(tx: Tx, invoice_id: UUID) -> IssuedInvoice | None:
    """The platform's own invoice of the fee that it withheld, where it was issued already."""
    query = select(IssuedInvoice).where(IssuedInvoice.kind == Kind.FEE, IssuedInvoice.source_id == invoice_id)
    return (await tx.scalars(query.with_for_update())).one_or_none()
