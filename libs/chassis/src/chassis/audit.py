"""The audit trail: who did what to which thing, in the transaction of the act itself, sealed into a hash chain.

An entry is inserted with its act and never changes. The sealer links finished entries to the chain a moment later
(`audit_chain`): acts do not queue behind each other for a link, as they would if each took its own.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    RowMapping,
    String,
    Table,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

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
    Column("written_by", BigInteger, nullable=False, server_default=text("(pg_current_xact_id()::text::bigint)")),
    Index("ix_audit_log_subject", "subject", "id"),
    Index("ix_audit_log_written_by", "written_by", "id"),
)
"""`written_by` is the transaction's number: once all older ones have ended, no earlier entry can still appear."""

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, nullable=False, unique=True),
    Column("written_by", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
)
"""The link of each entry: `hash` is SHA-256 of the former link's hash and of every field of the entry."""

GENESIS = bytes(32)
BATCH = 500
_LOCK = 7_306_000_501
"""Advisory lock: one sealer at a time."""


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


def link_of(former: bytes, position: int, entry: RowMapping) -> bytes:
    """The hash of an entry's link: it covers the former hash, the place and every field of the entry."""
    said = {
        "position": position,
        "id": entry["id"],
        "at": entry["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry["actor"],
        "action": entry["action"],
        "subject": entry["subject"],
        "details": entry["details"],
        "written_by": entry["written_by"],
    }
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(former + canonical.encode()).digest()


async def seal(tx: Tx) -> int:
    """Link the next entries whose transactions, and all older ones, have ended; say how many.

    Nothing when another replica is at it.
    """
    if not await tx.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        return 0
    head = (await tx.execute(select(audit_chain).order_by(audit_chain.c.position.desc()).limit(1))).mappings().first()
    position, former = (head["position"], head["hash"]) if head else (0, GENESIS)
    after = (head["written_by"], head["entry_id"]) if head else (-1, -1)
    ended = text("written_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    query = (
        select(audit_log)
        .where(func.row(audit_log.c.written_by, audit_log.c.id) > func.row(*after), ended)
        .order_by(audit_log.c.written_by, audit_log.c.id)
        .limit(BATCH)
    )
    links = []
    for entry in (await tx.execute(query)).mappings():
        position += 1
        former = link_of(former, position, entry)
        links.append(
            {
                "position": position,
                "entry_id": entry["id"],
                "written_by": entry["written_by"],
                "hash": former,
                "sealed_at": tx.now,
            }
        )
    if links:
        await tx.execute(insert(audit_chain), links)
    return len(links)


async def head_of(tx: Tx) -> tuple[int, bytes, datetime] | None:
    """Position, hash and time of the newest link."""
    query = select(audit_chain).order_by(audit_chain.c.position.desc()).limit(1)
    newest = (await tx.execute(query)).one_or_none()
    return (newest.position, newest.hash, newest.sealed_at) if newest else None
