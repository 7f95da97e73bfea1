"""What is kept of those who end months (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from billing.month_end.domain import MonthEnd
from chassis.db import Tx
from chassis.personal_data import ACCOUNTING_YEARS, NOBODY, Basis, DataClass, Records, record_of, years_before


async def _started(tx: Tx, member_id: UUID) -> Records:
    mine = select(MonthEnd).where(MonthEnd.started_by == member_id).order_by(MonthEnd.id)
    return [record_of(row, "month_text", "status", "started_at", "finished_at") for row in await tx.scalars(mine)]


async def _keep(_: Tx, __: UUID) -> None:
    """Who ended a month of the accounts is kept as long as they are."""


async def _forget(tx: Tx, as_of: datetime) -> None:
    over = MonthEnd.started_at < years_before(as_of, ACCOUNTING_YEARS)
    await tx.execute(update(MonthEnd).where(over).values(started_by=NOBODY))


DATA = [
    DataClass(
        "month ends",
        purpose="Say who had a month's invoices issued",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after it was started",
        tables=(MonthEnd,),
        gather=_started,
        erase=_keep,
        forget=_forget,
    ),
]
