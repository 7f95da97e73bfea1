"""The parts of a client: establishments with a SIRET of their own, and departments without (domain facts 1.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from company.words import words
from contracts.company import EntityChanged


class EntityKind(StrEnum):
    """Whether an entity is registered by itself."""

    LEGAL = "legal"
    ORGANISATIONAL = "organisational"


class EntityNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "entity_not_found", "There is no such entity"


class EntityLoop(Conflict):
    """An entity cannot stand under itself."""

    code, title = "entity_loop", "An entity cannot stand under itself"


class EntitySiretMissing(Unprocessable):
    """A legal entity is an establishment, and each has its number."""

    code, title = "entity_siret_missing", "A legal entity needs its SIRET"


class EntitySiretNotExpected(Unprocessable):
    """A department is registered nowhere."""

    code, title = "entity_siret_not_expected", "An organisational entity has no SIRET"


class EntitySiretOfAnotherCompany(Unprocessable):
    """The first nine digits are the company's."""

    code, title = "entity_siret_of_another_company", "This SIRET belongs to another company"


class EntitySiretTaken(Conflict):
    """One entity per establishment."""

    code, title = "entity_siret_taken", "Another entity of the company has this SIRET"


class ParentNotFound(Unprocessable):
    """The entity to stand under is absent, or another company's."""

    code, title = "parent_not_found", "There is no such entity to stand under"


class NotResponsible(Unprocessable):
    """Two different colleagues answer for an entity."""

    code, title = "not_responsible", "The responsible person and the substitute are two members of the company"


@dataclass(frozen=True)
class EntityTerms:
    """What a company decides about one of its entities."""

    name: str
    kind: EntityKind
    siret: str | None
    parent_id: UUID | None
    responsible_id: UUID | None
    substitute_id: UUID | None
    presentation: str | None
    active: bool


class Entity(Base):
    """A part of a client company, in a tree of such parts."""

    __tablename__ = "entities"
    __table_args__ = (
        Index("ix_entities_company_id_id", "company_id", "id"),
        UniqueConstraint("company_id", "siret"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("entities.id"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[EntityKind] = mapped_column(words(EntityKind))
    siret: Mapped[str | None] = mapped_column(String(14))
    responsible_id: Mapped[UUID | None]
    substitute_id: Mapped[UUID | None]
    presentation: Mapped[str | None] = mapped_column(String(1000))
    active: Mapped[bool]
    changed_at: Mapped[datetime]

    @classmethod
    def create(cls, company_id: UUID, terms: EntityTerms, at: datetime) -> Entity:
        """A new entity with these terms, checked beforehand."""
        created = cls(id=new_id(), version=0, company_id=company_id)
        created.arrange(terms, at)
        return created

    def arrange(self, terms: EntityTerms, at: datetime) -> None:
        """Take these terms, checked beforehand."""
        for term, value in vars(terms).items():
            setattr(self, term, value)
        self.version, self.changed_at = self.version + 1, at

    def told(self) -> EntityChanged:
        """What other services know of it."""
        same = {"version", "company_id", "name", "parent_id", "active", "responsible_id", "substitute_id"}
        return EntityChanged(
            entity_id=self.id,
            legal=self.kind is EntityKind.LEGAL,
            **{name: getattr(self, name) for name in same | {"presentation", "changed_at"}},
        )


def check_number(terms: EntityTerms, company_siret: str | None) -> None:
    """Hold an entity's SIRET against its kind and its company.

    Raises:
        EntitySiretMissing, EntitySiretNotExpected: the kind says otherwise.
        EntitySiretOfAnotherCompany: not of the company's SIREN.

    """
    if terms.kind is EntityKind.ORGANISATIONAL:
        require(terms.siret is None, EntitySiretNotExpected(field="siret"))
        return
    if terms.siret is None:
        raise EntitySiretMissing(field="siret")
    same = company_siret is None or terms.siret[:9] == company_siret[:9]
    require(same, EntitySiretOfAnotherCompany(field="siret"))


def check_people(terms: EntityTerms, colleagues: Collection[UUID]) -> None:
    """Raise NotResponsible unless those named are colleagues, and two people."""
    for field in ("responsible_id", "substitute_id"):
        named = getattr(terms, field)
        require(named is None or named in colleagues, NotResponsible(field=field))
    alone = terms.responsible_id is not None and terms.responsible_id == terms.substitute_id
    require(not alone, NotResponsible(field="substitute_id"))


def check_place(entity_id: UUID | None, parent_id: UUID | None, parents: Mapping[UUID, UUID | None]) -> None:
    """Hold the place in the tree against the company's present tree, each entity with its parent.

    Raises:
        ParentNotFound: no such entity in the company.
        EntityLoop: the parent stands under the entity itself.

    """
    require(parent_id is None or parent_id in parents, ParentNotFound(field="parent_id"))
    above = parent_id
    while above is not None:
        require(above != entity_id, EntityLoop(field="parent_id"))
        above = parents[above]
