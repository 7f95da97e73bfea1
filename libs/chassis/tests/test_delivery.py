"""Nothing lost, nothing twice: the broker, the database, the relay and the consumer are killed at their worst."""

import asyncio

from chassis_probe import cra_validated, record_effect, running
from sqlalchemy import select

from chassis.outbox import outbox
from chassis.relay import Relay
from chassis.testing import eventually


def arrived(pipe, expected):
    async def check():
        distinct, total = await pipe.counts()
        assert distinct == expected, f"{distinct} of {expected} arrived"
        assert total == expected, f"{total - expected} effects doubled"
        assert await pipe.waiting() == 0
        return True

    return check


async def test_an_event_published_before_its_consumer_ever_started_is_applied_when_it_starts(pipe):
    async with running(pipe.broker.run(), pipe.relay.run()):
        await pipe.emit(cra_validated())

        async def left():
            return await pipe.waiting() == 0

        await eventually(left)
        assert await pipe.counts() == (0, 0)
        async with running(pipe.consumer().run()):
            await eventually(arrived(pipe, 1))


async def test_a_handler_is_told_which_event_it_applies_in_a_batch_too(pipe):
    told = {}

    async def apply(event, tx):
        told[event.cra_id] = tx.event_id
        await record_effect(event, tx)

    events = [cra_validated() for _ in range(20)]
    await pipe.emit(*events)
    async with pipe.database.transaction() as tx:
        sent = (await tx.execute(select(outbox.c.subject, outbox.c.event_id))).all()
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer(apply).run()):
        await eventually(arrived(pipe, 20))
    assert {str(cra_id): event_id for cra_id, event_id in told.items()} == dict(tuple(row) for row in sent)


async def test_the_broker_killed_while_a_thousand_events_are_emitted_loses_and_doubles_none(pipe, node):
    async def produce():
        for _ in range(100):
            await pipe.emit(*(cra_validated() for _ in range(10)))
            await asyncio.sleep(0)

    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
        producing = asyncio.create_task(produce())

        async def under_way():
            return (await pipe.counts())[0] > 100

        await eventually(under_way)
        await asyncio.to_thread(node.kill9)
        await producing
        await asyncio.to_thread(node.start)
        await eventually(arrived(pipe, 1000), within=60)


async def test_a_consumer_killed_inside_its_handler_leaves_no_half_effect(pipe, process, node):
    await pipe.emit(*(cra_validated() for _ in range(1000)))
    async with running(pipe.broker.run(), pipe.relay.run()):
        for _ in range(4):
            child = process("consumer", pipe.url, node.url, "in_handler", "170")
            assert await asyncio.to_thread(child.wait, 60) == -9
        async with running(pipe.consumer().run()):
            await eventually(arrived(pipe, 1000), within=60)


async def test_a_consumer_killed_between_commit_and_acknowledgement_applies_once(pipe, process, node):
    await pipe.emit(*(cra_validated() for _ in range(1000)))
    async with running(pipe.broker.run(), pipe.relay.run()):
        for _ in range(4):
            child = process("consumer", pipe.url, node.url, "before_ack", "60")
            assert await asyncio.to_thread(child.wait, 60) == -9
        async with running(pipe.consumer().run()):
            await eventually(arrived(pipe, 1000), within=60)


async def test_a_relay_killed_between_publish_and_removal_publishes_again_without_effect(pipe, process, node):
    await pipe.emit(*(cra_validated() for _ in range(1000)))
    for _ in range(4):
        child = process("relay", pipe.url, node.url, "after_publish")
        assert await asyncio.to_thread(child.wait, 60) == -9
    assert await pipe.waiting() == 1000
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
        await eventually(arrived(pipe, 1000), within=60)


async def test_postgresql_restarted_under_load_dead_letters_nothing(pipe, cluster, amqp):
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
        await pipe.emit(*(cra_validated() for _ in range(1000)))
        for mode in ("fast", "immediate"):
            await asyncio.to_thread(cluster.restart, mode)
        await eventually(arrived(pipe, 1000), within=60)
    dead = await amqp.queue_declare("billing.dead", passive=True)
    assert dead.message_count == 0


async def test_a_frozen_broker_delays_and_loses_nothing(pipe, node):
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
        await pipe.emit(*(cra_validated() for _ in range(50)))
        await eventually(arrived(pipe, 50))
        await asyncio.to_thread(node.freeze)
        await pipe.emit(*(cra_validated() for _ in range(50)))
        turn = pipe.relay.last_turn

        async def given_up_once():
            return pipe.relay.last_turn > turn

        await eventually(given_up_once, within=20)
        await asyncio.to_thread(node.thaw)
        await eventually(arrived(pipe, 100), within=60)


async def test_two_relays_share_the_rows(pipe, node):
    other = Relay("timesheet", pipe.url, pipe.broker)
    shares = []
    for relay in (pipe.relay, other):
        move = relay.move_batch

        async def count(channel, relay=relay, move=move):
            moved = await move(channel)
            shares.extend([relay] * moved)
            return moved

        relay.move_batch = count
    await pipe.emit(*(cra_validated() for _ in range(2000)))
    async with running(pipe.broker.run(), pipe.relay.run(), other.run(), pipe.consumer().run()):
        await eventually(arrived(pipe, 2000), within=60)
    await other.close()
    assert len(shares) == 2000, "a row was claimed twice"
    assert {pipe.relay, other} == set(shares)


async def test_one_bad_row_does_not_block_the_others_and_keeps_its_error(pipe):
    from sqlalchemy import select, update

    from chassis.outbox import outbox

    await pipe.emit(*(cra_validated() for _ in range(250)))
    async with pipe.database.transaction() as tx:
        bad = (await tx.execute(select(outbox.c.id).order_by(outbox.c.id).limit(1))).scalar()
        await tx.execute(update(outbox).where(outbox.c.id == bad).values(type="nobody.Listens.v1"))

    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):

        async def others_left():
            return (await pipe.counts()) == (249, 249) and await pipe.waiting() == 1

        await eventually(others_left)
    async with pipe.database.transaction() as tx:
        row = (await tx.execute(select(outbox))).one()
    assert (row.id, row.error) == (bad, "PublishError")
    assert row.attempts >= 1
