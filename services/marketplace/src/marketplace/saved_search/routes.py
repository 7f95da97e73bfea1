"""Saving searches, changing and dropping them."""

from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import ColumnElement, func, select, text

from chassis import Tx, get_locked
from chassis.auth import may
from chassis.errors import VersionConflict
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.values import Name
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit
from marketplace.actor import Actor, acting
from marketplace.rfp.criteria import Criteria
from marketplace.saved_search.domain import SavedSearch, SavedSearchNotFound, TooManySavedSearches

router = Router("saved searches")


class SavedSearchBody(Body):
    """What to look for every day, and what to call it."""

    name: Name
    criteria: Criteria


class SavedSearchView(View):
    """A saved search."""

    id: UUID
    name: str
    criteria: Criteria
    saved_at: datetime
    version: int


@router.post(
    "/saved-searches",
    access=may(Permission.ANSWER_RFPS),
    status_code=201,
    responses=documented(TooManySavedSearches, *MARKET_CLOSED),
)
async def save_search(body: SavedSearchBody, caller: CallerDep, tx: TxDep, response: Response) -> SavedSearchView:
    """Be told once a day what is new of this; at most 20 a member."""
    by = acting(caller)
    await admit(tx, by)
    key = {"key": f"saved searches|{by.member_id}"}
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
    others = await tx.scalar(select(func.count()).where(SavedSearch.member_id == by.member_id)) or 0
    saved = SavedSearch.save(body.name, body.criteria, by, others=others, at=tx.now, today=tx.today)
    tx.add(saved)
    return _shown(saved, response)


@router.get("/saved-searches", access=may(Permission.ANSWER_RFPS))
async def list_saved_searches(page: PageDep, caller: CallerDep, tx: TxDep) -> Page[SavedSearchView]:
    """One's own, the last saved first."""
    return await page_of(tx, select(SavedSearch).where(*_own(acting(caller))), SavedSearch.id, page, _shown)


@router.put(
    "/saved-searches/{search_id}",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(SavedSearchNotFound, VersionConflict),
)
async def change_saved_search(
    search_id: UUID, body: SavedSearchBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> SavedSearchView:
    """Look for something else, or by another name."""
    saved = await _locked(tx, acting(caller), search_id)
    check_if_match(request, saved.version)
    saved.change(body.name, body.criteria)
    return _shown(saved, response)


@router.delete(
    "/saved-searches/{search_id}",
    access=may(Permission.ANSWER_RFPS),
    status_code=204,
    responses=documented(SavedSearchNotFound),
)
async def drop_saved_search(search_id: UUID, caller: CallerDep, tx: TxDep) -> Response:
    """Be told of it no more."""
    await tx.delete(await _locked(tx, acting(caller), search_id))
    return Response(status_code=204)


def _own(by: Actor) -> tuple[ColumnElement[bool], ...]:
    return SavedSearch.member_id == by.member_id, SavedSearch.company_id == by.company_id


async def _locked(tx: Tx, by: Actor, search_id: UUID) -> SavedSearch:
    return await get_locked(tx, SavedSearch, search_id, SavedSearchNotFound(), *_own(by))


def _shown(saved: SavedSearch, response: Response | None = None) -> SavedSearchView:
    if response is not None:
        set_etag(response, saved.version)
    return SavedSearchView(
        id=saved.id, name=saved.name, criteria=saved.sought, saved_at=saved.saved_at, version=saved.version
    )
