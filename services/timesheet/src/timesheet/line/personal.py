"""What lines keep about people (PL-06, PL-08, PL-09): what somebody spent, and the receipts of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from chassis import Tx
from chassis.personal_data import ACCOUNTING_YEARS, NOBODY, Basis, DataClass, Records, record_of, years_before
from timesheet.cra.domain import Cra
from timesheet.directory.missions import Mission
from timesheet.line.domain import LineFile
from timesheet.rate.domain import Rate


async def _files(tx: Tx, member_id: UUID) -> Records:
    query = select(LineFile).join(Cra, Cra.id == LineFile.cra_id).join(Mission, Mission.bdc_id == Cra.bdc_id)
    query = query.where(Mission.consultant_id == member_id, LineFile.removed_at.is_(None)).order_by(LineFile.id)
    shown = ("name", "media_type", "sha256", "size", "added_at")
    return [record_of(row, *shown) for row in await tx.scalars(query)]


async def _forget_files(tx: Tx, as_of: datetime) -> None:
    """Their worker takes them out of the store."""
    over = select(Cra.id).join(Mission, Mission.bdc_id == Cra.bdc_id)
    over = over.where(Mission.ends_on < years_before(as_of, ACCOUNTING_YEARS))
    old = update(LineFile).where(LineFile.cra_id.in_(over), LineFile.removed_at.is_(None))
    await tx.execute(old.values(removed_at=as_of))


async def _rates(tx: Tx, member_id: UUID) -> Records:
    query = select(Rate).where((Rate.proposed_by == member_id) | (Rate.settled_by == member_id)).order_by(Rate.id)
    return [record_of(row, "code", "status", "proposed_at", "settled_at") for row in await tx.scalars(query)]


async def _forget_rates(tx: Tx, as_of: datetime) -> None:
    """Nobody's, once the last order of their mission is as old as that."""
    over = select(Mission.mission_id).group_by(Mission.mission_id)
    over = over.having(func.max(Mission.ends_on) < years_before(as_of, ACCOUNTING_YEARS))
    await tx.execute(update(Rate).where(Rate.mission_id.in_(over)).values(proposed_by=NOBODY, settled_by=NOBODY))


DATA = [
    DataClass(
        "receipts",
        purpose="Prove the expenses and corrections that a client is billed",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the mission's end",
        tables=(LineFile,),
        gather=_files,
        forget=_forget_files,
    ),
    DataClass(
        "overtime rates",
        purpose="Prove who agreed on the price of overtime for a company",
        basis=Basis.CONTRACT,
        kept=f"{ACCOUNTING_YEARS} years after the mission's end; ids alone",
        tables=(Rate,),
        gather=_rates,
        forget=_forget_rates,
    ),
]
