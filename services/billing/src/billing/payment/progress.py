"""What moves payments on from elsewhere: the client's payment, the bank's statement, a contest, a credit note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from billing.bpf.domain import Bpf
from billing.directory.queries import supervisors_of
from billing.invoice.domain import Invoice, InvoiceNotFound
from billing.invoice.statuses import InvoiceStatus
from billing.ledger.domain import Account, EntryKind, credit, debit
from billing.ledger.posting import post
from billing.payment.domain import OrderNotFound, PaymentOrder, PaymentRun, RunStatus
from billing.payment.runs import owed_for_good
from billing.self_billing.domain import CONTESTED, SelfBill, SelfBillStatus
from chassis import Tx, audit, emit, get_locked
from chassis.errors import IllegalMove, require


async def client_has_paid(tx: Tx, bpf_id: UUID, on: date) -> None:
    """The client has paid a month in full: what waited for that becomes payable (BL-10).

    A guaranteed date does not move (BL-18, BL-19). Where the provider's invoice is not there yet, it will find the
    day on its BPF. The same call again changes nothing.
    """
    bpf = await tx.get(Bpf, bpf_id, with_for_update=True, populate_existing=True)
    if bpf is None or bpf.client_paid_on is not None:
        return
    bpf.client_paid_on = on
    invoice = await _invoice_of(tx, bpf_id)
    scheduled = invoice and invoice.client_paid(on, tx.now)
    if invoice and scheduled:
        emit(tx, scheduled)
        if told := invoice.scheduled(await _supervisors(tx, invoice)):
            emit(tx, told)
        audit(tx, "payment.schedule", invoice.id, payment_on=scheduled.payment_on)


async def client_payment_undone(tx: Tx, bpf_id: UUID) -> None:
    """The match that had paid the month was taken back: wait on, unless the provider's money is on its way."""
    bpf = await tx.get(Bpf, bpf_id, with_for_update=True, populate_existing=True)
    if bpf is None or bpf.client_paid_on is None:
        return
    bpf.client_paid_on = None
    invoice = await _invoice_of(tx, bpf_id)
    if invoice:
        invoice.client_payment_undone()


async def transfer_executed(tx: Tx, end_to_end_id: str, on: date) -> UUID:
    """The bank's statement shows the transfer: its invoice is paid. Returns the order's id.

    Raises:
        OrderNotFound: no transfer of ours.
        IllegalMove: the bank was not told of it yet, or it was shown before, or given back.

    """
    order, invoice = await _order_of(tx, end_to_end_id)
    require(await _is_exported(tx, order), IllegalMove("the bank was not told of it yet"))
    order.execute(on)
    emit(tx, invoice.pay(on))
    emit(tx, invoice.sent(order.money, on, await _supervisors(tx, invoice)))
    audit(tx, "payment.execute", order.id, invoice=invoice.id)
    return order.id


async def transfer_returned(tx: Tx, end_to_end_id: str, reason: str) -> UUID:
    """The bank rejected the transfer or gave it back: the next run tries again. Returns the order's id.

    One that the bank was never told of is stopped in the same way, and nothing is booked. Of an invoice that was
    cancelled since, the provider owes nothing any more.

    Raises:
        OrderNotFound: no transfer of ours.
        IllegalMove: it was given back before, nothing was transferred, or what was cancelled is set off already.

    """
    order, invoice = await _order_of(tx, end_to_end_id)
    exported = await _is_exported(tx, order)
    require(bool(order.amount) or not exported, IllegalMove("nothing was transferred"))
    require(await may_return(tx, order, invoice), IllegalMove("what the provider owed for it is set off already"))
    order.give_back(reason)
    if invoice.status == InvoiceStatus.CANCELLED:
        invoice.paid_on = None
    else:
        await _await_payment_again(tx, invoice)
    if exported:
        await _book_return(tx, order, invoice)
    audit(tx, "payment.return", order.id, invoice=invoice.id)
    return order.id


