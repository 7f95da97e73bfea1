"""The parts of an export, as each service sends its own."""

from sqlalchemy.dialects.postgresql import insert

from chassis.consume import Consumers
from chassis.db import Tx
from contracts.personal_data import MemberDataGathered
from contracts.topology import SERVICES
from identity.privacy.domain import ExportPart, PrivacyRequest

consumers = Consumers("identity")


@consumers.on(MemberDataGathered)
async def collect_data_on_MemberDataGathered(event: MemberDataGathered, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Keep a service's part while the export is being gathered; one that is late or comes twice changes nothing."""
    request = await tx.get(PrivacyRequest, event.request_id, with_for_update=True)
    if request is None or not request.takes_parts():
        return
    if request.member_id != event.member_id or event.service not in SERVICES:
        return
    part = {
        "request_id": event.request_id,
        "service": event.service,
        "sealed": event.sealed,
        "gathered_at": event.gathered_at,
    }
    await tx.execute(insert(ExportPart).values(part).on_conflict_do_nothing())
