"""What others did that concerns CRAs: billing imported an invoice, both sides ended an order early."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from chassis import Consumers, Tx, audit, emit
from chassis.errors import NotReady
from contracts.billing import InvoiceCancelled, InvoiceImported, InvoicePaid, PaymentScheduled
from contracts.contracting import MissionRescheduled
from timesheet.cra import messages
from timesheet.cra.domain import Cra, CraStatus
from timesheet.cra.queries import days_in_other_months
from timesheet.directory.missions import Mission
from timesheet.line.queries import delivered_under
from timesheet.settings.queries import settings_of

consumers = Consumers("timesheet")


@consumers.on(InvoiceImported)
async def mark_invoiced_on_InvoiceImported(event: InvoiceImported, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Both sides see with the CRA which invoice bills it and when it will be paid."""
    (await _billed(tx, event.cra_id)).mark_invoiced(event)


@consumers.on(PaymentScheduled)
async def schedule_payment_on_PaymentScheduled(event: PaymentScheduled, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """An invoice that waited for its client's payment has a date from now on (TS-13)."""
    (await _billed(tx, event.cra_id)).show_date(event)


@consumers.on(InvoicePaid)
async def mark_paid_on_InvoicePaid(event: InvoicePaid, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Both sides see that the provider has been paid."""
    (await _billed(tx, event.cra_id)).show_paid(event)


@consumers.on(InvoiceCancelled)
async def mark_cancelled_on_InvoiceCancelled(event: InvoiceCancelled, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Both sides see that the month is billed by no invoice at the moment."""
    (await _billed(tx, event.cra_id)).show_cancelled(event)


async def _billed(tx: Tx, cra_id: UUID) -> Cra:
    cra = await tx.get(Cra, cra_id, with_for_update=True)
    if cra is None:
        raise NotReady(f"CRA {cra_id}")
    return cra


@consumers.on(MissionRescheduled)
async def reschedule_mission_on_MissionRescheduled(event: MissionRescheduled, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """No day after the new end, nor more than the order has left, is counted; what was validated stays (CT-28, TS-12).

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
    cras = (await tx.scalars(query.order_by(Cra.id))).all()
    before = {cra.id: cra.status for cra in cras}
    for cra in cras:
        if cra.cut_off():
            audit(tx, "cra.cut_off", cra.id, ends_on=event.ends_on.isoformat())
    if await _counts_too_much(tx, mission):
        for cra in cras:
            cra.send_back(f"La commande ne compte plus que {mission.days} jours.")
    for cra in cras:
        if cra.status is not before[cra.id]:
            emit(tx, messages.refused(cra))


async def _counts_too_much(tx: Tx, mission: Mission) -> bool:
    """Whether the reports count more days, or bill more deliverables, than the order has by now."""
    if mission.price is not None and (await delivered_under(tx, mission)).amount > mission.price.amount:
        return True
    choices = await settings_of(tx, mission.client_company_id)
    return not choices.overrun_allowed and await days_in_other_months(tx, mission, None) > mission.days
