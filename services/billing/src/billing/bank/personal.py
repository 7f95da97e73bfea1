"""What bank statements tell about people, and who of the staff worked on them (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from billing.bank.domain import BankMatch, BankMovement, BankStatement
from chassis.clock import instant_of
from chassis.db import Tx
from chassis.personal_data import ACCOUNTING_YEARS, NOBODY, Basis, DataClass, Records, record_of, years_before


async def _statements(tx: Tx, member_id: UUID) -> Records:
    mine = select(BankStatement).where(BankStatement.imported_by == member_id).order_by(BankStatement.id)
    return [record_of(row, "statement_id", "imported_at") for row in await tx.scalars(mine)]


async def _matches(tx: Tx, member_id: UUID) -> Records:
    mine = or_(BankMatch.matched_by == member_id, BankMatch.undone_by == member_id)
    shown = ("target", "target_id", "matched_at", "undone_at", "undone_reason")
    return [record_of(row, *shown) for row in await tx.scalars(select(BankMatch).where(mine).order_by(BankMatch.id))]


async def _forget_statements(tx: Tx, as_of: datetime) -> None:
    """Sums and days stay, since the ledger stands on them; who paid, and in what words, is forgotten."""
    over = years_before(as_of, ACCOUNTING_YEARS)
    old = select(BankStatement.id).where(BankStatement.to_on < over)
    nameless = {"counterparty_name": None, "counterparty_iban": None, "end_to_end_id": None, "remittance": ""}
    await tx.execute(update(BankMovement).where(BankMovement.statement_row_id.in_(old)).values(**nameless))
    await tx.execute(update(BankStatement).where(BankStatement.to_on < over).values(imported_by=NOBODY))


async def _forget_matches(tx: Tx, as_of: datetime) -> None:
    over = BankMatch.matched_at < instant_of(years_before(as_of, ACCOUNTING_YEARS))
    await tx.execute(update(BankMatch).where(over).values(matched_by=None, undone_by=None))


DATA = [
    DataClass(
        name="bank statements",
        purpose="show what reached and left the platform's account, and who imported it",
        basis=Basis.LEGAL_OBLIGATION,
        kept="ten years: they support the accounts; counterparties are companies, some of which bear a person's name",
        tables=(BankStatement, BankMovement),
        gather=_statements,
        forget=_forget_statements,
    ),
    DataClass(
        name="bank matches",
        purpose="explain which payment settled which invoice, and who decided so",
        basis=Basis.LEGAL_OBLIGATION,
        kept="ten years: they support the accounts",
        tables=(BankMatch,),
        gather=_matches,
        forget=_forget_matches,
    ),
]
