"""What billing did with a validated CRA."""

from chassis import Consumers, Tx
from chassis.errors import NotReady
from contracts.billing import InvoiceImported
from timesheet.cra.domain import Cra

consumers = Consumers("timesheet")


@consumers.on(InvoiceImported)
async def mark_invoiced_on_InvoiceImported(event: InvoiceImported, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Both sides see with the CRA which invoice bills it and when it will be paid."""
    cra = await tx.get(Cra, event.cra_id, with_for_update=True)
    if cra is None:
        raise NotReady(f"CRA {event.cra_id}")
    cra.mark_invoiced(event.number, event.payment_on, version=event.version)
