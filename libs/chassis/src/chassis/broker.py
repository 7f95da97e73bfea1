"""One connection to RabbitMQ that heals itself, and the topology that every process declares."""

from __future__ import annotations

import asyncio
import logging

import aiormq
from aiormq.abc import AbstractConnection, DeliveredMessage
from aiormq.channel import Channel
from aiormq.exceptions import AMQPError, ChannelPreconditionFailed
from pamqp import commands as spec

from chassis.batch_publish import Outgoing, publish_batch
from chassis.lenient_frames import tolerate_unreadable_properties
from contracts import topology

logger = logging.getLogger("chassis.broker")
tolerate_unreadable_properties()

CONFIRM_TIMEOUT = 5.0
"""Seconds after which a publish is taken as lost and made again: a frozen broker must not hang us."""

_DURABLE = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-dead-letter-strategy": "at-least-once",
}
_NEVER = 1_000_000_000
"""A delivery limit out of reach, said aloud: left out, RabbitMQ 4 would drop after 20 looks at a dead letter."""
_DELIVERIES = 20


class Broker:
    """Keeps one connection open, for ever, with back-off; users wait for it and open channels on it."""

    def __init__(self, url: str, name: str):
        self._url = f"{url}{'&' if '?' in url else '?'}heartbeat=15&name={name}"
        self._connection: AbstractConnection | None = None
        self._available = asyncio.Event()
        self._publisher: Channel | None = None
        self._opening = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """True while a connection is open and the topology is declared."""
        return self._available.is_set()

    async def run(self) -> None:
        """Connect, declare, wait until the connection ends, start again; never returns by itself."""
        pause = 0.2
        while True:
            try:
                connection = await self._connect()
            except (Exception, asyncio.CancelledError) as down:
                if is_shutdown(down):
                    raise
                logger.warning("broker_unreachable", extra={"reason": type(down).__name__, "retry_in": pause})
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
                continue
            pause = 0.2
            await self._serve(connection)

    async def _connect(self) -> AbstractConnection:
        connection = await asyncio.wait_for(aiormq.connect(self._url), 10)
        try:
            async with asyncio.timeout(30):
                await declare_topology(connection)
        except BaseException:
            await close(connection)
            raise
        return connection

    async def _serve(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._available.set()
        logger.info("broker_connected")
        try:
            await asyncio.wait([connection.closing])
        finally:
            self._available.clear()
            self._connection = self._publisher = None
            await close(connection)
        logger.warning("broker_connection_lost")

    async def start_again(self) -> None:
        """Connect and declare anew: a queue that should be there is not."""
        if self._connection is not None:
            await close(self._connection)

    async def channel(self, *, prefetch: int = 0) -> Channel:
        """Wait for a connection and open a channel with publisher confirms. Raises ConnectionError."""
        await self._available.wait()
        if self._connection is None:
            raise ConnectionError("the broker's connection was just lost")
        try:
            async with asyncio.timeout(10):
                channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
                if prefetch:
                    await channel.basic_qos(prefetch_count=prefetch)
        except (AMQPError, RuntimeError, TimeoutError, asyncio.CancelledError) as lost:
            if is_shutdown(lost):
                raise
            raise ConnectionError("no channel could be opened") from lost
        assert isinstance(channel, Channel)
        return channel

    async def publish(self, message: Outgoing) -> None:
        """Publish one message and wait until it is on disk. Raises ConnectionError or TimeoutError."""
        channel = await self._publishing()
        try:
            (refusal,) = await publish_batch(channel, [message], CONFIRM_TIMEOUT)
        except BaseException:
            # its count of messages may no longer be the broker's, and confirms would name the wrong ones
            if self._publisher is channel:
                self._publisher = None
            await close(channel)
            raise
        if refusal is not None:
            raise ConnectionError(f"the broker refused the message: {type(refusal).__name__}") from refusal

    async def _publishing(self) -> Channel:
        async with self._opening:
            if self._publisher is None or self._publisher.is_closed:
                self._publisher = await self.channel()
            return self._publisher


_closing: set[asyncio.Future[None]] = set()


async def close(link: AbstractConnection | Channel) -> None:
    """Let go of a connection or a channel, whatever state it is in; nothing is expected of it any more.

    A close that takes longer goes on without us: aiormq cannot be cancelled while a frozen broker takes no bytes.
    """
    closing = asyncio.ensure_future(link.close())
    _closing.add(closing)
    closing.add_done_callback(_closed)
    await asyncio.wait({closing}, timeout=2)


def _closed(closing: asyncio.Future[None]) -> None:
    _closing.discard(closing)
    if not closing.cancelled():
        closing.exception()  # looked at, so that nobody logs it


def is_shutdown(error: BaseException) -> bool:
    """Tell our own cancellation from the one that aiormq raises into pending calls when a peer goes away."""
    if not isinstance(error, asyncio.CancelledError):
        return False
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def forward(message: DeliveredMessage, exchange: str, routing_key: str, **headers: str | int | None) -> Outgoing:
    """The same message, on its way elsewhere, with headers added or, when None, removed.

    Of the headers that it brings only texts and numbers go on: of other kinds not all can be written again.
    """
    known = message.header.properties
    merged = {**(known.headers or {}), **headers}
    properties = spec.Basic.Properties(
        content_type=known.content_type or "application/octet-stream",
        delivery_mode=2,
        message_id=known.message_id,
        message_type=known.message_type,
        timestamp=known.timestamp,
        headers={name: value for name, value in merged.items() if isinstance(value, str | int)},
    )
    return Outgoing(exchange, routing_key, message.body, properties)


async def declare_topology(connection: AbstractConnection) -> None:
    """Declare every exchange, queue and binding of the whole platform; harmless when they exist."""
    channel = await connection.channel()
    for exchange in (topology.EXCHANGE, topology.DEAD_EXCHANGE):
        await channel.exchange_declare(exchange, exchange_type="topic", durable=True)
    for step, delay in topology.RETRY_LADDER.items():
        name = topology.retry_queue(step)
        await channel.exchange_declare(name, exchange_type="topic", durable=True)
        waiting = {
            **_DURABLE,
            "x-message-ttl": delay,
            "x-dead-letter-exchange": "",
            "x-delivery-limit": _NEVER,
        }
        await _declare(connection, name, waiting, name, "#")
    for service in topology.SERVICES:
        name = topology.dead_queue(service)
        kept = {"x-queue-type": "quorum", "x-delivery-limit": _NEVER}
        await _declare(connection, name, kept, topology.DEAD_EXCHANGE, service)
    for event, queues in topology.QUEUES.items():
        for name in queues:
            letters = {"x-dead-letter-exchange": topology.DEAD_EXCHANGE}
            letters["x-dead-letter-routing-key"] = name.split(".")[0]
            arguments = {**_DURABLE, **letters, "x-delivery-limit": _DELIVERIES}
            await _declare(connection, name, arguments, topology.EXCHANGE, event.type_name)
    await channel.close()


async def _declare(
    connection: AbstractConnection, queue: str, arguments: dict[str, object], exchange: str, key: str
) -> None:
    """Declare and bind one queue; one that exists with other arguments is kept and reported, not fought."""
    channel = await connection.channel()
    try:
        await channel.queue_declare(queue, durable=True, arguments=arguments)  # type: ignore[arg-type]
    except ChannelPreconditionFailed:
        logger.error("queue_has_other_arguments", extra={"queue": queue})  # noqa: TRY400 - the refusal is expected, its trace tells nothing
        channel = await connection.channel()
    await channel.queue_bind(queue, exchange, routing_key=key)
    await channel.close()
