"""Reading the books; entries come from what happens, never from a form."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import func, select

from billing.ledger.domain import Account, EntryKind, LedgerEntry, LedgerLine
from chassis.auth import staff
from chassis.db import Tx
from chassis.errors import Forbidden
from chassis.http import Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Money

router = Router("ledger")


class AccountBalance(View):
    """What stands on an account: its debits, its credits, and their difference."""

    account: Account
    name: str
    debit: Money
    credit: Money
    balance: Money
    """Debits less credits."""


class TrialBalance(View):
    """Every account that was booked on. `difference` is zero, or the books are wrong."""

    until: date
    accounts: list[AccountBalance]
    debit: Money
    credit: Money
    difference: Money


class LineView(View):
    """One line of an entry."""

    account: Account
    party_id: UUID | None
    debit: Money
    credit: Money


class EntryView(View):
    """What happened, and what it was booked as."""

    id: UUID
    kind: EntryKind
    source_id: UUID
    booked_on: date
    text: str
    recorded_at: datetime
    lines: list[LineView]


@router.get("/staff/ledger/trial-balance", access=staff(StaffScope.FINANCE), responses=documented(Forbidden))
async def read_trial_balance(tx: TxDep, until: Annotated[date | None, Query()] = None) -> TrialBalance:
    """Every account's totals up to a day, today unless said otherwise."""
    last = until or tx.today
    sums = func.sum(LedgerLine.debit), func.sum(LedgerLine.credit)
    entry = LedgerEntry.id == LedgerLine.entry_id
    query = select(LedgerLine.account, *sums).join(LedgerEntry, entry).where(LedgerEntry.booked_on <= last)
    found = (await tx.execute(query.group_by(LedgerLine.account).order_by(LedgerLine.account))).all()
    accounts = [_standing(Account(account), debit, credit) for account, debit, credit in found]
    debit = sum((each.debit for each in accounts), Money.of(0))
    credit = sum((each.credit for each in accounts), Money.of(0))
    return TrialBalance(until=last, accounts=accounts, debit=debit, credit=credit, difference=debit - credit)


@router.get("/staff/ledger/entries", access=staff(StaffScope.FINANCE), responses=documented(Forbidden))
async def list_entries(
    tx: TxDep,
    page: PageDep,
    account: Annotated[Account | None, Query()] = None,
    party_id: Annotated[UUID | None, Query()] = None,
    source_id: Annotated[UUID | None, Query()] = None,
) -> Page[EntryView]:
    """The entries, newest first: all, those on an account or of a company, or what one thing was booked as."""
    query = select(LedgerEntry)
    on = [LedgerLine.entry_id == LedgerEntry.id]
    if account:
        on.append(LedgerLine.account == account.value)
    if party_id:
        on.append(LedgerLine.party_id == party_id)
    if len(on) > 1:
        query = query.where(select(LedgerLine.id).where(*on).exists())
    if source_id:
        query = query.where(LedgerEntry.source_id == source_id)
    entries = await page_of(tx, query, LedgerEntry.id, page, lambda entry: entry)
    lines = await _lines_of(tx, [entry.id for entry in entries.items])
    return Page(items=[_view(entry, lines[entry.id]) for entry in entries.items], next=entries.next)


def _standing(account: Account, debit: Decimal, credit: Decimal) -> AccountBalance:
    return AccountBalance(
        account=account,
        name=account.name.lower(),
        debit=Money.of(debit),
        credit=Money.of(credit),
        balance=Money.of(debit - credit),
    )


async def _lines_of(tx: Tx, entries: list[UUID]) -> dict[UUID, list[LineView]]:
    found: dict[UUID, list[LineView]] = {entry: [] for entry in entries}
    query = select(LedgerLine).where(LedgerLine.entry_id.in_(entries)).order_by(LedgerLine.id)
    for line in await tx.scalars(query):
        found[line.entry_id].append(
            LineView(
                account=Account(line.account),
                party_id=line.party_id,
                debit=Money.of(line.debit),
                credit=Money.of(line.credit),
            )
        )
    return found


def _view(entry: LedgerEntry, lines: list[LineView]) -> EntryView:
    same = ("id", "kind", "source_id", "booked_on", "text", "recorded_at")
    return EntryView(**{name: getattr(entry, name) for name in same}, lines=lines)
