"""The smallest service there is, for the chassis' own tests, and a process of it that tests may kill.

`python probe.py consumer|relay <database url> <amqp url> [crash point] [every]`
"""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Identity, Table, func, select
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import relay as relay_module
from chassis.broker import Broker
from chassis.consume import Subscription
from chassis.db import Database, Tx
from chassis.outbox import emit
from chassis.relay import Relay
from chassis.rows import metadata, tables_of
from chassis.worker import Worker
from contracts.timesheet import CraValidated
from contracts.values import Month

TESTS = "libs"
"""What the tests' own rows belong to: the first part of their module's name."""
QUEUE = "billing.issue_bpf_on_CraValidated"

effects = Table(
    "effects",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("cra_id", PgUUID(as_uuid=True), nullable=False),
)
"""One row for each time that an event took effect; nothing unique protects it."""


def cra_validated(cra_id: UUID | None = None, version: int = 1) -> CraValidated:
    return CraValidated(
        version=version,
        cra_id=cra_id or uuid4(),
        mission_id=uuid4(),
        bdc_id=uuid4(),
        month=Month("2026-11"),
        days=Decimal(18),
        validated_by=uuid4(),
        validated_at=datetime.now(UTC),
    )


async def record_effect(event: CraValidated, tx: Tx) -> None:
    await tx.execute(effects.insert().values(cra_id=event.cra_id))


async def create_tables(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(tables_of(TESTS).create_all)
    await engine.dispose()


async def counts(database: Database) -> tuple[int, int]:
    """How many events took effect, and how many effects there are in all: equal when none is doubled."""
    async with database.transaction() as tx:
        row = (await tx.execute(select(func.count(effects.c.cra_id.distinct()), func.count()))).one()
        return row[0], row[1]


@asynccontextmanager
async def running(*loops):
    """Run loops in the background for the length of a block."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Pipe:
    """Outbox, relay, broker and one consumer, over one database."""

    def __init__(self, database, url, amqp_url):
        self.database, self.url = database, url
        self.broker = Broker(amqp_url, "test")
        self.relay = Relay("timesheet", url, self.broker)
        database.on_commit = self.relay.wake

    def consumer(self, apply=record_effect, **options):
        subscription = Subscription(QUEUE, CraValidated, apply)
        return Worker(subscription, self.database, self.broker, **options)

    async def emit(self, *events):
        async with self.database.transaction() as tx:
            for event in events:
                emit(tx, event)

    async def counts(self):
        return await counts(self.database)

    async def waiting(self):
        async with self.database.transaction() as tx:
            from sqlalchemy import func, select

            from chassis.outbox import outbox

            return (await tx.execute(select(func.count()).select_from(outbox))).scalar()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def consumer(database: Database, broker: Broker, crash: str, every: int) -> Worker:
    applied = 0

    async def apply(event: CraValidated, tx: Tx) -> None:
        nonlocal applied
        await record_effect(event, tx)
        applied += 1
        if crash == "in_handler" and applied % every == 0:
            die()

    worker = Worker(Subscription(QUEUE, CraValidated, apply), database, broker)
    if crash == "before_ack":
        settle = worker._apply

        async def apply_and_die(batch):
            await settle(batch)
            if applied >= every:
                die()

        worker._apply = apply_and_die
    return worker


def relay(url: str, broker: Broker, crash: str) -> Relay:
    if crash == "after_publish":
        publish = relay_module.publish_batch

        async def publish_and_die(*arguments):
            await publish(*arguments)
            die()

        relay_module.publish_batch = publish_and_die
    return Relay("timesheet", url, broker)


async def main(part: str, database_url: str, amqp_url: str, crash: str = "never", every: str = "1") -> None:
    broker = Broker(amqp_url, part)
    loops = [broker.run()]
    if part == "consumer":
        loops.append(consumer(Database(database_url), broker, crash, int(every)).run())
    else:
        loops.append(relay(database_url, broker, crash).run())
    await asyncio.gather(*loops)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
