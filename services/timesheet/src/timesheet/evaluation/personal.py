"""What is said of a consultant's work (PL-06, PL-08, ID-41)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select, update

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
from timesheet.cra.domain import Cra
from timesheet.directory.missions import Mission
from timesheet.evaluation.domain import Evaluation


def _months_of(member_id: UUID) -> Select[UUID]:
    return select(Cra.id).join(Mission, Mission.bdc_id == Cra.bdc_id).where(Mission.consultant_id == member_id)


async def _said(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Evaluation.cra_id.in_(_months_of(member_id)), Evaluation.given_by == member_id)
    rows = await tx.scalars(select(Evaluation).where(mine).order_by(Evaluation.cra_id))
    return [record_of(row, "rating", "comment", "given_at") for row in rows]


async def _drop_words(tx: Tx, member_id: UUID) -> None:
    about = update(Evaluation).where(Evaluation.cra_id.in_(_months_of(member_id)), Evaluation.comment.is_not(None))
    await tx.execute(about.values(comment=ERASED_NAME))


async def _forget(tx: Tx, as_of: datetime) -> None:
    over = select(Cra.id).join(Mission, Mission.bdc_id == Cra.bdc_id)
    over = over.where(Mission.ends_on < years_before(as_of, ACCOUNTING_YEARS))
    await tx.execute(update(Evaluation).where(Evaluation.cra_id.in_(over)).values(comment=None, given_by=NOBODY))


DATA = [
    DataClass(
        "evaluations",
        purpose="Tell a provider what its client thinks of a month's work",
        basis=Basis.LEGITIMATE_INTEREST,
        kept=f"{ACCOUNTING_YEARS} years after the mission's end, the words as long as the consultant's account",
        tables=(Evaluation,),
        gather=_said,
        erase=_drop_words,
        forget=_forget,
    ),
]
