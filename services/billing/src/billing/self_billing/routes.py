"""What a provider sees of the invoices written for it, and contesting one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlalchemy import ColumnElement, select

from billing.bpf.domain import Bpf
from billing.bpf.queries import sold_by
from billing.company_settings.queries import language_of
from billing.own import OwnDep
from billing.self_billing.domain import ContestPeriodOver, SelfBill, SelfBillNotFound, SelfBillStatus
from billing.self_billing.issuing import hold_payment
from billing.self_billing.paper import specimen_paper
from billing.self_billing.views import ReasonBody, SelfBillView
from chassis import Tx, audit, get_locked
from chassis.auth import Caller, may
from chassis.documents import PDF_ANSWER, pdf_download
from chassis.errors import Forbidden, IllegalMove
from chassis.http import CallerDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission

router = Router("self-billed invoices")
SELLING = may(Permission.HANDLE_INVOICES)


@router.get("/self-bills", access=SELLING, responses=documented(Forbidden))
async def list_self_bills(
    tx: TxDep, caller: CallerDep, page: PageDep, status: Annotated[SelfBillStatus | None, Query()] = None
) -> Page[SelfBillView]:
    """Specimens and invoices that the platform wrote for the company, newest first."""
    query = select(SelfBill).where(_visible_to(caller))
    if status:
        query = query.where(SelfBill.status == status)
    return await page_of(tx, query, SelfBill.id, page, SelfBillView.model_validate)


@router.get("/self-bills/{self_bill_id}", access=SELLING, responses=documented(Forbidden, SelfBillNotFound))
async def read_self_bill(self_bill_id: UUID, tx: TxDep, caller: CallerDep) -> SelfBillView:
    """One of them."""
    return SelfBillView.model_validate(await _visible(tx, self_bill_id, caller))


@router.get(
    "/self-bills/{self_bill_id}/specimen",
    access=SELLING,
    response_class=Response,
    responses=PDF_ANSWER | documented(Forbidden, SelfBillNotFound),
)
async def read_specimen(self_bill_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> Response:
    """What the invoice says, marked as a specimen and without a number."""
    self_bill = await _visible(tx, self_bill_id, caller)
    bpf = await tx.get_one(Bpf, self_bill.bpf_id)
    paper = await specimen_paper(bpf, own.settings, await language_of(tx, bpf.provider_company_id))
    return pdf_download(f"specimen-{bpf.reference}.pdf", paper)


@router.post(
    "/self-bills/{self_bill_id}/contest",
    access=SELLING,
    responses=documented(Forbidden, SelfBillNotFound, IllegalMove, ContestPeriodOver),
)
async def contest(self_bill_id: UUID, body: ReasonBody, tx: TxDep, caller: CallerDep) -> SelfBillView:
    """Do not accept the invoice: its payment, unless it was made already, is held until staff has settled it."""
    self_bill = await get_locked(tx, SelfBill, self_bill_id, SelfBillNotFound(), _visible_to(caller))
    self_bill.contest(by=caller.member_id, at=tx.now, today=tx.today, reason=body.reason)
    await hold_payment(tx, self_bill)
    audit(tx, "self_bill.contest", self_bill.id)
    return SelfBillView.model_validate(self_bill)


def _visible_to(caller: Caller) -> ColumnElement[bool]:
    """Those of the BPF that the caller sells for (CO-05)."""
    return SelfBill.bpf_id.in_(select(Bpf.id).where(sold_by(caller)))


async def _visible(tx: Tx, self_bill_id: UUID, caller: Caller) -> SelfBill:
    query = select(SelfBill).where(SelfBill.id == self_bill_id, _visible_to(caller))
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise SelfBillNotFound
    return found
