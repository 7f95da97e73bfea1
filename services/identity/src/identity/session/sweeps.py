"""What is forgotten once nobody can need it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_

from chassis.db import Tx
from identity.session.domain import Session

KEPT = timedelta(days=30)
"""How long an ended session is kept, with its refresh tokens, as a trace of what happened."""


async def forget_old_sessions(tx: Tx, as_of: datetime) -> None:
    """Drop sessions that ended or expired a month ago."""
    long_ago = as_of - KEPT
    await tx.execute(delete(Session).where(or_(Session.ended_at < long_ago, Session.expires_at < long_ago)))
