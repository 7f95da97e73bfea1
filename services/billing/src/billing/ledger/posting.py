"""Booking, and what accounts stand at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from billing.ledger.domain import Account, EntryKind, LedgerEntry, LedgerLine, Posting, check_balanced
from chassis import Tx
from chassis.rows import new_id
from contracts.values import Money


async def post(
    tx: Tx, kind: EntryKind, source_id: UUID, text: str, postings: Sequence[Posting], *, booked_on: date | None = None
) -> bool:
    """Book this fact, today in Paris unless said otherwise; False when it was booked before.

    Raises:
        UnbalancedEntry: a defect of ours; nothing is booked.

    """
    lines = check_balanced(postings)
    entry = {
        "id": new_id(),
        "kind": kind,
        "source_id": source_id,
        "booked_on": booked_on or tx.today,
        "text": text[:200],
        "recorded_at": tx.now,
    }
    once = insert_or_skip(LedgerEntry).values(**entry).on_conflict_do_nothing(index_elements=["kind", "source_id"])
    if (await tx.execute(once.returning(LedgerEntry.id))).scalar_one_or_none() is None:
        return False
    values = [
        {
            "id": new_id(),
            "entry_id": entry["id"],
            "account": line.account.value,
            "party_id": line.party_id,
            "debit": line.debit,
            "credit": line.credit,
        }
        for line in lines
    ]
    await tx.execute(insert(LedgerLine), values)
    return True


async def balance(tx: Tx, account: Account, party_id: UUID | None = None) -> Money:
    """Debits less credits of an account, or of one company's part of it."""
    total = func.coalesce(func.sum(LedgerLine.debit - LedgerLine.credit), Decimal(0))
    query = select(total).where(LedgerLine.account == account.value)
    if party_id is not None:
        query = query.where(LedgerLine.party_id == party_id)
    return Money.of((await tx.execute(query)).scalar_one())
