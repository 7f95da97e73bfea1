"""Saved searches as personal data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records, record_of
from marketplace.directory.queries import is_affiliated
from marketplace.saved_search.domain import SavedSearch


async def _gather(tx: Tx, member_id: UUID) -> Records:
    query = select(SavedSearch).where(SavedSearch.member_id == member_id).order_by(SavedSearch.id)
    return [record_of(row, "name", "criteria", "saved_at") for row in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(SavedSearch).where(SavedSearch.member_id == member_id))


async def _forget(tx: Tx, as_of: datetime) -> None:
    """Drop those of people who have left the company that they looked for."""
    del as_of
    await tx.execute(delete(SavedSearch).where(~is_affiliated(SavedSearch.member_id, SavedSearch.company_id)))


DATA = [
    DataClass(
        "saved searches",
        purpose="Tell a member once a day what is new of what they look for",
        basis=Basis.CONTRACT,
        kept="Until the member drops it or leaves the company; as long as the account at most",
        tables=(SavedSearch,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    )
]
