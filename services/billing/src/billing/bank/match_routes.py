"""Lettrage: what is matched by hand and taken back, and what paid an invoice, explained (BL-24)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import AfterValidator, Field
from sqlalchemy import select

from billing.bank.domain import BankMatch, BankMovement, Direction, Rule, Target
from billing.bank.queries import issued_invoice, matches_where
from billing.bank.refusals import (
    MatchNotFound,
    MatchStands,
    MatchUndone,
    MovementNotFound,
    TooMuchMatched,
    WrongDirection,
)
from billing.bank.routes import FINANCE
from billing.bank.settlement import (
    lock_invoice,
    lock_match,
    lock_movement,
    put_on_account,
    settle_by_hand,
    settle_transfer,
    undo,
)
from billing.bank.words import why
from billing.bpf.domain import Bpf
from billing.bpf.queries import sold_by
from billing.directory.companies import Company
from billing.invoice.domain import Invoice, InvoiceNotFound
from billing.invoice.statuses import InvoiceStatus
from billing.issuing.domain import IssuedInvoiceNotFound, IssuedStatus
from billing.payment.domain import OrderNotFound, PaymentOrder
from billing.payment.explanation import Language
from chassis import Tx, get_locked, get_or
from chassis.auth import may, staff
from chassis.errors import Forbidden, IllegalMove, NotFound
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.roles import StaffScope
from contracts.values import Money, Name

router = Router("bank")


class CompanyUnknown(NotFound):
    """Nothing was told of it yet."""

    code, title = "company_unknown", "No such company"


def _above_zero(amount: Money) -> Money:
    if amount.amount <= 0:
        raise ValueError("must be above zero")
    return amount


class NewMatch(Body):
    """What a movement settles: an invoice, a transfer of ours, or nothing yet (on the company's account)."""

    target: Target
    target_id: UUID = Field(description="The issued invoice, the company, or the payment order")
    amount: Annotated[Money, AfterValidator(_above_zero)]


class Reversal(Body):
    """Why a match is taken back."""

    reason: Name


class MatchView(View):
    """Part of a movement and what it settles."""

    id: UUID
    movement_id: UUID
    target: Target
    target_id: UUID
    amount: Money
    rule: Rule
    why: str
    direction: Direction
    booked_on: date
    end_to_end_id: str | None
    counterparty_name: str | None
    matched_by: UUID | None
    matched_at: datetime
    undone_by: UUID | None
    undone_at: datetime | None
    undone_reason: str | None


class InvoiceMatchesView(View):
    """An issued invoice, and everything that was ever matched with it."""

    invoice_id: UUID
    number: str
    company_id: UUID
    status: IssuedStatus
    gross: Money
    credited: Money
    paid: Money
    open: Money
    matches: list[MatchView]


class TransferView(View):
    """A transfer to the provider as the bank's statement shows it; one that came in was given back."""

    direction: Direction
    amount: Money
    booked_on: date
    end_to_end_id: str | None


class TransfersView(View):
    """What was paid of the provider's invoice, and on what days."""

    invoice_id: UUID
    number: str
    status: InvoiceStatus
    payable: Money
    transfers: list[TransferView]


def _view(match: BankMatch, movement: BankMovement, language: Language) -> MatchView:
    own = ("id", "movement_id", "target", "target_id", "rule", "matched_by", "matched_at")
    undone = ("undone_by", "undone_at", "undone_reason")
    moved = ("direction", "booked_on", "end_to_end_id", "counterparty_name")
    return MatchView(
        **{name: getattr(match, name) for name in own + undone},
        **{name: getattr(movement, name) for name in moved},
        amount=match.total,
        why=why(Rule(match.rule), language),
    )


def _language(request: Request) -> Language:
    return Language.asked_for(request.headers.get("accept-language", ""))


@router.post(
    "/staff/bank-movements/{movement_id}/matches",
    access=FINANCE,
    status_code=201,
    responses=documented(
        Forbidden,
        MovementNotFound,
        IssuedInvoiceNotFound,
        CompanyUnknown,
        OrderNotFound,
        WrongDirection,
        TooMuchMatched,
        IllegalMove,
    ),
)
async def match_movement(
    movement_id: UUID, body: NewMatch, request: Request, *, tx: TxDep, caller: CallerDep
) -> MatchView:
    """Say by hand what (part of) a movement settles; what of it is on that company's account may be used too."""
    movement = await lock_movement(tx, movement_id)
    match = await _settle(tx, movement, body, caller.member_id)
    return _view(match, movement, _language(request))


async def _settle(tx: Tx, movement: BankMovement, body: NewMatch, by: UUID) -> BankMatch:
    if body.target is Target.ISSUED_INVOICE:
        invoice = await lock_invoice(tx, body.target_id)
        return await settle_by_hand(tx, movement, invoice, body.amount, by=by)
    if body.target is Target.ON_ACCOUNT:
        company = await get_or(tx, Company, body.target_id, CompanyUnknown(field="target_id"))
        return await put_on_account(tx, movement, company.company_id, body.amount, Rule.BY_HAND, by=by)
    order = await get_locked(tx, PaymentOrder, body.target_id, OrderNotFound())
    if body.amount != order.money:
        raise TooMuchMatched(f"the transfer is of {order.amount:.2f}", field="amount")
    return await settle_transfer(tx, movement, order, Rule.BY_HAND, by=by)


@router.post(
    "/staff/bank-matches/{match_id}/reversal",
    access=FINANCE,
    status_code=201,
    responses=documented(Forbidden, MatchNotFound, MatchUndone, MatchStands, IllegalMove),
)
async def undo_match(match_id: UUID, body: Reversal, request: Request, *, tx: TxDep, caller: CallerDep) -> MatchView:
    """Take a match back: its amount is unmatched again, its invoice open."""
    match, movement = await lock_match(tx, match_id)
    await undo(tx, match, movement, body.reason, by=caller.member_id)
    return _view(match, movement, _language(request))


@router.get(
    "/staff/issued-invoices/{issued_invoice_id}/matches",
    access=staff(StaffScope.SUPPORT),
    responses=documented(Forbidden, IssuedInvoiceNotFound),
)
async def read_invoice_matches(issued_invoice_id: UUID, tx: TxDep, request: Request) -> InvoiceMatchesView:
    """What paid an invoice, and why it was taken to: in French, or in English if asked for (BL-24)."""
    invoice = await issued_invoice(tx, issued_invoice_id)
    found = await matches_where(tx, BankMatch.target == Target.ISSUED_INVOICE.value, BankMatch.target_id == invoice.id)
    same = ("number", "status", "gross", "credited", "paid", "open")
    return InvoiceMatchesView(
        **{name: getattr(invoice, name) for name in same},
        invoice_id=invoice.id,
        company_id=invoice.party_id,
        matches=[_view(match, movement, _language(request)) for match, movement in found],
    )


@router.get(
    "/invoices/{invoice_id}/matches",
    access=may(Permission.HANDLE_INVOICES),
    responses=documented(Forbidden, InvoiceNotFound),
)
async def read_transfers(invoice_id: UUID, tx: TxDep, caller: CallerDep) -> TransfersView:
    """The provider's own lettrage: which transfers paid an invoice (BL-24)."""
    mine = select(Invoice).where(Invoice.id == invoice_id, Invoice.bpf_id.in_(select(Bpf.id).where(sold_by(caller))))
    invoice = (await tx.scalars(mine)).one_or_none()
    if invoice is None:
        raise InvoiceNotFound
    orders = select(PaymentOrder.id).where(PaymentOrder.invoice_id == invoice.id)
    found = await matches_where(tx, BankMatch.target == Target.TRANSFER.value, BankMatch.target_id.in_(orders))
    return TransfersView(
        invoice_id=invoice.id,
        number=invoice.number,
        status=InvoiceStatus(invoice.status),
        payable=invoice.payable,
        transfers=[
            TransferView(
                direction=Direction(movement.direction),
                amount=match.total,
                booked_on=movement.booked_on,
                end_to_end_id=movement.end_to_end_id,
            )
            for match, movement in found
        ],
    )
