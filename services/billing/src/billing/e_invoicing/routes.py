"""Where electronic invoices stand, what was said of them, and what waits for the approved platform."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import select

from billing.e_invoicing.codes import NAMES, Actor, Code
from billing.e_invoicing.domain import (
    EInvoice,
    EInvoiceNotFound,
    LifecycleAmountsWrong,
    LifecycleReasonWrong,
    Origin,
    RateAmount,
    Rule,
    Said,
    Step,
)
from billing.e_invoicing.flow import Flow, FlowKind, FlowNotRefused, FlowStatus
from billing.e_invoicing.registry import say
from chassis import audit
from chassis.auth import staff
from chassis.db import Tx, get_locked, get_or
from chassis.errors import Forbidden, IllegalMove, NotFound, require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Name

router = Router("e-invoicing")


class FlowNotFound(NotFound):
    """No such flow."""

    code, title = "flow_not_found", "No such flow"


class StepView(View):
    """One thing that was said: the official code, its names, by whom, for what reason."""

    code: Code
    name_fr: str
    name_en: str
    said_by: Actor
    reason: str | None
    text: str | None
    amounts: list[RateAmount]
    applied: bool
    said_at: datetime


class FlowView(View):
    """Something handed over to the approved platform, or waiting for it."""

    id: UUID
    kind: FlowKind
    status: FlowStatus
    flow_id: str | None
    attempts: int
    error: str | None
    due_at: datetime | None
    sent_at: datetime | None
    created_at: datetime


class EInvoiceView(View):
    """An invoice in the reform's terms; `code` is absent while it waits to be handed over."""

    invoice_id: UUID
    origin: Origin
    our_part: Actor
    party_id: UUID
    number: str
    type_code: str
    issued_on: date
    rule: Rule
    rates: list[RateAmount]
    code: Code | None


class Lifecycle(EInvoiceView):
    """With all that was said of it and handed over, the oldest first."""

    steps: list[StepView]
    flows: list[FlowView]


class NewStatus(Body):
    """What we say of an invoice, as its buyer or its seller."""

    code: Code
    reason: Annotated[str, Field(pattern=r"^[A-Z_]{2,32}$")] | None = None
    text: Name | None = None
    amounts: Annotated[list[RateAmount], Field(max_length=10)] = []


@router.get("/staff/e-invoices", access=staff(StaffScope.FINANCE), responses=documented(Forbidden))
async def list_e_invoices(
    tx: TxDep,
    page: PageDep,
    code: Annotated[Code | None, Query()] = None,
    flow_status: Annotated[FlowStatus | None, Query()] = None,
) -> Page[EInvoiceView]:
    """Every electronic invoice, newest first; by where it stands, or by what became of its flows."""
    query = select(EInvoice)
    if code:
        query = query.where(EInvoice.code == code.value)
    if flow_status:
        of_it = select(Flow.id).where(Flow.invoice_id == EInvoice.invoice_id, Flow.status == flow_status.value)
        query = query.where(of_it.exists())
    return await page_of(tx, query, EInvoice.invoice_id, page, EInvoiceView.model_validate)


@router.get(
    "/staff/e-invoices/{e_invoice_id}",
    access=staff(StaffScope.FINANCE),
    responses=documented(Forbidden, EInvoiceNotFound),
)
async def read_e_invoice(e_invoice_id: UUID, tx: TxDep) -> Lifecycle:
    """One of them with its history."""
    return await lifecycle_of(tx, await get_or(tx, EInvoice, e_invoice_id, EInvoiceNotFound()))


@router.post(
    "/staff/e-invoices/{e_invoice_id}/statuses",
    access=staff(StaffScope.FINANCE),
    status_code=201,
    responses=documented(Forbidden, EInvoiceNotFound, IllegalMove, LifecycleReasonWrong, LifecycleAmountsWrong),
)
async def say_status(e_invoice_id: UUID, body: NewStatus, tx: TxDep, caller: CallerDep) -> Lifecycle:
    """Say where it stands, in our part: as buyer 204 to 208, 210, 211, 214; as seller 209, 212, 220."""
    invoice = await get_locked(tx, EInvoice, e_invoice_id, EInvoiceNotFound())
    said = Said(body.code, Actor(invoice.our_part), tx.now, body.reason, body.text, body.amounts)
    await say(tx, invoice, said)
    audit(tx, "e_invoice.say", invoice.invoice_id, code=body.code, by=caller.member_id)
    return await lifecycle_of(tx, invoice)


@router.post(
    "/staff/e-invoice-flows/{flow_id}/retries",
    access=staff(StaffScope.FINANCE),
    status_code=201,
    responses=documented(Forbidden, FlowNotFound, FlowNotRefused),
)
async def retry_flow(flow_id: UUID, tx: TxDep) -> FlowView:
    """Hand over anew what the platform refused, once whatever it minded is put right."""
    flow = await get_locked(tx, Flow, flow_id, FlowNotFound())
    same = (Flow.invoice_id == flow.invoice_id, Flow.step_id.is_not_distinct_from(flow.step_id), Flow.id > flow.id)
    require((await tx.scalar(select(Flow.id).where(*same).limit(1))) is None, FlowNotRefused("it is on its way anew"))
    anew = flow.retry(tx.now)
    tx.add(anew)
    audit(tx, "e_invoice.retry", flow.invoice_id, refused=flow.id, anew=anew.id)
    return FlowView.model_validate(anew)


async def lifecycle_of(tx: Tx, invoice: EInvoice) -> Lifecycle:
    """An invoice with its history."""
    steps = await tx.scalars(select(Step).where(Step.invoice_id == invoice.invoice_id).order_by(Step.id))
    flows = await tx.scalars(select(Flow).where(Flow.invoice_id == invoice.invoice_id).order_by(Flow.id))
    return Lifecycle(
        **EInvoiceView.model_validate(invoice).model_dump(),
        steps=[_step_view(step) for step in steps],
        flows=[FlowView.model_validate(flow) for flow in flows],
    )


def _step_view(step: Step) -> StepView:
    said, (french, english) = step.said, NAMES[Code(step.code)]
    return StepView(
        code=said.code,
        name_fr=french,
        name_en=english,
        said_by=said.by,
        reason=said.reason,
        text=said.text,
        amounts=list(said.amounts),
        applied=step.applied,
        said_at=said.at,
    )
