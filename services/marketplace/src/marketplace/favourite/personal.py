"""Favourites as personal data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records, record_of
from marketplace.directory.queries import is_affiliated
from marketplace.favourite.domain import Favourite


async def _gather(tx: Tx, member_id: UUID) -> Records:
    query = select(Favourite).where(Favourite.member_id == member_id).order_by(Favourite.id)
    return [record_of(row, "rfp_id", "marked_at") for row in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(Favourite).where(Favourite.member_id == member_id))


async def _forget(tx: Tx, as_of: datetime) -> None:
    """Drop those of people who have left the company that they acted for."""
    del as_of
    await tx.execute(delete(Favourite).where(~is_affiliated(Favourite.member_id, Favourite.company_id)))


DATA = [
    DataClass(
        "favourite requests",
        purpose="Tell a member what becomes of the requests that they follow",
        basis=Basis.CONTRACT,
        kept="Until the member unmarks it or leaves the company; as long as the account at most",
        tables=(Favourite,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    )
]
