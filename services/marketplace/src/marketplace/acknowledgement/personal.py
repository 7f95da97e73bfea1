"""Acknowledgements as personal data."""

from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records, record_of
from marketplace.acknowledgement.domain import Acknowledgement


async def _gather(tx: Tx, member_id: UUID) -> Records:
    query = select(Acknowledgement).where(Acknowledgement.member_id == member_id).order_by(Acknowledgement.text_version)
    return [record_of(row, "text_version", "acknowledged_at") for row in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(Acknowledgement).where(Acknowledgement.member_id == member_id))


DATA = [
    DataClass(
        "acknowledgements of labour law",
        purpose="Know that whoever looks for requests took note of what the law forbids",
        basis=Basis.CONTRACT,
        kept="As long as the account; the audit trail keeps the act",
        tables=(Acknowledgement,),
        gather=_gather,
        erase=_erase,
    )
]
