from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import Tx, audit, get_or
from chassis.auth import staff
from chassis.errors import require
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.compliance.domain import DocumentStatus
from company.work_queue.domain import ClaimedByAnother, WorkClaim, WorkItemNotFound, WorkKind
from company.work_queue.queries import Checked, WorkItem, counts
from contracts.roles import StaffScope

router = Router("staff")
STAFF = staff(StaffScope.COMPLIANCE)


class CheckedView(View):
    """What was found out so far about the company."""

    signatories_declared: int
    signatories_verified: int
    documents_accepted: int
    documents_waiting: int
    account_ending: str | None = Field(description="The last four characters of the account in force")
    first_look_by: UUID | None = Field(description="Who of the staff agreed to a change of identity as the first")


class WorkItemView(View):
    """One thing that waits, and who is at it."""

    id: UUID
    kind: WorkKind
    company_id: UUID
    company_name: str
    waiting_since: datetime
    claimed_by: UUID | None
    claimed_at: datetime | None
    checked: CheckedView


class WorkCount(View):
    """How much waits of one kind."""

    kind: WorkKind
    waiting: int


class WorkCounts(View):
    """How much waits of each kind."""

    items: list[WorkCount]


class ClaimView(View):
    """Who is at something."""

    item_id: UUID
    kind: WorkKind
    claimed_by: UUID
    claimed_at: datetime


@router.get("/staff/work-queue", access=STAFF)
async def list_work(
    tx: TxDep, page: PageDep, kind: Annotated[list[WorkKind] | None, Query(max_length=len(WorkKind))] = None
) -> Page[WorkItemView]:
    """Companies, documents, changes and capacities that wait, oldest first, with what was checked and who is at it."""
    query = select(WorkItem)
    if kind:
        query = query.where(WorkItem.kind.in_(kind))
    found = await page_of(tx, query, WorkItem.id, page, lambda item: item, oldest_first=True)
    checked = await Checked.of(tx, {item.company_id for item in found.items})
    claims = await _claims(tx, [item.id for item in found.items])
    return Page(items=[_view(item, checked, claims.get(item.id)) for item in found.items], next=found.next)


@router.get("/staff/work-queue/counts", access=STAFF)
async def count_work(tx: TxDep) -> WorkCounts:
    """How much waits of each kind."""
    return WorkCounts(items=[WorkCount(kind=kind, waiting=number) for kind, number in (await counts(tx)).items()])


@router.put("/staff/work-queue/{item_id}/claim", access=STAFF, responses=documented(WorkItemNotFound, ClaimedByAnother))
async def claim_work(item_id: UUID, caller: CallerDep, tx: TxDep) -> ClaimView:
    """Take something, so that colleagues leave it alone for some hours."""
    item = await get_or(tx, WorkItem, item_id, WorkItemNotFound())
    values = {"item_id": item_id, "kind": item.kind, "claimed_by": caller.member_id, "claimed_at": tx.now}
    await tx.execute(insert(WorkClaim).values(values).on_conflict_do_nothing())
    claim = (await tx.scalars(select(WorkClaim).where(WorkClaim.item_id == item_id).with_for_update())).one()
    claim.take(caller.member_id, tx.now)
    audit(tx, "work.claimed", item_id, kind=item.kind)
    return ClaimView.model_validate(claim)


@router.delete(
    "/staff/work-queue/{item_id}/claim",
    access=STAFF,
    status_code=204,
    responses=documented(WorkItemNotFound, ClaimedByAnother),
)
async def release_work(item_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Leave to colleagues what one had taken."""
    query = select(WorkClaim).where(WorkClaim.item_id == item_id).with_for_update()
    claim = (await tx.scalars(query)).one_or_none()
    if claim is None:
        raise WorkItemNotFound
    require(claim.claimed_by == caller.member_id, ClaimedByAnother())
    await tx.delete(claim)
    audit(tx, "work.released", item_id, kind=claim.kind)


async def _claims(tx: Tx, item_ids: list[UUID]) -> dict[UUID, WorkClaim]:
    found = await tx.scalars(select(WorkClaim).where(WorkClaim.item_id.in_(item_ids)))
    return {claim.item_id: claim for claim in found if claim.holds(tx.now)}


def _view(item: WorkItem, checked: Checked, claim: WorkClaim | None) -> WorkItemView:
    account, documents = checked.paid_on.get(item.company_id), checked.documents[item.company_id]
    return WorkItemView(
        id=item.id,
        kind=item.kind,
        company_id=item.company_id,
        company_name=item.company_name,
        waiting_since=item.waiting_since,
        claimed_by=claim.claimed_by if claim else None,
        claimed_at=claim.claimed_at if claim else None,
        checked=CheckedView(
            signatories_declared=checked.declared[item.company_id],
            signatories_verified=checked.verified[item.company_id],
            documents_accepted=documents[DocumentStatus.ACCEPTED],
            documents_waiting=documents[DocumentStatus.UPLOADED],
            account_ending=account.ending if account else None,
            first_look_by=checked.first_look.get(item.id),
        ),
    )
