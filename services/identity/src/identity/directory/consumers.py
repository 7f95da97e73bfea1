"""What other services tell us about our members."""

from sqlalchemy import update

from chassis.consume import Consumers
from chassis.db import Tx, upsert_newer
from contracts.company import AffiliationGranted
from contracts.contracting import BdcIssued
from identity.directory.affiliations import Affiliation
from identity.directory.missions import RunningOrder
from identity.member.domain import Member

consumers = Consumers("identity")


@consumers.on(AffiliationGranted)
async def record_affiliation_on_AffiliationGranted(event: AffiliationGranted, tx: Tx) -> None:  # noqa: N802
    """Keep it for the claims of the member's next access token."""
    kept = event.model_dump(exclude={"display_name"})
    await upsert_newer(tx, Affiliation, kept)
    await tx.execute(update(Member).where(Member.id == event.member_id).values(acted_for_company=True))


@consumers.on(BdcIssued)
async def record_mission_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802
    """Keep whom the order holds to the platform until its last day (ID-42)."""
    shared = set(RunningOrder.__table__.columns.keys()) - {"ends_on"}
    await upsert_newer(tx, RunningOrder, event.model_dump(include=shared) | {"ends_on": event.period.end})
