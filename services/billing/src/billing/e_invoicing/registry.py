"""Invoices become electronic ones, and what happens to them here is said of them there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from billing.bpf.domain import Bpf, BpfKind
from billing.e_invoicing.codes import ALLOWED, Actor, Code
from billing.e_invoicing.domain import EInvoice, Origin, Rule, Said
from billing.e_invoicing.flow import Flow, Progress
from billing.invoice.domain import Invoice
from billing.invoice.statuses import InvoiceStatus
from billing.issuing.domain import SETTLED_AT_ONCE, IssuedInvoice, IssuedStatus
from billing.issuing.sheet import Kind
from billing.settings import BillingSettings
from chassis.db import Tx
from chassis.errors import NotReady
from contracts.company import LegalIdentity

BATCH = 50
_CLOSED = frozenset({IssuedStatus.PAID, IssuedStatus.CANCELLED})
_NEVER = UUID(int=0)
_COMMITTED = timedelta(minutes=10)
"""What was created longer ago than any transaction lasts is visible, or will never be."""


@dataclass(frozen=True, slots=True)
class Document:
    """Where an invoice's file is, and how it is called."""

    key: str
    name: str


async def document_of(tx: Tx, invoice: EInvoice) -> Document:
    """The document as it was made here. Raises NotReady while it is not."""
    found = await tx.get(IssuedInvoice, invoice.invoice_id)
    if found is None or found.document_key is None:
        raise NotReady(f"the document of {invoice.invoice_id}")
    return Document(found.document_key, f"{found.number}.pdf")


async def say(tx: Tx, invoice: EInvoice, said: Said) -> None:
    """Say it in our part, and tell the other party through the platform that the invoice went through."""
    step = invoice.say(said)
    tx.add(step)
    if invoice.origin == Origin.ISSUED:
        await tx.flush()
        tx.add(Flow.queue(invoice.invoice_id, tx.now, step))


async def enlist_issued(tx: Tx) -> int:
    """Queue the invoices issued here, once their documents are made; say how many."""
    query = await _not_enlisted(tx, Origin.ISSUED, IssuedInvoice.id)
    made = list(
        await tx.scalars(select(IssuedInvoice).where(query, IssuedInvoice.document_key.is_not(None)).limit(BATCH))
    )
    for issued in made:
        tx.add(_sold(issued))
    await tx.flush()
    for issued in made:
        tx.add(Flow.queue(issued.id, tx.now))
    if not made:
        unmade = select(IssuedInvoice.id).where(IssuedInvoice.document_key.is_(None))
        oldest = await tx.scalar(unmade.order_by(IssuedInvoice.id).limit(1))
        await _enlisted_up_to(tx, Origin.ISSUED, IssuedInvoice.id, oldest)
    return len(made)


async def enlist_imported(tx: Tx, operator: BillingSettings) -> int:
    """Take providers' invoices in charge and approve them: their import compared them with what was validated.

    They came as files, by no platform: nobody is told.
    """
    query = await _not_enlisted(tx, Origin.IMPORTED, Invoice.id)
    came = select(Invoice, Bpf).join(Bpf, Bpf.id == Invoice.bpf_id).where(query, Invoice.file_key.is_not(None))
    rows = list(await tx.execute(came.limit(BATCH)))
    for invoice, bpf in rows:
        bought = _bought(invoice, bpf, operator)
        tx.add(bought)
        await tx.flush()
        for code in (Code.TAKEN_IN_CHARGE, Code.APPROVED):
            await say(tx, bought, Said(code, Actor.BUYER, invoice.imported_at))
    if not rows:
        await _enlisted_up_to(tx, Origin.IMPORTED, Invoice.id, None)
    return len(rows)


async def say_payments(tx: Tx) -> int:
    """Say what was paid since: 212 of what we sold, with the amounts by rate of VAT; 211 of what we bought."""
    sold = select(EInvoice, IssuedInvoice).join(IssuedInvoice, IssuedInvoice.id == EInvoice.invoice_id)
    news = sold.where(*_may_say(Code.COLLECTED, Actor.SELLER), _has_news())
    rows = list(await tx.execute(news.limit(BATCH).with_for_update(of=EInvoice, skip_locked=True)))
    for invoice, issued in rows:
        received = issued.gross_amount if issued.kind in SETTLED_AT_ONCE else issued.paid_amount
        new = received - invoice.collected
        if new > 0:
            await say(tx, invoice, Said(Code.COLLECTED, Actor.SELLER, tx.now, amounts=invoice.shares_of(new)))
        if issued.status is IssuedStatus.CANCELLED:
            await say(tx, invoice, Said(Code.CANCELLED, Actor.SELLER, tx.now))
        invoice.settled = issued.kind in SETTLED_AT_ONCE or issued.status in _CLOSED
    bought = select(EInvoice).join(Invoice, Invoice.id == EInvoice.invoice_id)
    paid = bought.where(*_may_say(Code.PAYMENT_SENT, Actor.BUYER), Invoice.status == InvoiceStatus.PAID.value)
    sent = list(await tx.scalars(paid.limit(BATCH).with_for_update(of=EInvoice, skip_locked=True)))
    for invoice in sent:
        await say(tx, invoice, Said(Code.PAYMENT_SENT, Actor.BUYER, tx.now))
        invoice.settled = True
    return len(rows) + len(sent)