async def may_return(tx: Tx, order: PaymentOrder, invoice: Invoice) -> bool:
    """Whether the money may come back: a debt that it would end was not taken from other payments meanwhile."""
    if invoice.status != InvoiceStatus.CANCELLED:
        return True
    owed = await owed_for_good(tx, order.provider_company_id)
    return owed + order.set_off >= invoice.payable_amount


async def _await_payment_again(tx: Tx, invoice: Invoice) -> None:
    """It is due as it was, unless its client's payment was undone or its provider contests it."""
    emit(tx, invoice.come_back(tx.now))
    bpf = await tx.get_one(Bpf, invoice.bpf_id, populate_existing=True)
    if bpf.client_paid_on is None:
        invoice.client_payment_undone()
    if await _is_contested(tx, invoice):
        invoice.hold(CONTESTED)


async def _is_contested(tx: Tx, invoice: Invoice) -> bool:
    contested = (SelfBill.invoice_id == invoice.id) & (SelfBill.status == SelfBillStatus.CONTESTED)
    return await tx.scalar(select(SelfBill.id).where(contested)) is not None


async def _book_return(tx: Tx, order: PaymentOrder, invoice: Invoice) -> None:
    lines = [debit(Account.TRANSFERS, order.money), credit(Account.PROVIDERS, order.money, order.provider_company_id)]
    await post(tx, EntryKind.TRANSFER_RETURNED, order.id, f"{invoice.number} {order.end_to_end_id}", lines)


async def _is_exported(tx: Tx, order: PaymentOrder) -> bool:
    """Whether the bank was told of it; the order is locked, which its run's export waits for."""
    run = await tx.get_one(PaymentRun, order.run_id, populate_existing=True)
    return run.status == RunStatus.EXPORTED


async def hold(tx: Tx, invoice_id: UUID, reason: str) -> Invoice:
    """Pay nothing of a contested or blocked invoice. Raises InvoiceNotFound, IllegalMove."""
    invoice = await get_locked(tx, Invoice, invoice_id, InvoiceNotFound())
    invoice.hold(reason)
    audit(tx, "invoice.hold", invoice.id)
    return invoice


async def release(tx: Tx, invoice_id: UUID) -> Invoice:
    """Let the payment of an invoice go on. Raises InvoiceNotFound, and IllegalMove while its provider contests it."""
    invoice = await get_locked(tx, Invoice, invoice_id, InvoiceNotFound())
    require(not await _is_contested(tx, invoice), IllegalMove("its provider contests it"))
    invoice.release()
    audit(tx, "invoice.release", invoice.id)
    return invoice


async def cancel(tx: Tx, invoice_id: UUID, credit_note_number: str) -> Invoice:
    """A credit note takes an invoice back whole; whoever issues or takes the note books it (BL-22).

    Raises:
        InvoiceNotFound: absent.
        IllegalMove: its money is on the way, or it is cancelled already.

    """
    invoice = await get_locked(tx, Invoice, invoice_id, InvoiceNotFound())
    emit(tx, invoice.cancel(credit_note_number, tx.now))
    audit(tx, "invoice.cancel", invoice.id, credit_note=credit_note_number)
    return invoice


async def _supervisors(tx: Tx, invoice: Invoice) -> Sequence[UUID]:
    return await supervisors_of(tx, invoice.provider_company_id, invoice.consultant_id)


async def _invoice_of(tx: Tx, bpf_id: UUID) -> Invoice | None:
    standing = (Invoice.bpf_id == bpf_id) & (Invoice.status != InvoiceStatus.CANCELLED)
    query = select(Invoice).where(standing).with_for_update()
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def _order_of(tx: Tx, end_to_end_id: str) -> tuple[PaymentOrder, Invoice]:
    query = select(PaymentOrder).where(PaymentOrder.end_to_end_id == end_to_end_id).with_for_update()
    order = (await tx.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    if order is None:
        raise OrderNotFound
    return order, await get_locked(tx, Invoice, order.invoice_id, InvoiceNotFound())
