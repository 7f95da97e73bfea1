"""What a run holds: which invoices are due, where they are paid, what their providers owe."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, case, exists, func, or_, select

from billing.directory.accounts import CompanyAccount
from billing.directory.companies import Company
from billing.invoice.domain import Invoice
from billing.invoice.statuses import InvoiceStatus
from billing.ledger.domain import Account, EntryKind, Posting, credit, debit
from billing.ledger.posting import Fact, post_new
from billing.payment.domain import LIVE, OrderStatus, PaymentOrder, PaymentRun, due_before
from billing.payment.pain001 import Debtor, Transfer, is_sepa, write
from billing.settings import BillingSettings
from chassis import Tx, emit
from contracts.values import Money

MOST = 10_000
"""Payments in one run, and so in one file; what is left goes with the next."""
_PROPOSING = 7_306_000_901
"""Advisory lock: one proposal at a time."""
_LIVE = PaymentOrder.status.in_([status.value for status in LIVE])


async def fill(tx: Tx, run: PaymentRun) -> list[PaymentOrder]:
    """Take everything that is due for the run's day and stands in no other run, the longest due first.

    Whoever proposes at the same moment waits, so that no debt of a provider is set off twice.
    """
    await tx.execute(select(func.pg_advisory_xact_lock(_PROPOSING)))
    due = await _due(tx, run)
    providers = {invoice.provider_company_id for invoice in due}
    owed, attempts = await owed_by(tx, providers), await _attempts(tx, [invoice.id for invoice in due])
    now = await _accounts_in_force(tx, providers)
    orders = []
    for invoice in due:
        account_id = now.get(invoice.provider_company_id)
        if account_id is None:
            continue
        order = PaymentOrder.of(
            run,
            invoice,
            attempt=attempts.get(invoice.id, 0) + 1,
            account_id=invoice.account_id or account_id,
            owed=owed[invoice.provider_company_id],
        )
        owed[invoice.provider_company_id] -= order.set_off
        orders.append(order)
    tx.add_all(orders)
    return orders


async def _due(tx: Tx, run: PaymentRun) -> Sequence[Invoice]:
    in_a_run = exists().where(PaymentOrder.invoice_id == Invoice.id, _LIVE)
    query = (
        select(Invoice)
        .where(
            Invoice.status == InvoiceStatus.SCHEDULED.value,
            Invoice.payment_on < due_before(run.executes_on),
            Invoice.payable_amount >= 0,
            ~in_a_run,
        )
        .order_by(Invoice.payment_on, Invoice.id)
        .limit(MOST)
        .with_for_update()
    )
    return (await tx.scalars(query, execution_options={"populate_existing": True})).all()


async def _accounts_in_force(tx: Tx, companies: set[UUID]) -> dict[UUID, UUID]:
    """As `account_in_force`, for many companies at once."""
    query = (
        select(CompanyAccount.company_id, CompanyAccount.bank_details_id)
        .where(CompanyAccount.company_id.in_(companies), CompanyAccount.effective_at <= tx.now)
        .order_by(CompanyAccount.effective_at, CompanyAccount.version)
    )
    return {row[0]: row[1] for row in await tx.execute(query)}  # the last of each company stays


async def owed_by(tx: Tx, providers: set[UUID]) -> dict[UUID, Decimal]:
    """What providers have to give back and no payment has set off yet: invoices cancelled once paid, credits."""
    cancelled = and_(Invoice.status == InvoiceStatus.CANCELLED.value, Invoice.paid_on.is_not(None))
    taken_back = case((cancelled, Invoice.payable_amount), else_=-Invoice.payable_amount)
    credit_due = and_(Invoice.payable_amount < 0, Invoice.status != InvoiceStatus.CANCELLED.value)
    debts = (
        select(Invoice.provider_company_id, func.sum(taken_back))
        .where(Invoice.provider_company_id.in_(providers), or_(cancelled, credit_due))
        .group_by(Invoice.provider_company_id)
    )
    set_off = (
        select(PaymentOrder.provider_company_id, func.sum(-PaymentOrder.set_off))
        .where(PaymentOrder.provider_company_id.in_(providers), _LIVE)
        .group_by(PaymentOrder.provider_company_id)
    )
    owed: dict[UUID, Decimal] = defaultdict(Decimal)
    for query in (debts, set_off):
        for company, amount in await tx.execute(query):
            owed[company] += amount
    return owed


async def owed_for_good(tx: Tx, provider: UUID) -> Decimal:
    """As `owed_by`, while no run is proposed that would set it off."""
    await tx.execute(select(func.pg_advisory_xact_lock(_PROPOSING)))
    return (await owed_by(tx, {provider}))[provider]


async def _attempts(tx: Tx, invoices: list[UUID]) -> dict[UUID, int]:
    query = select(PaymentOrder.invoice_id, func.max(PaymentOrder.attempt)).group_by(PaymentOrder.invoice_id)
    found = await tx.execute(query.where(PaymentOrder.invoice_id.in_(invoices)))
    return {row[0]: row[1] for row in found}


async def set_off_credits(tx: Tx, orders: Sequence[PaymentOrder], on: date) -> None:
    """Close the credit notes of providers whose payments were reduced by all that they owed."""
    providers = {order.provider_company_id for order in orders if order.set_off}
    owed = await owed_by(tx, providers)
    even = [company for company in providers if not owed[company]]
    waiting = [InvoiceStatus.SCHEDULED.value, InvoiceStatus.AWAITING_CLIENT_PAYMENT.value]
    query = select(Invoice).where(
        Invoice.provider_company_id.in_(even), Invoice.payable_amount < 0, Invoice.status.in_(waiting)
    )
    for invoice in await tx.scalars(query.order_by(Invoice.id).with_for_update()):
        emit(tx, invoice.set_off(on))


async def live_orders(tx: Tx, run: PaymentRun, status: OrderStatus) -> list[PaymentOrder]:
    """The run's orders of that status, locked."""
    query = select(PaymentOrder).where(PaymentOrder.run_id == run.id, PaymentOrder.status == status.value)
    return list((await tx.scalars(query.order_by(PaymentOrder.id).with_for_update())).all())


