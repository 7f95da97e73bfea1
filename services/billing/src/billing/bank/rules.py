"""What movements settle, as far as rules can say; what they cannot waits for a person (BL-24).

In this order: the reference of a transfer of ours, invoice numbers that the payer quotes, the sum of one open invoice
from the company's own account.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.orm import aliased

from billing.bank.domain import BankMatch, BankMovement, Direction, Rule, Target
from billing.bank.references import quoted_numbers
from billing.bank.settlement import free_excess, live, may_come_back, put_on_account, settle_invoice, settle_transfer
from billing.bpf.domain import Bpf
from billing.directory.accounts import CompanyAccount
from billing.issuing.domain import IssuedInvoice, IssuedStatus
from billing.issuing.issue import BOOKED_HERE
from billing.issuing.sheet import Kind
from billing.payment.domain import OrderStatus, PaymentOrder
from billing.payment.progress import client_has_paid
from chassis import Tx
from chassis.sweeps import Sweep
from contracts.values import Money

PART = 100
"""Movements for each transaction."""
_OPEN = (IssuedStatus.ISSUED, IssuedStatus.PARTLY_PAID)


async def follow_credit_notes(tx: Tx, _: datetime) -> bool:
    """What was paid and then credited goes on account; what a credit note left paid whole lets its provider be paid.

    True while some are left.
    """
    note = aliased(IssuedInvoice)
    credited = IssuedInvoice.id.in_(select(note.credits_id).where(note.credits_id.is_not(None)))
    over = IssuedInvoice.paid_amount + IssuedInvoice.credited_amount > IssuedInvoice.gross_amount
    for invoice in (found := await _locked(tx, credited & over, at_most=PART)):
        await free_excess(tx, invoice)
    waiting = IssuedInvoice.source_id.in_(select(Bpf.id).where(Bpf.client_paid_on.is_(None)))
    settled = (IssuedInvoice.kind == Kind.CLIENT) & (IssuedInvoice.status == IssuedStatus.PAID)
    for invoice in (freed := await _locked(tx, credited & settled & waiting, at_most=PART)):
        await client_has_paid(tx, invoice.source_id, tx.today)
    return PART in {len(found), len(freed)}


async def match_movements(tx: Tx, as_of: datetime) -> bool:
    """Try each movement that is not wholly matched, once a run; True while some are left.

    One that somebody else holds just now is tried in the next run. One of which a person took a match back is left
    to people: rules would only make it again.
    """
    waiting = or_(BankMovement.tried_at.is_(None), BankMovement.tried_at < as_of)
    by_people = exists().where(BankMatch.movement_id == BankMovement.id, BankMatch.undone_by.is_not(None))
    query = (
        select(BankMovement)
        .where(BankMovement.matched_amount < BankMovement.amount, waiting, ~by_people)
        .order_by(BankMovement.tried_at.nulls_first(), BankMovement.id)
        .limit(PART)
        .with_for_update(skip_locked=True)
    )
    found = (await tx.scalars(query, execution_options={"populate_existing": True})).all()
    for movement in found:
        await match_by_rules(tx, movement)
        movement.tried_at = as_of
    return len(found) == PART


matching = [
    Sweep("match_movements", timedelta(minutes=1), match_movements),
    Sweep("follow_credit_notes", timedelta(minutes=1), follow_credit_notes),
]


async def match_by_rules(tx: Tx, movement: BankMovement) -> None:
    """Settle what this movement says, or shows, that it settles; the movement is locked."""
    if await _by_transfer(tx, movement) or movement.direction == Direction.OUT:
        return
    if not await _by_number(tx, movement):
        await _by_amount(tx, movement)


async def _by_transfer(tx: Tx, movement: BankMovement) -> bool:
    """The bank repeats our reference: the transfer, or all that left in one file, went out; or it came back."""
    if not movement.end_to_end_id or movement.matched_amount:
        return False
    if movement.direction == Direction.OUT:
        orders = await _orders(
            tx, PaymentOrder.status == OrderStatus.ORDERED.value, _referred_to(movement.end_to_end_id)
        )
    else:
        orders = await _orders(tx, PaymentOrder.end_to_end_id == movement.end_to_end_id)
        orders = [order for order in orders if await may_come_back(tx, order)]
    if not orders or sum(order.amount for order in orders) != movement.amount:
        return False
    for order in orders:
        await settle_transfer(tx, movement, order, Rule.REFERENCE)
    return True


def _referred_to(reference: str) -> ColumnElement[bool]:
    """The transfer of this reference, or those of the run whose file it names."""
    try:
        run = PaymentOrder.run_id == UUID(reference)
    except ValueError:
        run = false()
    return or_(PaymentOrder.end_to_end_id == reference, run)


async def _orders(tx: Tx, *scope: ColumnElement[bool]) -> list[PaymentOrder]:
    query = select(PaymentOrder).where(PaymentOrder.amount > 0, *scope).order_by(PaymentOrder.id).with_for_update()
    return list((await tx.scalars(query, execution_options={"populate_existing": True})).all())


async def _by_number(tx: Tx, movement: BankMovement) -> bool:
    """The payer quotes invoices: pay them, oldest first; what is left is kept for the company that quoted its own."""
    numbers = quoted_numbers(movement.end_to_end_id, movement.remittance)
    invoices = await _locked(tx, IssuedInvoice.number.in_(numbers)) if numbers else []
    for invoice in invoices:
        await _pay(tx, movement, invoice, Rule.REFERENCE)
    parties = {invoice.party_id for invoice in invoices}
    if len(parties) == 1 and movement.left.amount:
        await put_on_account(tx, movement, parties.pop(), movement.left, Rule.REMAINDER)
    return bool(invoices)


async def _by_amount(tx: Tx, movement: BankMovement) -> None:
    """No word of ours, but the company's account and exactly one open invoice of that sum."""
    companies = await _companies_of(tx, movement.counterparty_iban)
    if not companies:
        return
    invoices = await _locked(tx, IssuedInvoice.party_id.in_(companies) & IssuedInvoice.status.in_(_OPEN))
    fitting = [each for each in invoices if each.open == movement.left]
    if len(fitting) == 1:
        await _pay(tx, movement, fitting[0], Rule.AMOUNT_AND_ACCOUNT)


