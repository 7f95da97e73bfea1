"""Keeps the local copy of missions true."""

from chassis import Consumers, Tx, upsert_newer
from contracts.company import SupervisionChanged
from contracts.contracting import BdcIssued
from timesheet.directory.missions import Mission
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
    "version",
)


@consumers.on(BdcIssued)
async def record_mission_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """From here on the mission's months can be filled in (TS-04)."""
    copied = {name: getattr(event, name) for name in _AS_THEY_ARE}
    await upsert_newer(tx, Mission, {**copied, "starts_on": event.period.start, "ends_on": event.period.end})


@consumers.on(SupervisionChanged)
async def record_supervision_on_SupervisionChanged(event: SupervisionChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Show a sales manager the missions of exactly these consultants (CO-05)."""
    await upsert_newer(tx, Supervision, Supervision.values_of(event))
