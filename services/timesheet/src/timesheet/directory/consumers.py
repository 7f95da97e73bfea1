"""Keeps the local copy of missions true."""

from chassis import Consumers, Tx, upsert_newer
from contracts.company import SupervisionChanged
from contracts.contracting import BdcIssued, RenewalChanged
from timesheet.directory.missions import Mission
from timesheet.directory.renewals import Renewal
from timesheet.directory.supervision import Supervision

consumers = Consumers("timesheet")

_AS_THEY_ARE = (
    "bdc_id",
    "mission_id",
    "reference",
    "title",
    "client_company_id",
    "provider_company_id",
    "operational_manager_id",
    "consultant_id",
    "consultant_name",
    "days",
    "work_type",
    "workplace",
    "version",
)


@consumers.on(BdcIssued)
async def record_mission_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """From here on the mission's months can be filled in (TS-04)."""
    copied = {name: getattr(event, name) for name in _AS_THEY_ARE}
    copied |= {"starts_on": event.period.start, "ends_on": event.period.end}
    await upsert_newer(tx, Mission, copied | {"daily_rate_amount": event.daily_rate.amount})


@consumers.on(SupervisionChanged)
async def record_supervision_on_SupervisionChanged(event: SupervisionChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Show a sales manager the missions of exactly these consultants (CO-05)."""
    await upsert_newer(tx, Supervision, Supervision.values_of(event))


@consumers.on(RenewalChanged)
async def record_renewal_on_RenewalChanged(event: RenewalChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Say of the months of a renewal that they wait for its order (TS-06)."""
    await upsert_newer(tx, Renewal, Renewal.values_of(event))
