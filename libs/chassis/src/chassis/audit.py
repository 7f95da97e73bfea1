"""The audit trail: who did what to which thing, in the transaction of the act itself."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from chassis.db import Tx
from chassis.hot import HotTx
from chassis.rows import metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("details", JSONB, nullable=False),
    Index("ix_audit_log_subject", "subject", "id"),
)


def audit(tx: Tx | HotTx, action: str, subject: object, **details: Any) -> None:
    """Record an act (PL-10). `details` hold ids, versions and outcomes, never contact data.

    The actor is the caller of the request, or the consumer or sweep that the transaction belongs to.
    """
    tx.append(
        audit_log,
        {
            "at": tx.now,
            "actor": tx.actor or "anonymous",
            "action": action,
            "subject": str(subject),
            "details": {
                name: value if isinstance(value, int | bool) else str(value) for name, value in details.items()
            },
        },
    )
