"""Providers' invoices as finance sees them, and the stopping of a payment."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from billing.invoice.domain import Invoice, InvoiceNotFound
from billing.invoice.statuses import InvoiceStatus
from billing.invoice.views import InvoiceView
from billing.own import OwnDep
from billing.payment.progress import hold, release
from chassis.auth import staff
from chassis.errors import Forbidden, IllegalMove
from chassis.http import Body, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Name

router = Router("payments")
FINANCE = staff(StaffScope.FINANCE)


class HoldReason(Body):
    """Why a payment is stopped; its provider reads it."""

    reason: Name


@router.get("/staff/invoices", access=FINANCE, responses=documented(Forbidden))
async def list_provider_invoices(
    tx: TxDep,
    own: OwnDep,
    page: PageDep,
    status: Annotated[InvoiceStatus | None, Query()] = None,
    company_id: Annotated[UUID | None, Query(description="Of this provider alone")] = None,
) -> Page[InvoiceView]:
    """The invoices that providers are paid for, newest first."""
    query = select(Invoice)
    if status:
        query = query.where(Invoice.status == status.value)
    if company_id:
        query = query.where(Invoice.provider_company_id == company_id)
    contact = own.settings.accounting_contact
    return await page_of(tx, query, Invoice.id, page, lambda invoice: InvoiceView.of(invoice, contact))


@router.post(
    "/staff/invoices/{invoice_id}/hold", access=FINANCE, responses=documented(Forbidden, InvoiceNotFound, IllegalMove)
)
async def hold_invoice(invoice_id: UUID, body: HoldReason, tx: TxDep, own: OwnDep) -> InvoiceView:
    """Pay nothing of a contested or blocked invoice until it is released."""
    return InvoiceView.of(await hold(tx, invoice_id, body.reason), own.settings.accounting_contact)


@router.post(
    "/staff/invoices/{invoice_id}/release",
    access=FINANCE,
    responses=documented(Forbidden, InvoiceNotFound, IllegalMove),
)
async def release_invoice(invoice_id: UUID, tx: TxDep, own: OwnDep) -> InvoiceView:
    """Let the payment go on where it stood."""
    return InvoiceView.of(await release(tx, invoice_id), own.settings.accounting_contact)
