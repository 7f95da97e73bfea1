"""Settling something with part of a movement, and taking that back: rows, ledger and statuses move together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from billing.bank.domain import BankMatch, BankMovement, Direction, Rule, Target
from billing.bank.refusals import MatchNotFound, MatchStands, MovementNotFound, TooMuchMatched, WrongDirection
from billing.invoice.domain import Invoice, InvoiceNotFound
from billing.issuing.domain import IssuedInvoice, IssuedInvoiceNotFound, IssuedStatus
from billing.issuing.issue import BOOKED_HERE
from billing.issuing.sheet import Kind
from billing.ledger.domain import EntryKind, reversed_postings
from billing.ledger.posting import post
from billing.payment.domain import OrderStatus, PaymentOrder
from billing.payment.progress import (
    client_has_paid,
    client_payment_undone,
    may_return,
    transfer_executed,
    transfer_returned,
)
from chassis import Tx, audit, get_locked
from chassis.errors import require
from chassis.rows import new_id
from contracts.values import Money


async def lock_movement(tx: Tx, movement_id: UUID) -> BankMovement:
    """The movement, for us alone. Raises MovementNotFound."""
    return await get_locked(tx, BankMovement, movement_id, MovementNotFound())


async def lock_invoice(tx: Tx, invoice_id: UUID) -> IssuedInvoice:
    """An invoice that a company owes, for us alone. Raises IssuedInvoiceNotFound."""
    owed = IssuedInvoice.kind.in_(BOOKED_HERE)
    return await get_locked(tx, IssuedInvoice, invoice_id, IssuedInvoiceNotFound(), owed)


def live(*scope: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    """The matches that stand, within a scope."""
    return (*scope, BankMatch.undone_at.is_(None))


async def live_matches(tx: Tx, *scope: ColumnElement[bool]) -> list[BankMatch]:
    """The matches that stand, oldest first."""
    return list((await tx.scalars(select(BankMatch).where(*live(*scope)).order_by(BankMatch.id))).all())


async def settle_invoice(
    tx: Tx, movement: BankMovement, invoice: IssuedInvoice, amount: Money, rule: Rule, *, by: UUID | None = None
) -> BankMatch:
    """Pay (part of) an invoice with money that came in; both rows are locked.

    Raises:
        WrongDirection: the money went out.
        TooMuchMatched: more than the movement has left, or than the invoice asks for.

    """
    require(movement.direction == Direction.IN, WrongDirection())
    said = f"{invoice.open.amount:.2f} of the invoice is open"
    require(amount.amount <= invoice.open.amount, TooMuchMatched(said, field="amount"))
    invoice.receive(amount)
    match = _new(Target.ISSUED_INVOICE, invoice.id, invoice.party_id, amount, rule)
    await _keep(tx, movement, match, by)
    if invoice.kind is Kind.CLIENT and invoice.status is IssuedStatus.PAID:
        await client_has_paid(tx, invoice.source_id, await last_payment(tx, invoice.id))
    return match


async def settle_by_hand(
    tx: Tx, movement: BankMovement, invoice: IssuedInvoice, amount: Money, *, by: UUID
) -> BankMatch:
    """As `settle_invoice`, and with what of the movement stands on the company's account where the rest is too little.

    Raises:
        WrongDirection, TooMuchMatched: as `settle_invoice`.

    """
    freed = Money.of(0)
    mine = BankMatch.movement_id == movement.id, BankMatch.party_id == invoice.party_id
    for kept in await live_matches(tx, *mine, BankMatch.target == Target.ON_ACCOUNT.value):
        if movement.left.amount < amount.amount:
            await undo(tx, kept, movement, f"used for {invoice.number}", by=by)
            freed += kept.total
    match = await settle_invoice(tx, movement, invoice, amount, Rule.BY_HAND, by=by)
    rest = Money(amount=min(freed.amount, movement.left.amount))
    if rest.amount:
        await put_on_account(tx, movement, invoice.party_id, rest, Rule.REMAINDER, by=by)
    return match


async def put_on_account(
    tx: Tx, movement: BankMovement, company_id: UUID, amount: Money, rule: Rule, *, by: UUID | None = None
) -> BankMatch:
    """Keep money that came in for what the company will owe. Raises WrongDirection, TooMuchMatched."""
    require(movement.direction == Direction.IN, WrongDirection())
    return await _keep(tx, movement, _new(Target.ON_ACCOUNT, company_id, company_id, amount, rule), by)


async def settle_transfer(
    tx: Tx, movement: BankMovement, order: PaymentOrder, rule: Rule, *, by: UUID | None = None
) -> BankMatch:
    """A transfer of ours went out, or came back: by itself, or in a movement of many; both rows are locked.

    Raises:
        TooMuchMatched: the transfer is of more than the movement has left.
        WrongDirection: nothing comes back that did not go out.
        IllegalMove: the transfer was shown before.

    """
    require(
        order.amount <= movement.left.amount, TooMuchMatched(f"the transfer is of {order.amount:.2f}", field="amount")
    )
    if movement.direction == Direction.OUT:
        await transfer_executed(tx, order.end_to_end_id, movement.booked_on)
    else:
        require(await may_come_back(tx, order), WrongDirection("it did not go out, or came back already"))
    if movement.direction == Direction.IN and order.status != OrderStatus.RETURNED:
        await transfer_returned(tx, order.end_to_end_id, movement.remittance[:200] or "given back by the bank")
    match = _new(Target.TRANSFER, order.id, order.provider_company_id, order.money, rule)
    return await _keep(tx, movement, match, by)


async def may_come_back(tx: Tx, order: PaymentOrder) -> bool:
    """Whether the bank showed that it went out, and not yet that it came back; and no debt would end twice by it."""
    shown = select(BankMovement.direction).join(BankMatch, BankMatch.movement_id == BankMovement.id)
    if list(await tx.scalars(shown.where(BankMatch.target_id == order.id))) != [Direction.OUT]:
        return False
    told = order.status == OrderStatus.RETURNED
    return told or await may_return(tx, order, await get_locked(tx, Invoice, order.invoice_id, InvoiceNotFound()))


async def undo(tx: Tx, match: BankMatch, movement: BankMovement, reason: str, *, by: UUID | None = None) -> None:
    """Take a match back: its amount is unmatched again, and the invoice open; movement and match are locked.

    Raises:
        MatchUndone: it was taken back before.
        MatchStands: a transfer that the bank shows did happen.

    """
    require(match.target != Target.TRANSFER, MatchStands())
    await _take_back(tx, match, movement, reason, by)
    if match.target == Target.ISSUED_INVOICE:
        await _reopen(tx, match)


async def free_excess(tx: Tx, invoice: IssuedInvoice) -> None:
    """A credit note took back what was paid already: keep that much on the company's account, newest payment first.

    The invoice is locked.
    """
    excess = invoice.paid + invoice.credited - invoice.gross
    invoice.receive(Money(amount=-excess.amount))
    mine = BankMatch.target == Target.ISSUED_INVOICE.value, BankMatch.target_id == invoice.id
    for match in reversed(await live_matches(tx, *mine)):
        part = Money(amount=min(excess.amount, match.amount))
        if part.amount:
            await _move_to_account(tx, match, part, invoice.number)
            excess -= part


async def _move_to_account(tx: Tx, match: BankMatch, part: Money, number: str) -> None:
    """Split what a movement paid between the invoice, which it still pays, and its company's account."""
    movement = await lock_movement(tx, match.movement_id)
    assert match.party_id is not None
    await _take_back(tx, match, movement, f"{number} was credited", None)
    if rest := match.amount - part.amount:
        kept = _new(Target.ISSUED_INVOICE, match.target_id, match.party_id, Money(amount=rest), Rule(match.rule))
        await _keep(tx, movement, kept, match.matched_by)
    await _keep(tx, movement, _new(Target.ON_ACCOUNT, match.party_id, match.party_id, part, Rule.CREDITED), None)


