"""A client's entities: the tree of its establishments and departments."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import select

from chassis import Tx, audit, emit
from chassis.errors import Forbidden, VersionConflict, require
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import by_rows, lock_companies, people_of, permitted
from company.company.domain import Company, CompanyNotFound
from company.entity import domain
from company.entity.domain import (
    Entity,
    EntityKind,
    EntityNotFound,
    EntityTerms,
    check_number,
    check_people,
    check_place,
)
from company.words import Prose
from contracts.permissions import Permission
from contracts.values import Name, Siret

router = Router("entities")


class EntityBody(Body):
    """All that a company says of one of its entities."""

    name: Name
    kind: EntityKind
    siret: Siret | None = None
    parent_id: UUID | None = None
    responsible_id: UUID | None = None
    substitute_id: UUID | None = None
    presentation: Annotated[Prose | None, Field(description="Opens the context of its requests for proposals")] = None
    active: bool = True

    def terms(self) -> EntityTerms:
        """What the company decides."""
        return EntityTerms(**dict(self))


class EntityView(View):
    """A part of the company."""

    id: UUID
    company_id: UUID
    name: str
    kind: EntityKind
    siret: str | None
    parent_id: UUID | None
    responsible_id: UUID | None
    substitute_id: UUID | None
    presentation: str | None
    active: bool


REFUSALS = documented(
    CompanyNotFound,
    Forbidden,
    domain.ParentNotFound,
    domain.EntityLoop,
    domain.EntitySiretMissing,
    domain.EntitySiretNotExpected,
    domain.EntitySiretOfAnotherCompany,
    domain.EntitySiretTaken,
    domain.NotResponsible,
)


@router.get(
    "/companies/{company_id}/entities",
    access=by_rows(Permission.VIEW_PURCHASING),
    responses=documented(CompanyNotFound, Forbidden),
)
async def list_entities(
    company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep, active: bool | None = None
) -> Page[EntityView]:
    """The parts of one's company, each with the one above it."""
    await permitted(tx, caller, company_id, Permission.VIEW_PURCHASING)
    query = select(Entity).where(Entity.company_id == company_id)
    if active is not None:
        query = query.where(Entity.active == active)
    return await page_of(tx, query, Entity.id, page, EntityView.model_validate)


@router.get(
    "/companies/{company_id}/entities/{entity_id}",
    access=by_rows(Permission.VIEW_PURCHASING),
    responses=documented(CompanyNotFound, EntityNotFound, Forbidden),
)
async def read_entity(
    company_id: UUID, entity_id: UUID, caller: CallerDep, tx: TxDep, response: Response
) -> EntityView:
    """One part of one's company."""
    await permitted(tx, caller, company_id, Permission.VIEW_PURCHASING)
    entity = await _entity(tx, company_id, entity_id)
    set_etag(response, entity.version)
    return EntityView.model_validate(entity)


@router.post(
    "/companies/{company_id}/entities",
    access=by_rows(Permission.MANAGE_PURCHASING),
    status_code=201,
    responses=REFUSALS,
)
async def create_entity(
    company_id: UUID, body: EntityBody, caller: CallerDep, tx: TxDep, response: Response
) -> EntityView:
    """Add a part to one's company."""
    company = (await lock_companies(tx, {company_id})).get(company_id)
    await permitted(tx, caller, company_id, Permission.MANAGE_PURCHASING)
    terms = body.terms()
    await _check(tx, company, terms, None)
    entity = Entity.create(company_id, terms, tx.now)
    tx.add(entity)
    emit(tx, entity.told())
    audit(tx, "entity.created", entity.id, company=company_id)
    set_etag(response, entity.version)
    return EntityView.model_validate(entity)


@router.put(
    "/companies/{company_id}/entities/{entity_id}",
    access=by_rows(Permission.MANAGE_PURCHASING),
    responses=REFUSALS | documented(CompanyNotFound, EntityNotFound, VersionConflict),
)
async def change_entity(
    company_id: UUID,
    entity_id: UUID,
    body: EntityBody,
    caller: CallerDep,
    tx: TxDep,
    *,
    request: Request,
    response: Response,
) -> EntityView:
    """Say anew what a part of one's company is, and where it stands."""
    company = (await lock_companies(tx, {company_id})).get(company_id)
    await permitted(tx, caller, company_id, Permission.MANAGE_PURCHASING)
    entity = await _entity(tx, company_id, entity_id)
    check_if_match(request, entity.version)
    terms = body.terms()
    await _check(tx, company, terms, entity_id)
    entity.arrange(terms, tx.now)
    emit(tx, entity.told())
    audit(tx, "entity.changed", entity.id, company=company_id)
    set_etag(response, entity.version)
    return EntityView.model_validate(entity)


async def _entity(tx: Tx, company_id: UUID, entity_id: UUID) -> Entity:
    query = select(Entity).where(Entity.id == entity_id, Entity.company_id == company_id)
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise EntityNotFound
    return found


async def _check(tx: Tx, company: Company | None, terms: EntityTerms, entity_id: UUID | None) -> None:
    """Hold what is said against the company, which is locked: no two moves make a loop together."""
    if company is None:
        raise CompanyNotFound
    check_number(terms, company.siret)
    check_people(terms, await people_of(tx, company.id))
    tree = select(Entity.id, Entity.parent_id, Entity.siret).where(Entity.company_id == company.id)
    others = (await tx.execute(tree)).all()
    check_place(entity_id, terms.parent_id, {other.id: other.parent_id for other in others})
    taken = terms.siret is not None and any(o.siret == terms.siret and o.id != entity_id for o in others)
    require(not taken, domain.EntitySiretTaken(field="siret"))
