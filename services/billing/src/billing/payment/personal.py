"""What payments keep about people: who stands behind a run, who handed in a credit note (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from billing.invoice.credit_note import ProviderCreditNote
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


async def _notes(tx: Tx, member_id: UUID) -> Records:
    mine = ProviderCreditNote.imported_by == member_id
    found = await tx.scalars(select(ProviderCreditNote).where(mine).order_by(ProviderCreditNote.id))
    return [record_of(note, "number", "issued_on", "imported_at") for note in found]


async def _forget_notes(tx: Tx, as_of: datetime) -> None:
    over = ProviderCreditNote.issued_on < years_before(as_of, ACCOUNTING_YEARS)
    await tx.execute(update(ProviderCreditNote).where(over).values(imported_by=NOBODY))


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
    DataClass(
        "credit notes",
        purpose="keep accounts: which invoice was taken back, by whom it was handed in",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the issue; the id alone, the file untouched",
        tables=(ProviderCreditNote,),
        gather=_notes,
        forget=_forget_notes,
    ),
]
