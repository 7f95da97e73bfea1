from uuid import UUID

from sqlalchemy import select

from billing.bpf.domain import Bpf
from billing.directory.missions import MissionTerms
from billing.rise.domain import RiseBilledDirectly
from chassis import Tx
from chassis.errors import require
from contracts.contracting import Offer


async def check_billed_through_platform(tx: Tx, bpf_id: UUID) -> None:
    """Raise RiseBilledDirectly for a month of a Rise mission: its provider invoices the client (CT-05)."""
    order = select(MissionTerms.offer).join(Bpf, Bpf.bdc_id == MissionTerms.bdc_id).where(Bpf.id == bpf_id)
    require(await tx.scalar(order) != Offer.RISE, RiseBilledDirectly())
