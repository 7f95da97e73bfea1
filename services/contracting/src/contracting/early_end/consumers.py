"""What timesheet settled: an order does not end before a validated month any more."""

from sqlalchemy.dialects.postgresql import insert

from chassis import Consumers, Tx
from contracting.early_end.domain import ValidatedMonth
from contracts.timesheet import CraValidated

consumers = Consumers("contracting")


@consumers.on(CraValidated)
async def settle_month_on_CraValidated(event: CraValidated, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Remember that the month of this order is validated for good (TS-12, CT-28)."""
    values = {"bdc_id": event.bdc_id, "month": str(event.month)}
    await tx.execute(insert(ValidatedMonth).values(values).on_conflict_do_nothing())
