"""The relay: takes committed rows out of the outbox and puts them on the broker, for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from time import monotonic
from typing import Any

from aiormq.channel import Channel
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from pamqp import commands as spec
from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import metrics
from chassis.batch_publish import Outgoing, publish_batch
from chassis.broker import CONFIRM_TIMEOUT, Broker, close
from chassis.db import is_transient, make_engine
from chassis.outbox import outbox
from chassis.telemetry import is_sampled, parent_of, traceparent_of
from contracts import topology

logger = logging.getLogger("chassis.relay")
tracer = trace.get_tracer("chassis")

BATCH = 100
_SLOWEST = 8
"""The pause doubles with each refusal, up to 2 to this power: some four minutes."""
_PAUSE = text("interval '1 second'") * func.power(2, func.least(outbox.c.attempts, _SLOWEST))

_CLAIM = (
    select(outbox)
    .where(outbox.c.next_attempt_at <= func.now())
    .order_by(outbox.c.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_POSTPONE = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"))
    .values(
        attempts=outbox.c.attempts + 1,
        error=bindparam("reason"),
        next_attempt_at=func.now() + _PAUSE,
    )
)


class Relay:
    """Claims a batch by row locks, publishes it, removes it, commits; replicas share the rows.

    A crash between publish and removal publishes again: consumers absorb repeats. A row that the broker
    refuses is set aside with its error and tried again later, with back-off, without holding up the others.
    """

    def __init__(self, service: str, database_url: str, broker: Broker, *, poll: float = 0.2):
        self._source = f"/{service}"
        self._engine = make_engine(database_url, pool_size=1)
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
        async with self._engine.begin() as connection:
            rows = (await connection.execute(_CLAIM)).all()
            if not rows:
                return 0
            with ExitStack() as spans:
                messages = [self._message(row, spans) for row in rows]
                outcomes = await publish_batch(channel, messages, CONFIRM_TIMEOUT)
            left = [row.id for row, refusal in zip(rows, outcomes, strict=True) if refusal is None]
            await connection.execute(delete(outbox).where(outbox.c.id == func.any(left)))
            await self._postpone(connection, rows, outcomes)
        metrics.relayed.inc(len(left))
        return len(rows)

    async def _postpone(
        self, connection: AsyncConnection, rows: Sequence[Row[Any]], outcomes: Sequence[Exception | None]
    ) -> None:
        refused = [
            {"row": row.id, "reason": type(refusal).__name__}
            for row, refusal in zip(rows, outcomes, strict=True)
            if refusal is not None
        ]
        if refused:
            await connection.execute(_POSTPONE, refused)
            logger.error("outbox_rows_refused", extra={"count": len(refused), "reason": refused[0]["reason"]})

    def _message(self, row: Row[Any], spans: ExitStack) -> Outgoing:
        """The row as a message; its span lasts until the batch is confirmed."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": str(row.event_id),
            "ce-source": self._source,
            "ce-type": row.type,
            "ce-subject": row.subject,
            "ce-time": row.occurred_at.isoformat(),
        }
        if is_sampled(row.traceparent):
            span = tracer.start_span(f"publish {row.type}", parent_of(row.traceparent), kind=SpanKind.PRODUCER)
            spans.callback(span.end)
            headers["traceparent"] = traceparent_of(span) or row.traceparent
        elif row.traceparent:
            headers["traceparent"] = row.traceparent
        properties = spec.Basic.Properties(
            content_type="application/json",
            delivery_mode=2,
            message_id=headers["ce-id"],
            message_type=row.type,
            headers=headers,
        )
        return Outgoing(topology.EXCHANGE, row.type, row.body.encode(), properties)

    async def oldest_age(self) -> float:
        """Seconds that the oldest unpublished row has waited; 0 when there is none."""
        async with self._engine.connect() as connection:
            query = select(func.extract("epoch", func.now() - func.min(outbox.c.occurred_at)))
            return float((await connection.execute(query)).scalar() or 0)

    async def close(self) -> None:
        """Return the relay's connection."""
        await self._engine.dispose()
