"""Importing bank statements, and looking at what they hold."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, UploadFile
from sqlalchemy import func, insert, select

from billing.bank.document import Statement
from billing.bank.domain import (
    BankMovement,
    BankStatement,
    Direction,
    MovementStatus,
    movement_postings,
    movement_row,
)
from billing.bank.refusals import (
    BalancesDoNotChain,
    StatementImported,
    StatementInvalid,
    StatementOfAnotherAccount,
    StatementUnreadable,
)
from billing.ledger.domain import EntryKind
from billing.ledger.posting import Fact, post_new
from billing.own import OwnDep
from chassis import Tx, audit
from chassis.auth import staff
from chassis.errors import Forbidden, TemporarilyUnavailable, require
from chassis.files import FileTooLarge
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Money

router = Router("bank")
FINANCE = staff(StaffScope.FINANCE)
MAX_BYTES = 10 * 1024 * 1024


class StatementView(View):
    """A statement of the platform's account."""

    id: UUID
    iban: str
    statement_id: str
    position: int
    from_on: date
    to_on: date
    opening: Money
    closing: Money
    movements: int
    file_sha256: str
    imported_by: UUID
    imported_at: datetime


class ImportedView(View):
    """What a file held."""

    statements: list[StatementView]


class MovementView(View):
    """A movement, and how much of it is matched."""

    id: UUID
    direction: Direction
    amount: Money
    left: Money
    status: MovementStatus
    booked_on: date
    end_to_end_id: str | None
    remittance: str
    counterparty_name: str | None
    counterparty_iban: str | None
    bank_reference: str | None


def movement_view(row: BankMovement) -> MovementView:
    """The answer for a movement."""
    same = ("id", "direction", "left", "status", "booked_on", "end_to_end_id", "remittance")
    more = ("counterparty_name", "counterparty_iban", "bank_reference")
    return MovementView(**{name: getattr(row, name) for name in same + more}, amount=row.total)


@router.post(
    "/staff/bank-statements",
    access=FINANCE,
    status_code=201,
    responses=documented(
        Forbidden,
        FileTooLarge,
        StatementUnreadable,
        StatementInvalid,
        StatementOfAnotherAccount,
        BalancesDoNotChain,
        StatementImported,
        TemporarilyUnavailable,
    ),
)
async def import_bank_statements(
    *, file: UploadFile, tx: TxDep, caller: CallerDep, platform: PlatformDep, own: OwnDep
) -> ImportedView:
    """Import a camt.053 file: all of its statements or none; rules look for what they settle within a minute."""
    content = await file.read(MAX_BYTES + 1)
    require(len(content) <= MAX_BYTES, FileTooLarge(f"at most {MAX_BYTES} bytes are taken", field="file"))
    found = await own.statements.read(content)
    account = own.settings.operator_iban
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(account))))
    former = await _newest(tx, account)
    key, sha256 = await platform.files.put_made(content), hashlib.sha256(content).hexdigest()
    kept = []
    for each in found:
        await _check_new(tx, each)
        former = BankStatement.take(each, former, account, by=caller.member_id, at=tx.now)
        former.file_key, former.file_sha256 = key, sha256
        await _keep(tx, former, each)
        audit(tx, "bank_statement.import", former.id, movements=former.movements, sha256=sha256)
        kept.append(StatementView.model_validate(former))
    return ImportedView(statements=kept)


async def _newest(tx: Tx, iban: str) -> BankStatement | None:
    newest = select(BankStatement).where(BankStatement.iban == iban).order_by(BankStatement.position.desc()).limit(1)
    return (await tx.scalars(newest)).one_or_none()


async def _check_new(tx: Tx, found: Statement) -> None:
    known = select(BankStatement.imported_at).where(
        BankStatement.iban == found.iban, BankStatement.statement_id == found.statement_id
    )
    require(await tx.scalar(known) is None, StatementImported(f"{found.statement_id} is there already", field="file"))


async def _keep(tx: Tx, statement: BankStatement, found: Statement) -> None:
    """Statement, movements and their bookings, in one go however many they are."""
    tx.add(statement)
    await tx.flush()
    rows = [movement_row(each, statement, place) for place, each in enumerate(found.movements, 1)]
    facts = [
        Fact(
            source_id=row["id"],
            text=f"{statement.statement_id} {row['position']}",
            postings=movement_postings(Direction(row["direction"]), Money(amount=row["amount"])),
            booked_on=row["booked_on"],
        )
        for row in rows
    ]
    if rows:
        await tx.execute(insert(BankMovement), rows)
        await post_new(tx, EntryKind.BANK_MOVEMENT, facts)


@router.get("/staff/bank-statements", access=FINANCE, responses=documented(Forbidden))
async def list_bank_statements(tx: TxDep, page: PageDep) -> Page[StatementView]:
    """The imported statements, newest first."""
    return await page_of(tx, select(BankStatement), BankStatement.id, page, StatementView.model_validate)


@router.get("/staff/bank-movements", access=FINANCE, responses=documented(Forbidden))
async def list_bank_movements(
    tx: TxDep,
    page: PageDep,
    status: Annotated[MovementStatus | None, Query()] = None,
    direction: Annotated[Direction | None, Query()] = None,
) -> Page[MovementView]:
    """The movements, newest first; the unmatched ones wait for somebody to say what they are (BL-24)."""
    query = select(BankMovement)
    if status is not None:
        query = query.where(_HAVING[status])
    if direction is not None:
        query = query.where(BankMovement.direction == direction.value)
    return await page_of(tx, query, BankMovement.id, page, movement_view)


_HAVING = {
    MovementStatus.UNMATCHED: BankMovement.matched_amount == 0,
    MovementStatus.MATCHED: BankMovement.matched_amount == BankMovement.amount,
    MovementStatus.PARTLY_MATCHED: (BankMovement.matched_amount > 0)
    & (BankMovement.matched_amount < BankMovement.amount),
}
