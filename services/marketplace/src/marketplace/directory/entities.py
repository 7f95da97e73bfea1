"""The parts of a client, as the client last described them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis import Tx
from chassis.errors import Unprocessable, require
from chassis.rows import Base
from contracts.company import EntityChanged


class UnknownEntity(Unprocessable):
    """Absent, another company's, or closed."""

    code, title = "unknown_entity", "There is no such active entity in your company"


class ClientEntity(Base):
    """A part of a client company."""

    __tablename__ = "client_entities"
    __table_args__ = (Index(None, "company_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    company_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    name: Mapped[str]
    legal: Mapped[bool]
    active: Mapped[bool]
    responsible_id: Mapped[UUID | None]
    substitute_id: Mapped[UUID | None]
    presentation: Mapped[str | None]

    @staticmethod
    def values_of(event: EntityChanged) -> dict[str, object]:
        """What to keep of the event."""
        kept = {"version", "company_id", "parent_id", "name", "legal", "active", "presentation"}
        return {"id": event.entity_id, **event.model_dump(include=kept | {"responsible_id", "substitute_id"})}


async def active_entities(tx: Tx, company_id: UUID, asked: Collection[UUID], *, field: str) -> list[ClientEntity]:
    """The client's own active entities by id, locked until the end. Raises UnknownEntity naming the field."""
    own = (ClientEntity.company_id == company_id, ClientEntity.active, ClientEntity.id.in_(asked))
    found = list(await tx.scalars(select(ClientEntity).where(*own).order_by(ClientEntity.id).with_for_update()))
    require(len(found) == len(set(asked)), UnknownEntity(field=field))
    return found