async def invoices_of(tx: Tx, orders: Sequence[PaymentOrder]) -> list[Invoice]:
    """The orders' invoices, locked in one order for everybody."""
    query = select(Invoice).where(Invoice.id.in_([order.invoice_id for order in orders]))
    return list((await tx.scalars(query.order_by(Invoice.id).with_for_update())).all())


async def payment_file(tx: Tx, run: PaymentRun, operator: BillingSettings, *, check: bool = False) -> bytes | None:
    """What the bank is told of an approved run; nothing when every payment in it is made by hand."""
    query = (
        select(PaymentOrder, Invoice.number, CompanyAccount, Company)
        .join(Invoice, Invoice.id == PaymentOrder.invoice_id)
        .join(CompanyAccount, CompanyAccount.bank_details_id == PaymentOrder.account_id)
        .join(Company, Company.company_id == PaymentOrder.provider_company_id)
        .where(PaymentOrder.run_id == run.id, PaymentOrder.status == OrderStatus.ORDERED.value)
        .where(PaymentOrder.amount > 0)
        .order_by(PaymentOrder.id)
    )
    transfers = [
        _transfer(order, number, account, company)
        for order, number, account, company in await tx.execute(query)
        if is_sepa(account.iban)
    ]
    if not transfers:
        return None
    payer = Debtor(operator.operator_name, operator.operator_iban, operator.operator_bic, operator.operator_place)
    return await asyncio.to_thread(write, run.id.hex, payer, run.executes_on, tx.now, transfers, check=check)


def _transfer(order: PaymentOrder, number: str, account: CompanyAccount, company: Company) -> Transfer:
    assert account.iban is not None
    return Transfer(
        end_to_end_id=order.end_to_end_id,
        amount=order.money,
        holder=account.holder,
        iban=account.iban,
        bic=account.bic,
        address=company.identity.address,
        remittance=number,
    )


async def book_orders(tx: Tx, orders: Sequence[PaymentOrder]) -> None:
    """What was owed to providers is on its way."""
    facts = [Fact(order.id, order.end_to_end_id, _ordered(order)) for order in orders if order.amount]
    if facts:
        await post_new(tx, EntryKind.TRANSFER_ORDERED, facts)


def _ordered(order: PaymentOrder) -> list[Posting]:
    return [
        debit(Account.PROVIDERS, order.money, order.provider_company_id),
        credit(Account.TRANSFERS, order.money),
    ]


async def totals_of(tx: Tx, run: PaymentRun) -> tuple[int, Money, Money]:
    """How many payments a run has, what they come to, and what was set off; without those that were dropped."""
    sums = (
        func.count(),
        func.coalesce(func.sum(PaymentOrder.amount), 0),
        func.coalesce(func.sum(PaymentOrder.set_off), 0),
    )
    query = select(*sums).where(PaymentOrder.run_id == run.id, PaymentOrder.status != OrderStatus.DROPPED.value)
    count, amount, set_off = (await tx.execute(query)).one()
    return count, Money.of(amount), Money.of(set_off)
