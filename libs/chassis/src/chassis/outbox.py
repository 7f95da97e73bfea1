"""The outbox: an event is a row of the transaction that it speaks of."""

from __future__ import annotations

from opentelemetry import trace
from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, String, Table, Text, func
from sqlalchemy.dialects.postgresql import UUID as PgUUID

from chassis.db import Tx
from chassis.hot import HotTx
from chassis.rows import metadata, new_id
from chassis.telemetry import traceparent_of
from contracts.event import Event

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", PgUUID(as_uuid=True), nullable=False, unique=True),
    Column("type", String(120), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("traceparent", String(55)),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("error", String(200)),
)


def emit(tx: Tx | HotTx, event: Event) -> None:
    """Publish an event if, and only if, the transaction commits."""
    tx.append(
        outbox,
        {
            "event_id": new_id(),
            "type": event.type_name,
            "subject": event.subject,
            "body": event.model_dump_json(),
            "traceparent": traceparent_of(trace.get_current_span()),
            "occurred_at": tx.now,
        },
    )
