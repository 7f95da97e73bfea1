"""Writing and withdrawing clauses, and reading those of a request."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, Response, UploadFile
from sqlalchemy import ColumnElement, select

from chassis import Tx, audit, get_locked
from chassis.auth import may
from chassis.errors import TemporarilyUnavailable
from chassis.files import PDF, FileMissing, FileNotAccepted, FileTooLarge, StoredFile, attachment
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented, problem_response
from chassis.rows import new_id
from chassis.virus_scan import FileInfected
from contracts.permissions import Permission
from contracts.values import Name
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit
from marketplace.actor import Actor, acting
from marketplace.clause.domain import MAX_FILE_BYTES, Clause, ClauseNotFound
from marketplace.directory.entities import UnknownEntity, active_entities
from marketplace.rfp.queries import rfp_of, visible_to
from marketplace.rfp.refusals import RfpNotFound
from marketplace.values import Prose

router = Router("clauses")


class ClauseView(View):
    """A clause."""

    id: UUID
    entity_id: UUID | None
    title: str
    text: str | None
    file_name: str | None
    created_at: datetime
    withdrawn_at: datetime | None


@router.get("/clauses", access=may(Permission.VIEW_PURCHASING))
async def list_clauses(
    page: PageDep, caller: CallerDep, tx: TxDep, in_force: Annotated[bool | None, Query()] = None
) -> Page[ClauseView]:
    """The client's clauses, the newest first."""
    query = select(Clause).where(Clause.company_id == acting(caller).company_id)
    if in_force is not None:
        query = query.where(Clause.withdrawn_at.is_(None) if in_force else Clause.withdrawn_at.is_not(None))
    return await page_of(tx, query, Clause.id, page, ClauseView.model_validate)


@router.post(
    "/clauses",
    access=may(Permission.MANAGE_PURCHASING),
    status_code=201,
    response_model=ClauseView,
    responses=documented(UnknownEntity, FileTooLarge, FileNotAccepted, FileInfected, TemporarilyUnavailable),
)
async def write_clause(
    *,
    title: Annotated[Name, Form()],
    text: Annotated[Prose | None, Form()] = None,
    entity_id: Annotated[UUID | None, Form()] = None,
    file: UploadFile | None = None,
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
) -> ClauseView | Response:
    """Make something a condition of every answer, with a PDF of 5 MB at most if it takes one."""
    by = acting(caller)
    if entity_id is not None:
        await active_entities(tx, by.company_id, [entity_id], field="entity_id")
    clause = Clause(
        id=new_id(),
        company_id=by.company_id,
        entity_id=entity_id,
        title=title,
        text=text,
        author_id=by.member_id,
        created_at=tx.now,
    )
    if file is not None:
        try:
            stored = await platform.files.keep(file, accept=frozenset({PDF}), limit=MAX_FILE_BYTES)
        except FileInfected as infected:
            audit(tx, "clause.infected", clause.id)
            return problem_response(infected)
        clause.file = asdict(stored)
    tx.add(clause)
    audit(tx, "clause.written", clause.id, company=by.company_id)
    return ClauseView.model_validate(clause)


@router.post(
    "/clauses/{clause_id}/withdrawal",
    access=may(Permission.MANAGE_PURCHASING),
    responses=documented(ClauseNotFound),
)
async def withdraw_clause(clause_id: UUID, caller: CallerDep, tx: TxDep) -> ClauseView:
    """Ask it of no further request; those that are published keep it."""
    mine = Clause.company_id == acting(caller).company_id
    clause = await get_locked(tx, Clause, clause_id, ClauseNotFound(), mine)
    if clause.withdraw(tx.now):
        audit(tx, "clause.withdrawn", clause.id)
    return ClauseView.model_validate(clause)


@router.get(
    "/clauses/{clause_id}/file",
    access=may(Permission.VIEW_PURCHASING),
    responses=documented(ClauseNotFound, FileMissing, TemporarilyUnavailable),
)
async def read_clause_file(clause_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """The client's own clause's PDF."""
    return await _file(tx, platform, clause_id, Clause.company_id == acting(caller).company_id)


@router.get(
    "/rfps/{rfp_id}/clauses",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(RfpNotFound, *MARKET_CLOSED),
)
async def list_clauses_of_rfp(rfp_id: UUID, caller: CallerDep, tx: TxDep) -> list[ClauseView]:
    """What an answer to this request accepts, one by one."""
    query = select(Clause).where(await _of_rfp(tx, acting(caller), rfp_id)).order_by(Clause.id)
    return [ClauseView.model_validate(clause) for clause in await tx.scalars(query)]


@router.get(
    "/rfps/{rfp_id}/clauses/{clause_id}/file",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(RfpNotFound, ClauseNotFound, FileMissing, TemporarilyUnavailable, *MARKET_CLOSED),
)
async def read_file_of_rfp(
    rfp_id: UUID, clause_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> Response:
    """The PDF of a clause that this request carries."""
    return await _file(tx, platform, clause_id, await _of_rfp(tx, acting(caller), rfp_id))


async def _of_rfp(tx: Tx, actor: Actor, rfp_id: UUID) -> ColumnElement[bool]:
    """The clauses of a request that the caller may see. Raises RfpNotFound."""
    await admit(tx, actor)
    rfp = await rfp_of(tx, rfp_id, visible_to(actor, tx.today))
    if rfp is None:
        raise RfpNotFound
    return Clause.id.in_([UUID(clause_id) for clause_id in rfp.clause_ids])


async def _file(tx: Tx, platform: PlatformDep, clause_id: UUID, scope: ColumnElement[bool]) -> Response:
    clause = (await tx.scalars(select(Clause).where(Clause.id == clause_id, scope))).one_or_none()
    if clause is None or clause.file is None:
        raise ClauseNotFound
    stored = StoredFile(**clause.file)
    return attachment(stored, await platform.files.read(stored.key))
