"""Who validates a client's publications."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import audit
from chassis.auth import may
from chassis.errors import require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from chassis.rows import new_id
from contracts.permissions import Permission
from marketplace.actor import acting
from marketplace.directory.entities import UnknownEntity, active_entities
from marketplace.directory.queries import colleagues_among
from marketplace.workflow.domain import UnknownValidator, Workflow, WorkflowTerms

router = Router("publication workflows")


class WorkflowBody(WorkflowTerms, Body):
    """Who validates, in their order."""


class WorkflowView(View):
    """Who validates."""

    id: UUID
    entity_id: UUID | None
    validators: list[UUID]
    version: int


@router.get("/publication-workflows", access=may(Permission.VIEW_PURCHASING))
async def list_workflows(page: PageDep, caller: CallerDep, tx: TxDep) -> Page[WorkflowView]:
    """The validators of the company and of its entities."""
    query = select(Workflow).where(Workflow.company_id == acting(caller).company_id)
    return await page_of(tx, query, Workflow.id, page, WorkflowView.model_validate)


@router.put(
    "/publication-workflows",
    access=may(Permission.MANAGE_PURCHASING),
    responses=documented(UnknownEntity, UnknownValidator),
)
async def arrange_workflow(body: WorkflowBody, caller: CallerDep, tx: TxDep) -> WorkflowView:
    """Say who validates from now on; a request that is with validators stays with them until it is handed in again."""
    by = acting(caller)
    if body.entity_id is not None:
        await active_entities(tx, by.company_id, [body.entity_id], field="entity_id")
    there = await colleagues_among(tx, by.company_id, body.validators)
    require(len(there) == len(body.validators), UnknownValidator(field="validators"))
    validators = [str(member_id) for member_id in body.validators]
    written = insert(Workflow).values(
        id=new_id(), version=1, company_id=by.company_id, entity_id=body.entity_id, validators=validators
    )
    newer = {"validators": validators, "version": Workflow.version + 1}
    written = written.on_conflict_do_update(index_elements=["company_id", "entity_id"], set_=newer)
    workflow = (await tx.scalars(written.returning(Workflow), execution_options={"populate_existing": True})).one()
    audit(tx, "publication_workflow.arranged", workflow.id, validators=len(validators))
    return WorkflowView.model_validate(workflow)
