"""Look a company up in the local copies."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from chassis.rows import Base

T = TypeVar("T", bound=Base)


async def known(tx: Tx, row: type[T], company_id: UUID, *, hold: bool = False) -> T | None:
    """What is known of a company; `hold` keeps it from changing until the end of the transaction."""
    query = select(row).where(row.__mapper__.primary_key[0] == company_id)
    return (await tx.scalars(query.with_for_update(read=True) if hold else query)).one_or_none()
