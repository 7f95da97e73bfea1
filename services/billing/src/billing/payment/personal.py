"""What payments keep about people: which members of staff stand behind a run (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from billing.payment.domain import PaymentRun
from chassis.clock import instant_of
from chassis.db import Tx
from chassis.personal_data import ACCOUNTING_YEARS, NOBODY, Basis, DataClass, Records, record_of, years_before


async def _runs(tx: Tx, member_id: UUID) -> Records:
    mine = or_(PaymentRun.proposed_by == member_id, PaymentRun.approved_by == member_id)
    found = await tx.scalars(select(PaymentRun).where(mine).order_by(PaymentRun.id))
    return [record_of(run, "executes_on", "proposed_at", "approved_at") for run in found]


async def _forget_runs(tx: Tx, as_of: datetime) -> None:
    over = PaymentRun.proposed_at < instant_of(years_before(as_of, ACCOUNTING_YEARS))
    await tx.execute(update(PaymentRun).where(over).values(proposed_by=NOBODY, approved_by=None))


DATA = [
    DataClass(
        "payment runs",
        purpose="show which two people stand behind a payment",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the run; ids alone",
        tables=(PaymentRun,),
        gather=_runs,
        forget=_forget_runs,
    ),
]
