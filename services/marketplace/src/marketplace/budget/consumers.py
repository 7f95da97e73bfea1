"""What orders and invoices consume of a line (MK-28)."""

from sqlalchemy import select

from chassis import Consumers, Tx
from chassis.errors import NotReady
from contracts.billing import InvoiceImported
from contracts.contracting import BdcIssued
from marketplace.budget.queries import hold_commitment
from marketplace.directory.orders import Order

consumers = Consumers("marketplace")


@consumers.on(BdcIssued)
async def record_order_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Turn what was set aside for the proposal into what is ordered; a renewal's order adds its own days."""
    order = Order.of(event)
    tx.add(order)
    held = await hold_commitment(tx, event.proposal_id) if event.proposal_id else None
    if held is not None:
        commitment, line = held
        line.order(commitment.reserved, order.amount)
        commitment.reserved -= commitment.reserved
        commitment.ordered += order.amount


@consumers.on(InvoiceImported)
async def record_invoice_on_InvoiceImported(event: InvoiceImported, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Count what was invoiced, without VAT; the mission's order has to be here first."""
    query = select(Order).where(Order.mission_id == event.mission_id).order_by(Order.ends_on).limit(1)
    order = (await tx.scalars(query)).one_or_none()
    if order is None:
        raise NotReady
    held = await hold_commitment(tx, order.proposal_id) if order.proposal_id else None
    if held is not None:
        commitment, line = held
        line.invoiced += event.net.amount
        line.version += 1
        commitment.invoiced += event.net.amount
