"""What contracting keeps about people in renewals and early ends (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from chassis import Tx
from chassis.personal_data import (
    ACCOUNTING_YEARS,
    ERASED_NAME,
    NOBODY,
    Basis,
    DataClass,
    Records,
    record_of,
    years_before,
)
from contracting.directory.colleagues import Colleague
from contracting.early_end.domain import EarlyEnd
from contracting.renewal.domain import Renewal


async def _renewals(tx: Tx, member_id: UUID) -> Records:
    mine = or_(
        Renewal.consultant_id == member_id,
        Renewal.opened_by == member_id,
        Renewal.answered_by == member_id,
        Renewal.validated_by == member_id,
    )
    rows = await tx.scalars(select(Renewal).where(mine).order_by(Renewal.id))
    shown = ("mission_id", "kind", "status", "consultant_name", "days", "starts_on", "ends_on", "opened_at")
    return [record_of(row, *shown) for row in rows]


async def _anonymise_renewals(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Renewal).where(Renewal.consultant_id == member_id).values(consultant_name=ERASED_NAME))


async def _forget_renewals(tx: Tx, as_of: datetime) -> None:
    over = update(Renewal).where(Renewal.ends_on < years_before(as_of, ACCOUNTING_YEARS))
    nobody = {"consultant_id": NOBODY, "opened_by": NOBODY, "answered_by": None, "validated_by": None}
    await tx.execute(over.values(consultant_name=ERASED_NAME, **nobody))


async def _early_ends(tx: Tx, member_id: UUID) -> Records:
    mine = or_(EarlyEnd.proposed_by == member_id, EarlyEnd.decided_by == member_id)
    rows = await tx.scalars(select(EarlyEnd).where(mine).order_by(EarlyEnd.id))
    return [record_of(row, "mission_id", "status", "ends_on", "reason", "comment", "proposed_at") for row in rows]


async def _forget_early_ends(tx: Tx, as_of: datetime) -> None:
    over = update(EarlyEnd).where(EarlyEnd.former_ends_on < years_before(as_of, ACCOUNTING_YEARS))
    await tx.execute(over.values(proposed_by=NOBODY, decided_by=None, comment=None))


async def _colleagues(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(
        select(Colleague).where(Colleague.member_id == member_id).order_by(Colleague.affiliation_id)
    )
    return [record_of(row, "company_id", "display_name", "active") for row in rows]


async def _let_go(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Colleague).where(Colleague.member_id == member_id).values(display_name="", active=False))


DATA = [
    DataClass(
        "renewals",
        purpose="Agree with both sides on the next order, and on who works under it",
        basis=Basis.CONTRACT,
        kept=f"{ACCOUNTING_YEARS} years after the last day asked for, the name as long as the account",
        tables=(Renewal,),
        gather=_renewals,
        erase=_anonymise_renewals,
        forget=_forget_renewals,
    ),
    DataClass(
        "early ends",
        purpose="Prove who agreed on another last day, and why",
        basis=Basis.CONTRACT,
        kept=f"{ACCOUNTING_YEARS} years after the day the order was to end; ids and a comment",
        tables=(EarlyEnd,),
        gather=_early_ends,
        forget=_forget_early_ends,
    ),
    DataClass(
        "colleagues",
        purpose="Let a provider name only its own people as consultants",
        basis=Basis.CONTRACT,
        kept="As long as they act for the company",
        tables=(Colleague,),
        gather=_colleagues,
        erase=_let_go,
    ),
]