def _may_say(code: Code, by: Actor) -> Sequence[ColumnElement[bool]]:
    """Those that we have not said all of, and may say this of as they stand."""
    now = EInvoice.code.in_([source.value for source in ALLOWED[code].sources_of(by)])
    return (~EInvoice.settled, EInvoice.our_part == by.value, now)


def _has_news() -> ColumnElement[bool]:
    at_once = IssuedInvoice.kind.in_(SETTLED_AT_ONCE)
    return at_once | (IssuedInvoice.paid_amount > EInvoice.collected) | IssuedInvoice.status.in_(_CLOSED)


async def _not_enlisted(tx: Tx, origin: Origin, key: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    up_to = await tx.scalar(select(Progress.up_to).where(Progress.origin == origin.value))
    known = select(EInvoice.invoice_id).where(EInvoice.invoice_id == key)
    return (key > (up_to or _NEVER)) & ~known.exists()


async def _enlisted_up_to(tx: Tx, origin: Origin, key: InstrumentedAttribute[UUID], pending: UUID | None) -> None:
    """All that may be taken up is: remember it up to what waits, and to what may still appear."""
    recent = int((tx.now - _COMMITTED).timestamp() * 1000)
    before = min(filter(None, [pending, UUID(int=recent << 80)]))
    newest = await tx.scalar(select(key).where(key < before).order_by(key.desc()).limit(1))
    if newest is not None:
        statement = insert(Progress).values(origin=origin.value, up_to=newest)
        values = {"up_to": statement.excluded.up_to}
        await tx.execute(statement.on_conflict_do_update(index_elements=[Progress.origin], set_=values))


def _sold(issued: IssuedInvoice) -> EInvoice:
    sheet, self_billed = issued.sheet, issued.kind is Kind.SELF_BILLED or issued.type_code == "261"
    return EInvoice(
        invoice_id=issued.id,
        origin=Origin.ISSUED.value,
        our_part=(Actor.BUYER if self_billed else Actor.SELLER).value,
        party_id=issued.party_id,
        number=issued.number,
        type_code=issued.type_code,
        issued_on=issued.issued_on,
        seller_siren=sheet.seller.siren,
        buyer_siren=sheet.buyer.siren,
        rule=(Rule.B2B if sheet.seller.siren and sheet.buyer.siren else Rule.B2B_INT).value,
        rates=_by_rate((group.rate, group.base + group.amount) for group in sheet.vat),
        collected=Decimal(0),
        settled=issued.kind is Kind.CREDIT_NOTE,
        version=0,
    )


def _bought(invoice: Invoice, bpf: Bpf, operator: BillingSettings) -> EInvoice:
    provider = LegalIdentity.model_validate(bpf.seller)
    return EInvoice(
        invoice_id=invoice.id,
        origin=Origin.IMPORTED.value,
        our_part=Actor.BUYER.value,
        party_id=invoice.provider_company_id,
        number=invoice.number,
        type_code="380" if bpf.kind is BpfKind.INVOICE else "381",
        issued_on=invoice.issued_on,
        seller_siren=provider.siret.siren if provider.siret else None,
        buyer_siren=operator.operator_siren,
        rule=(Rule.B2B if provider.siret else Rule.B2B_INT).value,
        rates=_by_rate((group.rate, group.base.amount + group.amount.amount) for group in bpf.vat_groups),
        collected=Decimal(0),
        settled=False,
        version=0,
    )


def _by_rate(gross: Iterable[tuple[Decimal, Decimal]]) -> list[dict[str, Any]]:
    """The gross amount at each rate of VAT; of a credit note as well, without a sign."""
    sums: dict[Decimal, Decimal] = {}
    for rate, amount in gross:
        sums[rate] = sums.get(rate, Decimal(0)) + amount
    return [{"rate": f"{rate:.2f}", "amount": f"{abs(amount):.2f}"} for rate, amount in sums.items() if amount]
