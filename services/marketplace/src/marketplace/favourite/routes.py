"""A member's favourite requests (MK-04)."""

from datetime import datetime
from uuid import UUID

from fastapi import Response
from pydantic import ConfigDict
from sqlalchemy import ColumnElement, Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from chassis import Tx
from chassis.auth import may
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_from
from chassis.problems import documented
from chassis.rows import new_id
from contracts.permissions import Permission
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit
from marketplace.actor import Actor, acting
from marketplace.favourite.domain import Favourite
from marketplace.rfp.domain import Rfp
from marketplace.rfp.queries import rfp_of, visible_to
from marketplace.rfp.refusals import RfpNotFound
from marketplace.rfp.status import RfpStatus

router = Router("favourites")


class FavouriteView(View):
    """A request that the member marked; it stays listed when it is over."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    rfp_id: UUID
    reference: str | None
    """The number that people quote."""
    title: str
    client_name: str | None
    status: RfpStatus
    marked_at: datetime


@router.put(
    "/rfps/{rfp_id}/favourite",
    access=may(Permission.ANSWER_RFPS),
    status_code=204,
    responses=documented(RfpNotFound, *MARKET_CLOSED),
)
async def mark_favourite(rfp_id: UUID, caller: CallerDep, tx: TxDep) -> Response:
    """Keep an eye on a request: its closing is told (MK-03). Repeating it changes nothing."""
    by = acting(caller)
    await _check_seen(tx, by, rfp_id)
    marked = insert(Favourite).values(
        id=new_id(), rfp_id=rfp_id, member_id=by.member_id, company_id=by.company_id, marked_at=tx.now
    )
    await tx.execute(marked.on_conflict_do_nothing(index_elements=["member_id", "company_id", "rfp_id"]))
    return Response(status_code=204)


@router.delete(
    "/rfps/{rfp_id}/favourite",
    access=may(Permission.ANSWER_RFPS),
    status_code=204,
    responses=documented(RfpNotFound, *MARKET_CLOSED),
)
async def unmark_favourite(rfp_id: UUID, caller: CallerDep, tx: TxDep) -> Response:
    """Follow it no more, open or closed; repeating it changes nothing while the request is one to be seen."""
    by = acting(caller)
    mine = delete(Favourite).where(Favourite.rfp_id == rfp_id, *_own(by)).returning(Favourite.id)
    if (await tx.execute(mine)).first() is None:
        await _check_seen(tx, by, rfp_id)
    return Response(status_code=204)


@router.get("/favourites", access=may(Permission.ANSWER_RFPS))
async def list_favourites(page: PageDep, caller: CallerDep, tx: TxDep) -> Page[FavouriteView]:
    """One's own, the last marked first, those that are closed included."""
    mine = select(Favourite.id, Favourite.marked_at, Rfp).join(Rfp, Rfp.id == Favourite.rfp_id)
    mine = mine.where(*_own(acting(caller))).order_by(Favourite.id.desc()).limit(page.limit + 1)
    if page.after is not None:
        mine = mine.where(Favourite.id < page.after)
    return page_from(list((await tx.execute(mine)).all()), Favourite.id, page, _shown)


def _shown(row: Row[UUID, datetime, Rfp]) -> FavouriteView:
    _, marked_at, rfp = row
    return FavouriteView(
        rfp_id=rfp.id,
        reference=rfp.reference,
        title=rfp.title,
        client_name=rfp.client_name,
        status=RfpStatus(rfp.status),
        marked_at=marked_at,
    )


def _own(by: Actor) -> tuple[ColumnElement[bool], ...]:
    return Favourite.member_id == by.member_id, Favourite.company_id == by.company_id


async def _check_seen(tx: Tx, by: Actor, rfp_id: UUID) -> None:
    await admit(tx, by)
    if await rfp_of(tx, rfp_id, visible_to(by, tx.today)) is None:
        raise RfpNotFound
