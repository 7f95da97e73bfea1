"""What happens to a message between its delivery and its acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from time import monotonic
from uuid import UUID

from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel
from aiormq.exceptions import ChannelNotFoundEntity
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from sqlalchemy import text

from chassis import metrics
from chassis.broker import Broker, close, forward, is_shutdown
from chassis.consume import Subscription
from chassis.db import Database, is_transient
from chassis.errors import Problem, TransientError
from chassis.inbox import claim
from chassis.telemetry import parent_of
from contracts import topology
from contracts.event import Event, UnreadableEvent

logger = logging.getLogger("chassis.worker")
tracer = trace.get_tracer("chassis")

STEP_HEADER = "x-maillon-step"
ERROR_HEADER = "x-maillon-error"
QUEUE_HEADER = "x-maillon-queue"

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two attempts to consume."""
_AWAY = "the database is away"


class Worker:
    """Applies the messages of one queue, in batches of whatever has arrived.

    A batch is one transaction; when any message of it fails, each is tried alone, so that a bad one is found
    and cannot hold up the others. Nothing is consumed while the database is away, however long that is.
    """

    def __init__(
        self,
        subscription: Subscription,
        database: Database,
        broker: Broker,
        *,
        prefetch: int = 50,
        patience: float = 60.0,
    ):
        self._subscription = subscription
        self._queue = subscription.queue
        self._database = database
        self._broker = broker
        self._prefetch = prefetch
        self._patience = patience
        self._pause = _SHORTEST_PAUSE

    async def run(self) -> None:
        """Consume until cancelled, over as many connections as it takes."""
        while True:
            try:
                if not await self._database_answers():
                    raise ConnectionError(_AWAY)  # noqa: TRY301 - waited out like any other interruption
                await self._consume(await self._broker.channel(prefetch=self._prefetch))
            except (Exception, asyncio.CancelledError) as lost:
                if is_shutdown(lost):
                    raise
                logger.warning("consumer_interrupted", extra={"queue": self._queue, "reason": type(lost).__name__})
                if isinstance(lost, ChannelNotFoundEntity):
                    await self._broker.start_again()
                await asyncio.sleep(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _database_answers(self) -> bool:
        """Ask before anything is taken from the queue: what is taken and given back counts as a delivery."""
        try:
            async with self._database.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception:  # noqa: BLE001 - whatever it is, nothing can be applied now
            return False
        return True

    async def _consume(self, channel: Channel) -> None:
        arrived: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        channel.closing.add_done_callback(lambda _: arrived.put_nowait(None))
        channel.on_consumer_cancel_callbacks.add(lambda _: arrived.put_nowait(None))

        async def receive(message: DeliveredMessage) -> None:
            arrived.put_nowait(message)

        await channel.basic_consume(self._queue, receive)
        try:
            while True:
                batch = [await arrived.get()]
                while not arrived.empty():
                    batch.append(arrived.get_nowait())
                if None in batch:
                    raise ConnectionError("the channel was closed, or the queue deleted")
                await self._settle([message for message in batch if message is not None], channel)
        finally:
            await close(channel)

    async def _settle(self, batch: list[DeliveredMessage], channel: Channel) -> None:
        """Apply a batch and acknowledge it; what cannot be applied is already kept elsewhere by then."""
        deadline = monotonic() + self._patience
        if len(batch) > 1 and await self._try_together(batch):
            await channel.basic_ack(batch[-1].delivery_tag or 0, multiple=True, wait=False)
        else:
            for message in batch:
                await self._apply_or_move(message, deadline)
                await channel.basic_ack(message.delivery_tag or 0, wait=False)
        self._pause = _SHORTEST_PAUSE

    async def _try_together(self, batch: list[DeliveredMessage]) -> bool:
        try:
            await self._apply(batch)
        except Exception as failure:  # noqa: BLE001 - whatever it is, trying each alone tells which message it is
            logger.info("batch_split", extra={"queue": self._queue, "reason": type(failure).__name__})
            return False
        return True

    async def _apply_or_move(self, message: DeliveredMessage, deadline: float) -> None:
        """Apply a message, or see it kept where it belongs. Raises ConnectionError while the database is away."""
        pause = 0.1
        while True:
            try:
                return await self._apply([message])
            except Exception as failure:
                waits = is_transient(failure)
                if waits and monotonic() + pause < deadline:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 2.0)
                elif waits and not await self._database_answers():
                    raise ConnectionError(_AWAY) from failure
                elif waits or isinstance(failure, TransientError):
                    return await self._climb(message, failure)
                else:
                    return await self._park(message, failure)

    async def _apply(self, batch: list[DeliveredMessage]) -> None:
        read = [(event_id_of(message), self._read(message), message) for message in batch]
        async with self._database.transaction() as tx:
            tx.actor = self._queue
            fresh = await claim(tx, self._queue, [event_id for event_id, _, _ in read])
            taken = len(fresh)
            for event_id, event, message in read:
                if event_id in fresh:
                    fresh.discard(event_id)
                    tx.event_id = event_id
                    with self._span(message):
                        await self._subscription.apply(event, tx)
        metrics.applied.labels(self._queue).inc(taken)
        metrics.absorbed.labels(self._queue).inc(len(batch) - taken)

    def _read(self, message: DeliveredMessage) -> Event:
        expected = self._subscription.event
        if message.header.properties.message_type != expected.type_name:
            raise UnreadableEvent(f"this queue takes {expected.type_name} only")
        return expected.from_body(message.body)

    def _span(self, message: DeliveredMessage) -> contextlib.AbstractContextManager[object]:
        carried = (message.header.properties.headers or {}).get("traceparent")
        parent = parent_of(carried if isinstance(carried, str) else None)
        attributes = {"messaging.system": "rabbitmq", "messaging.destination.name": self._queue}
        return tracer.start_as_current_span(
            f"apply {self._queue}",
            parent,
            kind=SpanKind.CONSUMER,
            attributes=attributes,
            record_exception=False,
        )

    async def _climb(self, message: DeliveredMessage, failure: Exception) -> None:
        """Send to the next step of the delay ladder, or park after the last."""
        step = step_of(message)
        names = list(topology.RETRY_LADDER)
        if step >= len(names):
            return await self._park(message, failure)
        delay = topology.retry_queue(names[step])
        await self._broker.publish(forward(message, delay, self._queue, **{STEP_HEADER: step + 1}))
        metrics.retried.labels(self._queue, names[step]).inc()
        logger.warning("message_delayed", extra=self._about(message, failure, step=names[step]))
        return None

    async def _park(self, message: DeliveredMessage, failure: Exception) -> None:
        reason = describe(failure)
        headers = {STEP_HEADER: None, QUEUE_HEADER: self._queue, ERROR_HEADER: reason}
        service = self._queue.split(".")[0]
        await self._broker.publish(forward(message, topology.DEAD_EXCHANGE, service, **headers))
        metrics.parked.labels(self._queue).inc()
        logger.error("message_parked", extra=self._about(message, failure))

    def _about(self, message: DeliveredMessage, failure: Exception, **more: str) -> dict[str, str]:
        known = message.header.properties
        return {"queue": self._queue, "event_id": str(known.message_id), "reason": describe(failure), **more}


def event_id_of(message: DeliveredMessage) -> UUID:
    """The event's own id, which travels unchanged through relay, ladder and dead letters.

    Raises:
        UnreadableEvent: the message carries none.

    """
    try:
        return UUID(message.header.properties.message_id or "")
    except ValueError:
        raise UnreadableEvent("the message carries no event id") from None


def step_of(message: DeliveredMessage) -> int:
    """How many steps of the ladder the message has climbed; a header that is not ours counts for nothing."""
    said = (message.header.properties.headers or {}).get(STEP_HEADER)
    return max(said, 0) if type(said) is int else 0


def describe(failure: Exception) -> str:
    """Name a failure without quoting data: our own refusals by code and text, others by class."""
    if isinstance(failure, Problem):
        return failure.code
    if isinstance(failure, UnreadableEvent | TransientError):
        return f"{type(failure).__name__}: {failure}"[:200]
    return type(failure).__name__
