"""What is kept of the addresses that staff looked at."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records, record_of
from identity.review.domain import AddressReview


async def _gather(tx: Tx, member_id: UUID) -> Records:
    query = select(AddressReview).where(AddressReview.member_id == member_id).order_by(AddressReview.id)
    shown = ("domain", "profile_type", "status", "raised_at", "decided_at", "comment")
    return [record_of(row, *shown) for row in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(AddressReview).where(AddressReview.member_id == member_id))


DATA = [
    DataClass(
        name="address reviews",
        purpose="Keep providers' members from acting with addresses that clients gave them",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="Until the account is erased",
        tables=(AddressReview,),
        gather=_gather,
        erase=_erase,
    ),
]
