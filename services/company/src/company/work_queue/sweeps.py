from datetime import datetime, timedelta

from sqlalchemy import delete

from chassis import Tx
from chassis.sweeps import Sweep
from company.work_queue.domain import CLAIM_LASTS, WorkClaim


async def drop_old_claims(tx: Tx, as_of: datetime) -> None:
    """Claims that lapsed keep nobody away, and are of no use."""
    await tx.execute(delete(WorkClaim).where(WorkClaim.claimed_at <= as_of - CLAIM_LASTS))


SWEEPS = [Sweep("drop_old_claims", timedelta(days=1), drop_old_claims)]
