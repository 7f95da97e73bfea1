"""Booking, and what accounts stand at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from billing.ledger.domain import Account, EntryKind, LedgerEntry, LedgerLine, Posting, check_balanced
from chassis import Tx
from chassis.rows import new_id
from contracts.values import Money


@dataclass(frozen=True, slots=True)
class Fact:
    """What is booked of one source; today in Paris unless dated."""

    source_id: UUID
    text: str
    postings: Sequence[Posting]
    booked_on: date | None = None


async def post(
    tx: Tx, kind: EntryKind, source_id: UUID, text: str, postings: Sequence[Posting], *, booked_on: date | None = None
) -> bool:
    """Book this fact, today in Paris unless said otherwise; False when it was booked before.

    Raises:
        UnbalancedEntry: a defect of ours; nothing is booked.

    """
    entry, lines = _rows(tx, kind, Fact(source_id, text, postings, booked_on))
    once = insert_or_skip(LedgerEntry).values(**entry).on_conflict_do_nothing(index_elements=["kind", "source_id"])
    if (await tx.execute(once.returning(LedgerEntry.id))).scalar_one_or_none() is None:
        return False
    await tx.execute(insert(LedgerLine), lines)
    return True


async def post_new(tx: Tx, kind: EntryKind, facts: Sequence[Fact]) -> None:
    """Book many facts that are certainly new, in two statements however many they are.

    Raises:
        UnbalancedEntry: a defect of ours; nothing is booked.

    """
    booked = [_rows(tx, kind, fact) for fact in facts]
    await tx.execute(insert(LedgerEntry), [entry for entry, _ in booked])
    await tx.execute(insert(LedgerLine), [line for _, lines in booked for line in lines])


def _rows(tx: Tx, kind: EntryKind, fact: Fact) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    lines = check_balanced(fact.postings)
    entry = {
        "id": new_id(),
        "kind": kind,
        "source_id": fact.source_id,
        "booked_on": fact.booked_on or tx.today,
        "text": fact.text[:200],
        "recorded_at": tx.now,
    }
    return entry, [
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


async def balance(tx: Tx, account: Account, party_id: UUID | None = None) -> Money:
    """Debits less credits of an account, or of one company's part of it."""
    total = func.coalesce(func.sum(LedgerLine.debit - LedgerLine.credit), Decimal(0))
    query = select(total).where(LedgerLine.account == account.value)
    if party_id is not None:
        query = query.where(LedgerLine.party_id == party_id)
    return Money.of((await tx.execute(query)).scalar_one())
