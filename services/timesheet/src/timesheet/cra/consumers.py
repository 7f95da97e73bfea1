"""What others did that concerns CRAs: billing imported an invoice, both sides ended an order early."""

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from chassis import Consumers, Tx, audit, emit
from chassis.errors import NotReady
from contracts.billing import InvoiceImported
from contracts.contracting import MissionRescheduled
from timesheet.cra import messages
from timesheet.cra.domain import Cra, CraStatus
from timesheet.directory.missions import Mission

consumers = Consumers("timesheet")


@consumers.on(InvoiceImported)
async def mark_invoiced_on_InvoiceImported(event: InvoiceImported, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Both sides see with the CRA which invoice bills it and when it will be paid."""
    cra = await tx.get(Cra, event.cra_id, with_for_update=True)
    if cra is None:
        raise NotReady(f"CRA {event.cra_id}")
    cra.mark_invoiced(event.number, event.payment_on, version=event.version)


@consumers.on(MissionRescheduled)
async def reschedule_mission_on_MissionRescheduled(event: MissionRescheduled, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """No day after the new end can be counted; what was validated stays (CT-28, TS-12).

    The order's row is held as while a month is filled in: a CRA counts its days before the new end, or after it.
    """
    mission = await tx.get(Mission, event.bdc_id, with_for_update=True)
    if mission is None:
        raise NotReady(f"order {event.bdc_id}")
    if event.version <= mission.version:
        return
    mission.reschedule(event)
    query = select(Cra).where(Cra.bdc_id == event.bdc_id, Cra.status != CraStatus.VALIDATED)
    query = query.join(Cra.mission).options(contains_eager(Cra.mission)).with_for_update(of=Cra)
    for cra in await tx.scalars(query.order_by(Cra.id)):
        before = cra.status
        if cra.cut_off():
            audit(tx, "cra.cut_off", cra.id, ends_on=event.ends_on.isoformat())
        if cra.status is not before:
            emit(tx, messages.refused(cra))