async def _pay(tx: Tx, movement: BankMovement, invoice: IssuedInvoice, rule: Rule) -> None:
    amount = Money(amount=min(movement.left.amount, invoice.open.amount))
    if amount.amount > 0:
        await settle_invoice(tx, movement, invoice, amount, rule)


async def _locked(tx: Tx, scope: ColumnElement[bool], at_most: int | None = None) -> list[IssuedInvoice]:
    """Invoices that companies owe, for us alone, oldest first."""
    owed = select(IssuedInvoice).where(IssuedInvoice.kind.in_(BOOKED_HERE), scope)
    query = owed.order_by(IssuedInvoice.id).limit(at_most).with_for_update()
    return list((await tx.scalars(query, execution_options={"populate_existing": True})).all())


async def _companies_of(tx: Tx, iban: str | None) -> set[UUID]:
    """Whose account it is: by what the company told, or by what was paid from it before."""
    if not iban:
        return set()
    told = select(CompanyAccount.company_id).where(CompanyAccount.iban == iban)
    paid = (
        select(BankMatch.party_id)
        .join(BankMovement, BankMovement.id == BankMatch.movement_id)
        .where(*live(BankMovement.counterparty_iban == iban, BankMatch.target == Target.ISSUED_INVOICE.value))
        .where(BankMatch.party_id.is_not(None))
    )
    return {*(await tx.scalars(told)).all(), *(each for each in (await tx.scalars(paid)).all() if each)}
