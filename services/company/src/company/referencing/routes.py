"""A client's referencing lists (CO-26)."""

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select

from chassis import Tx, audit, emit
from chassis.auth import Caller
from chassis.errors import Forbidden, VersionConflict, require
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import by_rows, permitted
from company.company.domain import Company, CompanyNotFound, CompanyStatus
from company.referencing.domain import (
    Reference,
    ReferencingList,
    ReferencingListExists,
    ReferencingListNotFound,
    SupplierNotFound,
)
from contracts.permissions import Permission
from contracts.roles import CompanyKind
from contracts.values import Name

router = Router("referencing lists")
LISTS = "/companies/{company_id}/referencing-lists"
READ, WRITE = by_rows(Permission.VIEW_PURCHASING), by_rows(Permission.MANAGE_PURCHASING)
REFUSALS = documented(CompanyNotFound, Forbidden)
ON_A_LIST = documented(CompanyNotFound, ReferencingListNotFound, Forbidden)


class ListBody(Body):
    """What a list is called, and whether it sees requests for proposals before the market does."""

    name: Name
    preferred: bool = False


class ListView(View):
    """One of the company's lists."""

    id: UUID
    name: str
    preferred: bool
    created_at: datetime


class ReferenceView(View):
    """A provider on a list."""

    provider_company_id: UUID
    name: str
    city: str
    referenced_at: datetime


@router.get(LISTS, access=READ, responses=REFUSALS)
async def list_lists(company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep) -> Page[ListView]:
    """The lists of one's company."""
    await permitted(tx, caller, company_id, Permission.VIEW_PURCHASING)
    query = select(ReferencingList).where(ReferencingList.company_id == company_id)
    return await page_of(tx, query, ReferencingList.id, page, ListView.model_validate)


@router.post(LISTS, access=WRITE, status_code=201, responses=REFUSALS | documented(ReferencingListExists))
async def create_list(company_id: UUID, body: ListBody, caller: CallerDep, tx: TxDep, response: Response) -> ListView:
    """Open a list."""
    await permitted(tx, caller, company_id, Permission.MANAGE_PURCHASING)
    await _refuse_same_name(tx, company_id, body.name, None)
    created = ReferencingList.create(company_id, body.name, tx.now, preferred=body.preferred)
    tx.add(created)
    audit(tx, "referencing_list.created", created.id, company=company_id)
    set_etag(response, created.version)
    return ListView.model_validate(created)


