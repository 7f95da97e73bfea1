"""What the timesheet service keeps about people (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from chassis.db import Tx
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
from timesheet.cra.domain import Cra
from timesheet.directory.missions import Mission


async def _missions(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Mission.consultant_id == member_id, Mission.operational_manager_id == member_id)
    rows = await tx.scalars(select(Mission).where(mine).order_by(Mission.bdc_id))
    return [record_of(row, "reference", "title", "consultant_name", "days", "starts_on", "ends_on") for row in rows]


async def _anonymise(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Mission).where(Mission.consultant_id == member_id).values(consultant_name=ERASED_NAME))


async def _forget_missions(tx: Tx, as_of: datetime) -> None:
    over = Mission.ends_on < years_before(as_of, ACCOUNTING_YEARS)
    nobody = {"consultant_id": NOBODY, "operational_manager_id": NOBODY}
    await tx.execute(update(Mission).where(over).values(consultant_name=ERASED_NAME, **nobody))


async def _cras(tx: Tx, member_id: UUID) -> Records:
    query = select(Cra).join(Mission, Mission.bdc_id == Cra.bdc_id).where(Mission.consultant_id == member_id)
    shown = ("month", "status", "entries", "total_days", "lines", "refusal_reason", "submitted_at", "validated_at")
    return [record_of(row, *shown) for row in await tx.scalars(query.order_by(Cra.month))]


async def _drop_words(tx: Tx, member_id: UUID) -> None:
    """Take out what a client wrote about the person; the days stay, since invoices rest on them."""
    own = select(Mission.bdc_id).where(Mission.consultant_id == member_id)
    said = Cra.refusal_reason.is_not(None)
    await tx.execute(update(Cra).where(Cra.bdc_id.in_(own), said).values(refusal_reason=ERASED_NAME))


async def _forget_words(tx: Tx, as_of: datetime) -> None:
    """Nobody's since its mission is nobody's; the words go with it."""
    over = select(Mission.bdc_id).where(Mission.ends_on < years_before(as_of, ACCOUNTING_YEARS))
    said = Cra.refusal_reason.is_not(None)
    await tx.execute(update(Cra).where(Cra.bdc_id.in_(over), said).values(refusal_reason=ERASED_NAME))


DATA = [
    DataClass(
        "missions",
        purpose="Let a consultant report the days of a mission",
        basis=Basis.CONTRACT,
        kept=f"{ACCOUNTING_YEARS} years after the mission's end, the name as long as the account",
        tables=(Mission,),
        gather=_missions,
        erase=_anonymise,
        forget=_forget_missions,
    ),
    DataClass(
        "activity reports",
        purpose="Bill exactly the days that a client validated",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the mission's end, reasons of refusals as long as the account",
        tables=(Cra,),
        gather=_cras,
        erase=_drop_words,
        forget=_forget_words,
    ),
]
