from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import Consumers, Tx
from chassis.clock import business_date
from company.compliance.recheck import Vigilance
from contracts.contracting import BdcIssued

consumers = Consumers("company")


@consumers.on(BdcIssued)
async def schedule_rechecks_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Look at both companies again every six months until the mission ends (CO-37, CO-50)."""
    for company_id in sorted({event.provider_company_id, event.client_company_id}):
        await _cover(tx, company_id, event)


async def _cover(tx: Tx, company_id: UUID, event: BdcIssued) -> None:
    ordered_on, ends_on = business_date(event.issued_at), event.period.end
    begun = Vigilance.beginning(company_id, ordered_on, ends_on)
    await tx.execute(insert(Vigilance).values(begun).on_conflict_do_nothing())
    query = select(Vigilance).where(Vigilance.company_id == company_id).with_for_update()
    (await tx.scalars(query)).one().cover(ordered_on, ends_on)
