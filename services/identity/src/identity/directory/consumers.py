"""What other services tell us about our members."""

from chassis.consume import Consumers
from chassis.db import Tx, upsert_newer
from contracts.company import AffiliationGranted
from identity.directory.affiliations import Affiliation

consumers = Consumers("identity")


@consumers.on(AffiliationGranted)
async def record_affiliation_on_AffiliationGranted(event: AffiliationGranted, tx: Tx) -> None:  # noqa: N802
    """Keep it for the claims of the member's next access token."""
    kept = event.model_dump(exclude={"display_name"})
    await upsert_newer(tx, Affiliation, kept)
