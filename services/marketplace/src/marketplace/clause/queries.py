"""Which clauses a request carries."""

from uuid import UUID

from sqlalchemy import or_, select

from chassis import Tx
from marketplace.clause.domain import Clause


async def clauses_for(tx: Tx, company_id: UUID, entity_id: UUID | None) -> list[Clause]:
    """The clauses that a request published now carries, the oldest first."""
    asked = or_(Clause.entity_id.is_(None), Clause.entity_id == entity_id)
    own = (Clause.company_id == company_id, Clause.withdrawn_at.is_(None), asked)
    return list(await tx.scalars(select(Clause).where(*own).order_by(Clause.id)))
