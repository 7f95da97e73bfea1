"""Payment runs: proposed, reviewed, approved by a second person, handed to the bank."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import select

from billing.directory.accounts import CompanyAccount
from billing.invoice.domain import Invoice, InvoiceNotFound
from billing.invoice.statuses import InvoiceStatus
from billing.own import OwnDep
from billing.payment import runs
from billing.payment.domain import (
    ApprovedByAuthor,
    NotABankDay,
    NothingDue,
    OrderNotFound,
    OrderStatus,
    PaymentOrder,
    PaymentRun,
    RunIsEmpty,
    RunIsLate,
    RunNotFound,
    RunStatus,
    check_execution_day,
)
from billing.payment.pain001 import MEDIA_TYPE, is_sepa
from billing.payment.progress import transfer_returned
from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import StepUpRequired, staff
from chassis.errors import Forbidden, IllegalMove, TemporarilyUnavailable, require
from chassis.files import FileMissing, StoredFile, attachment
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Money, Name

router = Router("payments")
FINANCE = staff(StaffScope.FINANCE)


class NewRun(Body):
    """When the money shall leave."""

    executes_on: date = Field(ge=date(2020, 1, 1), le=date(2099, 12, 31))


class Reason(Body):
    """Why a payment does not go its way."""

    reason: Name


class RunView(View):
    """A payment run and what it comes to."""

    id: UUID
    executes_on: date
    status: RunStatus
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None
    exported_at: datetime | None
    file_sha256: str | None
    payments: int
    amount: Money
    set_off: Money = Field(description="What providers owed, and is not transferred")


class OrderView(View):
    """One payment of a run."""

    id: UUID
    run_id: UUID
    invoice_id: UUID
    invoice_number: str
    provider_company_id: UUID
    end_to_end_id: str
    amount: Money
    set_off: Money
    payment_on: date | None
    holder: str
    by_hand: bool = Field(description="The account is outside SEPA: this payment is not in the file")
    status: OrderStatus
    executed_on: date | None
    return_reason: str | None


@router.post(
    "/staff/payment-runs", access=FINANCE, status_code=201, responses=documented(Forbidden, NothingDue, NotABankDay)
)
async def propose_run(body: NewRun, tx: TxDep, caller: CallerDep) -> RunView:
    """Propose to pay everything that is due by a day, of providers with an account in force."""
    check_execution_day(body.executes_on, tx.today)
    run = PaymentRun.propose(body.executes_on, by=caller.member_id, at=tx.now)
    tx.add(run)
    require(bool(await runs.fill(tx, run)), NothingDue())
    await tx.flush()
    audit(tx, "payment_run.propose", run.id, executes_on=run.executes_on)
    return await _view(tx, run)


@router.get("/staff/payment-runs", access=FINANCE, responses=documented(Forbidden))
async def list_runs(tx: TxDep, page: PageDep, status: Annotated[RunStatus | None, Query()] = None) -> Page[RunView]:
    """The runs, newest first."""
    query = select(PaymentRun)
    if status:
        query = query.where(PaymentRun.status == status.value)
    found = await page_of(tx, query, PaymentRun.id, page, lambda run: run)
    return Page(items=[await _view(tx, run) for run in found.items], next=found.next)


@router.get("/staff/payment-runs/{run_id}", access=FINANCE, responses=documented(Forbidden, RunNotFound))
async def read_run(run_id: UUID, tx: TxDep) -> RunView:
    """One run."""
    return await _view(tx, await get_or(tx, PaymentRun, run_id, RunNotFound()))


@router.get("/staff/payment-runs/{run_id}/orders", access=FINANCE, responses=documented(Forbidden, RunNotFound))
async def list_orders(run_id: UUID, tx: TxDep, page: PageDep) -> Page[OrderView]:
    """The payments of a run, with those that were dropped."""
    await get_or(tx, PaymentRun, run_id, RunNotFound())
    query = select(PaymentOrder).where(PaymentOrder.run_id == run_id)
    found = await page_of(tx, query, PaymentOrder.id, page, lambda order: order, oldest_first=True)
    return Page(items=[await _order_view(tx, order) for order in found.items], next=found.next)


@router.delete(
    "/staff/payment-runs/{run_id}/orders/{order_id}",
    access=FINANCE,
    responses=documented(Forbidden, RunNotFound, OrderNotFound, IllegalMove),
)
async def drop_order(run_id: UUID, order_id: UUID, tx: TxDep) -> OrderView:
    """Leave a payment out of a proposed run; another run may take its invoice."""
    run = await get_locked(tx, PaymentRun, run_id, RunNotFound())
    run.check_open()
    order = await get_locked(tx, PaymentOrder, order_id, OrderNotFound(), PaymentOrder.run_id == run_id)
    order.drop()
    audit(tx, "payment_order.drop", order.id, run=run.id)
    return await _order_view(tx, order)


@router.post(
    "/staff/payment-runs/{run_id}/approval",
    access=FINANCE,
    responses=documented(StepUpRequired, Forbidden, ApprovedByAuthor, RunNotFound, IllegalMove, RunIsLate, RunIsEmpty),
)
async def approve_run(run_id: UUID, tx: TxDep, caller: CallerDep) -> RunView:
    """Approve a run that somebody else proposed; its invoices are in payment from now on.

    What was put on hold or cancelled since falls out of it.
    """
    caller.require_recent_proof(tx.now)
    run = await get_locked(tx, PaymentRun, run_id, RunNotFound())
    orders = await runs.live_orders(tx, run, OrderStatus.PROPOSED)
    invoices = {invoice.id: invoice for invoice in await runs.invoices_of(tx, orders)}
    for order in orders:
        if invoices[order.invoice_id].status != InvoiceStatus.SCHEDULED:
            order.drop()
    ready = [order for order in orders if order.status == OrderStatus.PROPOSED]
    run.approve(ready, by=caller.member_id, at=tx.now, today=tx.today)
    for order in ready:
        invoices[order.invoice_id].put_in_payment()
    audit(tx, "payment_run.approve", run.id, payments=len(ready))
    await tx.flush()
    return await _view(tx, run)


@router.post(
    "/staff/payment-runs/{run_id}/rejection", access=FINANCE, responses=documented(Forbidden, RunNotFound, IllegalMove)
)
async def discard_run(run_id: UUID, tx: TxDep) -> RunView:
    """Let nothing of a run go that the bank was not told of, approved or not."""
    run = await get_locked(tx, PaymentRun, run_id, RunNotFound())
    for order in await runs.live_orders(tx, run, OrderStatus.PROPOSED):
        order.drop()
    if run.status == RunStatus.APPROVED:
        for order in await runs.live_orders(tx, run, OrderStatus.ORDERED):
            await transfer_returned(tx, order.end_to_end_id, "the run was discarded")
    run.discard()
    audit(tx, "payment_run.discard", run.id)
    await tx.flush()
    return await _view(tx, run)


@router.post(
    "/staff/payment-runs/{run_id}/file",
    access=FINANCE,
    status_code=201,
    responses=documented(Forbidden, RunNotFound, IllegalMove, RunIsLate, TemporarilyUnavailable),
)
async def export_run(run_id: UUID, tx: TxDep, platform: PlatformDep, own: OwnDep) -> RunView:
    """Make the file for the bank (pain.001.001.09), once: asked again, it answers with the one that was made.

    Payments that are set off whole need no transfer, and are paid from then on.
    """
    run = await get_locked(tx, PaymentRun, run_id, RunNotFound())
    if run.status == RunStatus.EXPORTED:
        return await _view(tx, run)
    run.check_in_time(tx.today)
    orders = await runs.live_orders(tx, run, OrderStatus.ORDERED)
    content = await runs.payment_file(tx, run, own.settings)
    run.export(await platform.files.put_made(content) if content else None, content or b"", tx.now)
    await runs.book_orders(tx, orders)
    for order in orders:
        if not order.amount:
            invoice = await get_locked(tx, Invoice, order.invoice_id, InvoiceNotFound())
            order.execute(run.executes_on)
            emit(tx, invoice.pay(run.executes_on))
    await runs.set_off_credits(tx, orders, run.executes_on)
    audit(tx, "payment_run.export", run.id, sha256=run.file_sha256 or "by hand")
    await tx.flush()
    return await _view(tx, run)


@router.get(
    "/staff/payment-runs/{run_id}/file",
    access=FINANCE,
    response_class=Response,
    responses={
        200: {"description": "the file", "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        **documented(Forbidden, RunNotFound, FileMissing, TemporarilyUnavailable),
    },
)
async def read_run_file(run_id: UUID, tx: TxDep, platform: PlatformDep) -> Response:
    """The file for the bank, the same bytes each time."""
    run = await get_or(tx, PaymentRun, run_id, RunNotFound())
    if not (run.file_key and run.file_sha256 and run.file_size):
        raise FileMissing
    stored = StoredFile(run.file_key, f"payments-{run.executes_on}.xml", MEDIA_TYPE, run.file_sha256, run.file_size)
    return attachment(stored, await platform.files.read(stored.key))


@router.post(
    "/staff/payment-orders/{order_id}/return",
    access=FINANCE,
    responses=documented(Forbidden, OrderNotFound, IllegalMove),
)
async def return_order(order_id: UUID, body: Reason, tx: TxDep) -> OrderView:
    """The bank rejected a transfer or gave it back: its invoice is scheduled again."""
    order = await get_or(tx, PaymentOrder, order_id, OrderNotFound())
    await transfer_returned(tx, order.end_to_end_id, body.reason)
    return await _order_view(tx, order)


async def _view(tx: Tx, run: PaymentRun) -> RunView:
    payments, amount, set_off = await runs.totals_of(tx, run)
    shown = {name: getattr(run, name) for name in RunView.model_fields.keys() - {"payments", "amount", "set_off"}}
    return RunView(**shown, payments=payments, amount=amount, set_off=set_off)


async def _order_view(tx: Tx, order: PaymentOrder) -> OrderView:
    invoice = await tx.get_one(Invoice, order.invoice_id)
    account = await tx.get_one(CompanyAccount, order.account_id)
    same = (
        "id",
        "run_id",
        "invoice_id",
        "provider_company_id",
        "end_to_end_id",
        "status",
        "executed_on",
        "return_reason",
    )
    return OrderView(
        **{name: getattr(order, name) for name in same},
        invoice_number=invoice.number,
        amount=order.money,
        set_off=Money(amount=order.set_off),
        payment_on=invoice.payment_on,
        holder=account.holder,
        by_hand=not is_sepa(account.iban),
    )
