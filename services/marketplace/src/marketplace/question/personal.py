"""Questions and answers as personal data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis.db import Tx
from chassis.personal_data import CONTRACT_YEARS, NOBODY, Basis, DataClass, Records, record_of, years_before
from marketplace.question.domain import Question
from marketplace.rfp.domain import Rfp


async def _gather(tx: Tx, member_id: UUID) -> Records:
    """What the member asked, and what the member answered: never who the other was."""
    mine = or_(Question.asker_id == member_id, Question.answered_by == member_id)
    query = select(Question).where(mine).order_by(Question.id)
    return [
        record_of(
            row, "rfp_id", "status", *(("text", "asked_at") if row.asker_id == member_id else ("answer", "answered_at"))
        )
        for row in await tx.scalars(query)
    ]


async def _erase(tx: Tx, member_id: UUID) -> None:
    """Nobody asked and nobody answered: the words, free of contact data, are the companies'."""
    await tx.execute(update(Question).where(Question.asker_id == member_id).values(asker_id=NOBODY))
    await tx.execute(update(Question).where(Question.answered_by == member_id).values(answered_by=NOBODY))


async def _forget(tx: Tx, as_of: datetime) -> None:
    over = select(Rfp.id).where(Rfp.period_end < years_before(as_of, CONTRACT_YEARS))
    await tx.execute(delete(Question).where(Question.rfp_id.in_(over)))


DATA = [
    DataClass(
        "questions and answers",
        purpose="Let suppliers ask about a request, and all who see it read the answer",
        basis=Basis.CONTRACT,
        kept=f"{CONTRACT_YEARS} years after the period asked for; whose they were as long as the account",
        tables=(Question,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    )
]
