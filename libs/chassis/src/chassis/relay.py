"""The relay: takes committed rows out of the outbox and puts them on the broker, for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from contextlib import ExitStack
from time import monotonic

import asyncpg
from aiormq.channel import Channel
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from pamqp import commands as spec

from chassis import metrics
from chassis.batch_publish import Outgoing, publish_batch
from chassis.broker import CONFIRM_TIMEOUT, Broker, close
from chassis.db import DriverPool, is_transient, open_drivers
from chassis.telemetry import is_sampled, parent_of, traceparent_of
from contracts import topology

logger = logging.getLogger("chassis.relay")
tracer = trace.get_tracer("chassis")

BATCH = 100

_TAKE = f"""
DELETE FROM outbox WHERE id = ANY(ARRAY(
    SELECT id FROM outbox WHERE next_attempt_at <= now() ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
)) RETURNING *
"""  # noqa: S608 - a number of ours
_PUT_BACK = """
INSERT INTO outbox (id, event_id, type, subject, body, traceparent, occurred_at, attempts, error, next_attempt_at)
OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::int + 1, $9, now() + interval '1 second' * power(2, least($8::int, 8)))
"""
"""The pause doubles with each refusal, up to some four minutes."""
_KEPT = ("id", "event_id", "type", "subject", "body", "traceparent", "occurred_at", "attempts")
_OLDEST = "SELECT extract(epoch FROM now() - min(occurred_at))::float8 FROM outbox"


class Relay:
    """Removes a batch, publishes it, and only then commits the removal; replicas share the rows by their locks.

    A crash between publish and commit publishes again: consumers absorb repeats. A row that the broker
    refuses is put back with its error and tried again later, with back-off, without holding up the others.
    """

    def __init__(self, service: str, database_url: str, broker: Broker, *, poll: float = 0.2):
        self._source = f"/{service}"
        self._url = database_url
        self._drivers: DriverPool | None = None
        self._broker = broker
        self._poll = poll
        self._wake = asyncio.Event()
        self.last_turn = monotonic()

    def wake(self) -> None:
        """Say that rows were just committed."""
        self._wake.set()

    async def run(self) -> None:
        """Move rows until cancelled; every failure is waited out, none ends the loop."""
        channel: Channel | None = None
        pause = self._poll
        while True:
            self.last_turn = monotonic()
            try:
                if channel is None or channel.is_closed:
                    channel = await asyncio.wait_for(self._broker.channel(), 10)
                moved = await self.move_batch(channel)
                pause = self._poll
            except Exception as failure:
                if not isinstance(failure, TimeoutError | ConnectionError) and not is_transient(failure):
                    logger.exception("relay_failed")
                if channel is not None:
                    await close(channel)
                channel, moved = None, 0
                pause = min(pause * 2, 5.0)
            if moved < BATCH:
                await self._rest(pause)

    async def _rest(self, pause: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause)
        self._wake.clear()

    async def move_batch(self, channel: Channel) -> int:
        """Publish and remove up to a batch of rows; return how many were claimed."""
        async with (await self._pool()).acquire(timeout=10) as driver, driver.transaction():
            rows = await driver.fetch(_TAKE)
            if not rows:
                return 0
            with ExitStack() as spans:
                messages = [self._message(row, spans) for row in rows]
                outcomes = await publish_batch(channel, messages, CONFIRM_TIMEOUT)
            refused = [
                (*(row[name] for name in _KEPT), type(refusal).__name__)
                for row, refusal in zip(rows, outcomes, strict=True)
                if refusal is not None
            ]
            if refused:
                await driver.executemany(_PUT_BACK, refused)
                logger.error("outbox_rows_refused", extra={"count": len(refused), "reason": refused[0][-1]})
        metrics.relayed.inc(len(rows) - len(refused))
        return len(rows)

    async def _pool(self) -> DriverPool:
        if self._drivers is None:
            self._drivers = await open_drivers(self._url, 2)
        return self._drivers

    def _message(self, row: asyncpg.Record, spans: ExitStack) -> Outgoing:
        """The row as a message; its span lasts until the batch is confirmed."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": str(row["event_id"]),
            "ce-source": self._source,
            "ce-type": row["type"],
            "ce-subject": row["subject"],
            "ce-time": row["occurred_at"].isoformat(),
        }
        if is_sampled(row["traceparent"]):
            span = tracer.start_span(f"publish {row['type']}", parent_of(row["traceparent"]), kind=SpanKind.PRODUCER)
            spans.callback(span.end)
            headers["traceparent"] = traceparent_of(span) or row["traceparent"]
        elif row["traceparent"]:
            headers["traceparent"] = row["traceparent"]
        properties = spec.Basic.Properties(
            content_type="application/json",
            delivery_mode=2,
            message_id=headers["ce-id"],
            message_type=row["type"],
            headers=headers,
        )
        return Outgoing(topology.EXCHANGE, row["type"], row["body"].encode(), properties)

    async def oldest_age(self) -> float:
        """Seconds that the oldest unpublished row has waited; 0 when there is none."""
        return float(await (await self._pool()).fetchval(_OLDEST, timeout=10) or 0)

    async def close(self) -> None:
        """Return the relay's connections."""
        if self._drivers is not None:
            self._drivers.terminate()