async def _take_back(tx: Tx, match: BankMatch, movement: BankMovement, reason: str, by: UUID | None) -> None:
    match.undo(reason, by=by, at=tx.now)
    movement.give_back(match.total)
    await tx.flush()
    lines = reversed_postings(match.postings(Direction(movement.direction)))
    await post(tx, EntryKind.UNMATCH, match.id, f"{match.target} {match.target_id}", lines)
    audit(tx, "bank_match.undo", match.id, movement=movement.id, target=match.target_id)


async def lock_match(tx: Tx, match_id: UUID) -> tuple[BankMatch, BankMovement]:
    """A match and its movement, for us alone; the movement first, as whoever matches does. Raises MatchNotFound."""
    found = await tx.get(BankMatch, match_id)
    if found is None:
        raise MatchNotFound
    movement = await lock_movement(tx, found.movement_id)
    return await get_locked(tx, BankMatch, match_id, MatchNotFound()), movement


def _new(target: Target, target_id: UUID, party_id: UUID, amount: Money, rule: Rule) -> BankMatch:
    return BankMatch(
        id=new_id(),
        target=target.value,
        target_id=target_id,
        party_id=party_id,
        amount=amount.amount,
        rule=rule.value,
    )


async def _keep(tx: Tx, movement: BankMovement, match: BankMatch, by: UUID | None) -> BankMatch:
    movement.take(match.total)
    match.movement_id, match.matched_by, match.matched_at = movement.id, by, tx.now
    tx.add(match)
    await tx.flush()
    lines = match.postings(Direction(movement.direction))
    await post(tx, EntryKind.MATCH, match.id, f"{match.target} {match.target_id}", lines)
    audit(tx, "bank_match.make", match.id, movement=movement.id, target=match.target_id, rule=match.rule)
    return match


async def _reopen(tx: Tx, match: BankMatch) -> None:
    """What the match had paid is open again, and what waited for it waits on."""
    invoice = await lock_invoice(tx, match.target_id)
    invoice.receive(Money(amount=-match.amount))
    if invoice.kind is Kind.CLIENT and invoice.open.amount:
        await client_payment_undone(tx, invoice.source_id)


async def last_payment(tx: Tx, invoice_id: UUID) -> date:
    """The day on which the money that completed it came in."""
    query = (
        select(func.max(BankMovement.booked_on))
        .join(BankMatch, BankMatch.movement_id == BankMovement.id)
        .where(*live(BankMatch.target == Target.ISSUED_INVOICE.value, BankMatch.target_id == invoice_id))
    )
    return (await tx.execute(query)).scalar_one()