@router.get(LISTS + "/{list_id}", access=READ, responses=ON_A_LIST)
async def read_list(company_id: UUID, list_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> ListView:
    """One of the lists."""
    await permitted(tx, caller, company_id, Permission.VIEW_PURCHASING)
    found = await _list(tx, company_id, list_id)
    set_etag(response, found.version)
    return ListView.model_validate(found)


@router.put(
    LISTS + "/{list_id}",
    access=WRITE,
    responses=ON_A_LIST | documented(ReferencingListExists, VersionConflict),
)
async def change_list(
    company_id: UUID,
    list_id: UUID,
    body: ListBody,
    caller: CallerDep,
    tx: TxDep,
    *,
    request: Request,
    response: Response,
) -> ListView:
    """Call a list otherwise, or prefer it from now on: whoever is on it is told of anew."""
    changed = await _to_change(tx, caller, company_id, list_id)
    check_if_match(request, changed.version)
    await _refuse_same_name(tx, company_id, body.name, list_id)
    changed.rename(body.name, preferred=body.preferred)
    for reference in await _on(tx, list_id):
        emit(tx, reference.told(changed))
    audit(tx, "referencing_list.changed", list_id, company=company_id, preferred=body.preferred)
    set_etag(response, changed.version)
    return ListView.model_validate(changed)


@router.delete(LISTS + "/{list_id}", access=WRITE, status_code=204, responses=ON_A_LIST)
async def close_list(company_id: UUID, list_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take everyone off a list, and close it."""
    closed = await _to_change(tx, caller, company_id, list_id)
    for reference in await _on(tx, list_id):
        emit(tx, reference.taken_off(closed, tx.now))
        await tx.delete(reference)
    await tx.flush()
    await tx.delete(closed)
    audit(tx, "referencing_list.closed", list_id, company=company_id)


@router.get(LISTS + "/{list_id}/suppliers", access=READ, responses=ON_A_LIST)
async def list_references(
    company_id: UUID, list_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep
) -> Page[ReferenceView]:
    """The providers on a list."""
    await permitted(tx, caller, company_id, Permission.VIEW_PURCHASING)
    await _list(tx, company_id, list_id)
    found = await page_of(tx, select(Reference).where(Reference.list_id == list_id), Reference.id, page, lambda r: r)
    ids = [reference.provider_company_id for reference in found.items]
    providers = {c.id: c for c in await tx.scalars(select(Company).where(Company.id.in_(ids)))}
    return Page(items=[_view(r, providers[r.provider_company_id]) for r in found.items], next=found.next)


@router.put(
    LISTS + "/{list_id}/suppliers/{provider_id}",
    access=WRITE,
    responses=ON_A_LIST | documented(CompanyNotFound, ReferencingListNotFound, SupplierNotFound),
)
async def reference_supplier(
    company_id: UUID, list_id: UUID, provider_id: UUID, caller: CallerDep, tx: TxDep
) -> ReferenceView:
    """Put a provider on a list; once more changes nothing."""
    on = await _to_change(tx, caller, company_id, list_id)
    provider = await tx.get(Company, provider_id)
    if provider is None or provider.kind is not CompanyKind.PROVIDER or provider.status is CompanyStatus.REFUSED:
        raise SupplierNotFound
    reference = await _reference(tx, list_id, provider_id)
    if reference is None:
        reference = Reference.put(on, provider_id, tx.now)
        tx.add(reference)
        emit(tx, reference.told(on))
        audit(tx, "supplier.referenced", reference.id, provider=provider_id, list=list_id, company=company_id)
    return _view(reference, provider)


@router.delete(
    LISTS + "/{list_id}/suppliers/{provider_id}",
    access=WRITE,
    status_code=204,
    responses=ON_A_LIST | documented(CompanyNotFound, ReferencingListNotFound, SupplierNotFound),
)
async def dereference_supplier(
    company_id: UUID, list_id: UUID, provider_id: UUID, caller: CallerDep, tx: TxDep
) -> None:
    """Take a provider off a list."""
    off = await _to_change(tx, caller, company_id, list_id)
    reference = await _reference(tx, list_id, provider_id)
    if reference is None:
        raise SupplierNotFound
    emit(tx, reference.taken_off(off, tx.now))
    await tx.delete(reference)
    audit(tx, "supplier.dereferenced", reference.id, provider=provider_id, list=list_id, company=company_id)


def _view(reference: Reference, provider: Company) -> ReferenceView:
    return ReferenceView(
        provider_company_id=provider.id,
        name=provider.name,
        city=provider.city,
        referenced_at=reference.referenced_at,
    )


async def _list(tx: Tx, company_id: UUID, list_id: UUID, *, lock: bool = False) -> ReferencingList:
    query = select(ReferencingList).where(ReferencingList.id == list_id, ReferencingList.company_id == company_id)
    found = (await tx.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise ReferencingListNotFound
    return found


async def _to_change(tx: Tx, caller: Caller, company_id: UUID, list_id: UUID) -> ReferencingList:
    """One of the lists, locked: what is on it changes by one hand at a time."""
    await permitted(tx, caller, company_id, Permission.MANAGE_PURCHASING)
    return await _list(tx, company_id, list_id, lock=True)


async def _on(tx: Tx, list_id: UUID) -> list[Reference]:
    query = select(Reference).where(Reference.list_id == list_id).order_by(Reference.id)
    return list((await tx.scalars(query)).all())


async def _reference(tx: Tx, list_id: UUID, provider_id: UUID) -> Reference | None:
    query = select(Reference).where(Reference.list_id == list_id, Reference.provider_company_id == provider_id)
    return (await tx.scalars(query)).one_or_none()


async def _refuse_same_name(tx: Tx, company_id: UUID, name: str, but: UUID | None) -> None:
    same = select(ReferencingList.id).where(ReferencingList.company_id == company_id, ReferencingList.name == name)
    found = (await tx.scalars(same)).one_or_none()
    require(found is None or found == but, ReferencingListExists(field="name"))
