"""P1 and P2: the relay and a consumer, each beside the bare library on the same messages."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import aiormq
import asyncpg
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from machinery import AMQP_URL, QUEUE, Effect, cra_validated, database, depth, plain, purge, scalar
from measure import Figure, alternate, figure, until
from pamqp import commands as spec

from chassis.batch_publish import CHECKED_AIORMQ
from chassis.broker import Broker
from chassis.consume import Subscription
from chassis.db import Database, Tx
from chassis.outbox import emit
from chassis.relay import Relay
from chassis.worker import Worker
from contracts.timesheet import CraValidated
from contracts.topology import EXCHANGE

BACKLOG = 20_000
CONSUMED = 5_000


async def relay_throughput() -> Figure:
    """P1: a backlog of 20,000 rows, claimed, published with confirms, removed."""
    bodies = [cra_validated().model_dump_json().encode() for _ in range(BACKLOG)]
    channel = await purge()

    async def ours() -> float:
        async with database() as url:
            store, broker = Database(url), Broker(AMQP_URL, "bench")
            keeping = asyncio.create_task(broker.run())
            relay = Relay("timesheet", url, broker)
            async with store.transaction() as tx:
                for _ in range(BACKLOG):
                    emit(tx, cra_validated())
            confirmed = await broker.channel()
            started = time.perf_counter()
            while await relay.move_batch(confirmed):
                pass
            elapsed = time.perf_counter() - started
            assert await depth(channel) == BACKLOG
            assert await scalar(url, "SELECT count(*) FROM outbox") == 0
            await channel.queue_purge(QUEUE)
            keeping.cancel()
            await relay.close()
            await store.close()
        return BACKLOG / elapsed

    async def reference() -> float:
        elapsed = await publish_pipelined(bodies)
        assert await depth(channel) == BACKLOG
        await channel.queue_purge(QUEUE)
        return BACKLOG / elapsed

    pairs = await alternate(ours, reference)
    await channel.connection.close()
    return figure(
        "P1",
        f"relay, backlog of {BACKLOG:,} / bare aiormq {CHECKED_AIORMQ} pipelined",
        pairs,
        goal=0.7,
        unit="events/s",
    )


async def publish_pipelined(bodies: list[bytes]) -> float:
    """The bare reference: 100 publishes in flight, each confirmed."""
    connection = await aiormq.connect(AMQP_URL)
    channel = await connection.channel(publisher_confirms=True)
    properties = spec.Basic.Properties(delivery_mode=2, content_type="application/json")
    started = time.perf_counter()
    for start in range(0, len(bodies), 100):
        await asyncio.gather(
            *(
                channel.basic_publish(
                    body, exchange=EXCHANGE, routing_key=CraValidated.type_name, properties=_fresh(properties)
                )
                for body in bodies[start : start + 100]
            )
        )
    elapsed = time.perf_counter() - started
    await connection.close()
    return elapsed


def _fresh(known: spec.Basic.Properties) -> spec.Basic.Properties:
    return spec.Basic.Properties(delivery_mode=known.delivery_mode, content_type=known.content_type)


async def consumer_throughput() -> Figure:
    """P2: inbox claim, one-row effect, commit, acknowledgement."""

    async def ours() -> float:
        ids = await fill()
        async with database() as url:
            store, broker = Database(url), Broker(AMQP_URL, "bench")
            worker = Worker(Subscription(QUEUE, CraValidated, record), store, broker, prefetch=100)
            started = time.perf_counter()
            loops = [asyncio.create_task(broker.run()), asyncio.create_task(worker.run())]
            watching = await asyncpg.connect(plain(url))
            await until(lambda: _count(watching, len(ids)))
            await watching.close()
            elapsed = time.perf_counter() - started
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await store.close()
        return CONSUMED / elapsed

    async def reference() -> float:
        await fill()
        return CONSUMED / await consume_bare(CONSUMED)

    pairs = await alternate(ours, reference)
    return figure("P2", "consumer with inbox and effect / bare FastStream consume", pairs, goal=0.6, unit="events/s")


async def record(event: CraValidated, tx: Tx) -> None:
    tx.add(Effect(cra_id=event.cra_id))


async def _count(connection: asyncpg.Connection[asyncpg.Record], expected: int) -> bool:
    return await connection.fetchval("SELECT count(*) FROM bench_effects") == expected


async def fill() -> list[UUID]:
    """Leave the measured queue with fresh messages, as the relay would have published them."""
    channel = await purge()
    events = [cra_validated() for _ in range(CONSUMED)]
    for start in range(0, CONSUMED, 100):
        await asyncio.gather(
            *(
                channel.basic_publish(
                    event.model_dump_json().encode(),
                    exchange=EXCHANGE,
                    routing_key=event.type_name,
                    properties=spec.Basic.Properties(
                        delivery_mode=2,
                        content_type="application/json",
                        message_id=str(event.cra_id),
                        message_type=event.type_name,
                    ),
                )
                for event in events[start : start + 100]
            )
        )
    assert await depth(channel) == CONSUMED
    await channel.connection.close()
    return [event.cra_id for event in events]


async def consume_bare(expected: int) -> float:
    """The bare reference: FastStream with a Pydantic body, acknowledging by itself, doing nothing else."""
    broker = RabbitBroker(AMQP_URL, logger=None, default_channel=Channel(prefetch_count=100))
    seen, finished = 0, asyncio.Event()

    @broker.subscriber(RabbitQueue(QUEUE, queue_type=QueueType.QUORUM, durable=True, declare=False))
    async def take(event: CraValidated) -> None:  # noqa: ARG001 - FastStream parses it for us
        nonlocal seen
        seen += 1
        if seen >= expected:
            finished.set()

    started = time.perf_counter()
    async with broker:
        await broker.start()
        async with asyncio.timeout(60):
            await finished.wait()
        return time.perf_counter() - started
