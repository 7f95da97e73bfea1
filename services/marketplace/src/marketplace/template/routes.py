"""Beginning a request from one that was published."""

from datetime import datetime
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from chassis.auth import may
from chassis.http import CallerDep, Router, TxDep, View, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.roles import BUYERS, Role
from marketplace.actor import acting
from marketplace.directory.queries import affiliation_of
from marketplace.rfp.domain import Rfp
from marketplace.rfp.views import RfpView, show
from marketplace.template.domain import Template, TemplateNotFound

router = Router("rfp templates")


class TemplateView(View):
    """A template."""

    id: UUID
    rfp_id: UUID
    title: str
    created_at: datetime


@router.get("/rfp-templates", access=may(Permission.VIEW_PURCHASING))
async def list_templates(page: PageDep, caller: CallerDep, tx: TxDep) -> Page[TemplateView]:
    """The client's templates, the newest first: each publication made one."""
    query = select(Template).where(Template.company_id == acting(caller).company_id)
    return await page_of(tx, query, Template.id, page, TemplateView.model_validate)


@router.post(
    "/rfp-templates/{template_id}/drafts",
    access=may(Permission.RUN_RFPS),
    status_code=201,
    responses=documented(TemplateNotFound),
)
async def draft_from_template(template_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> RfpView:
    """Begin a request with the content of another; period, entity and spending line are chosen anew."""
    by = acting(caller)
    mine = (Template.id == template_id, Template.company_id == by.company_id)
    template = (await tx.scalars(select(Template).where(*mine))).one_or_none()
    if template is None:
        raise TemplateNotFound
    content = template.content
    named = content.operational_manager_id
    manager = await affiliation_of(tx, by.company_id, named) if named else None
    if manager is None or Role(manager.role) not in BUYERS:
        content = content.model_copy(update={"operational_manager_id": None})
    rfp = Rfp.draft(content, manager, by, tx.now)
    tx.add(rfp)
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)
