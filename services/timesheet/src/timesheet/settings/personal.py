"""Who decided how a client's activity reports are handled (PL-06, PL-08)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from chassis import Tx
from chassis.personal_data import ACCOUNTING_YEARS, Basis, DataClass, Records, record_of, years_before
from timesheet.settings.domain import ActivitySettings


async def _chosen(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(ActivitySettings).where(ActivitySettings.changed_by == member_id))
    return [record_of(row, "client_company_id", "changed_at") for row in rows]


async def _forget(tx: Tx, as_of: datetime) -> None:
    """Fixed reports name who agreed to them in advance; the reports themselves outlive that."""
    old = ActivitySettings.changed_at < years_before(as_of, ACCOUNTING_YEARS)
    await tx.execute(update(ActivitySettings).where(old).values(changed_by=None))


DATA = [
    DataClass(
        "activity settings",
        purpose="Prove who chose how a client's activity reports are filled in and validated",
        basis=Basis.CONTRACT,
        kept=f"{ACCOUNTING_YEARS} years after the choice; ids alone",
        tables=(ActivitySettings,),
        gather=_chosen,
        forget=_forget,
    ),
]
