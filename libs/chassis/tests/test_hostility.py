"""What a hostile or unlucky message, broker or queue does to a process: nothing that outlives it."""

import asyncio

import aiormq
import pytest
from chassis_probe import QUEUE, cra_validated, record_effect, running
from pamqp import commands as spec
from sqlalchemy import select, text, update

from chassis import app as app_module
from chassis.batch_publish import Outgoing
from chassis.broker import Broker
from chassis.errors import NotReady
from chassis.outbox import outbox
from chassis.platform import Service
from chassis.testing import eventually
from chassis.worker import STEP_HEADER
from contracts import topology


def applied(pipe, expected):
    async def check():
        return await pipe.counts() == (expected, expected)

    return check


def letters(amqp, expected):
    async def check():
        return (await amqp.queue_declare("billing.dead", passive=True)).message_count == expected

    return check


def outgoing(event, *, headers=None, message_id="a" * 32):
    properties = spec.Basic.Properties(
        delivery_mode=2, message_id=message_id, message_type=event.type_name, headers=headers
    )
    return Outgoing(topology.EXCHANGE, event.type_name, event.model_dump_json().encode(), properties)


class TestAMessageWithHostileHeaders:
    @pytest.mark.parametrize("step", ["abc", -7, 2**40, "", [1], {"a": 1}, True, None])
    async def test_its_step_of_the_ladder_is_never_believed_blindly(self, pipe, amqp, monkeypatch, step):
        monkeypatch.setattr(topology, "RETRY_LADDER", {"test1": 100})

        async def apply(event, tx):
            raise NotReady("never")

        async with running(pipe.broker.run(), pipe.consumer(apply).run()):
            await pipe.broker.publish(outgoing(cra_validated(), headers={STEP_HEADER: step}))
            await eventually(letters(amqp, 1))

    async def test_headers_that_nobody_can_repeat_do_not_keep_it_from_being_parked(self, pipe, amqp):
        """The frame that holds them has no room for ours."""
        full = {f"padding-{n}": "x" * 1000 for n in range(127)}
        bad = spec.Basic.Properties(delivery_mode=2, message_id="b" * 32, message_type="nobody", headers=full)
        async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
            await pipe.broker.publish(Outgoing(topology.EXCHANGE, "timesheet.CraValidated.v1", b"{", bad))
            await pipe.emit(*(cra_validated() for _ in range(20)))
            await eventually(letters(amqp, 1))
            await eventually(applied(pipe, 20))


class TestAQueueThatIsDeletedUnderItsConsumer:
    async def test_is_declared_again_and_consumed_again(self, pipe, amqp):
        async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
            await pipe.emit(cra_validated())
            await eventually(applied(pipe, 1))
            await amqp.queue_delete(QUEUE)

            async def back():
                connection = await aiormq.connect(pipe.broker._url)
                try:
                    channel = await connection.channel()
                    return (await channel.queue_declare(QUEUE, passive=True)).consumer_count == 1
                except aiormq.exceptions.ChannelNotFoundEntity:
                    return False
                finally:
                    await connection.close()

            await eventually(back)
            await pipe.emit(cra_validated())
            await eventually(applied(pipe, 2))


class TestAMessageWhoseConsumerDiesEveryTime:
    async def test_is_a_dead_letter_after_the_twenty_first_death(self, pipe, amqp, node):
        event = cra_validated()
        async with running(pipe.broker.run()):
            await pipe.broker.publish(outgoing(event))
        for _ in range(21):
            connection = await aiormq.connect(node.url)
            channel = await connection.channel()

            async def taken(channel=channel):
                message = await channel.basic_get(QUEUE)
                return isinstance(message.delivery, spec.Basic.GetOk)

            await eventually(taken)
            await connection.close()
        await eventually(letters(amqp, 1))


class TestTheRelay:
    async def test_a_row_that_nobody_takes_for_weeks_still_lets_the_others_pass_once(self, pipe):
        await pipe.emit(*(cra_validated() for _ in range(3)))
        async with pipe.database.transaction() as tx:
            bad = (await tx.execute(select(outbox.c.id).order_by(outbox.c.id).limit(1))).scalar()
            await tx.execute(
                update(outbox).where(outbox.c.id == bad).values(type="nobody.Listens.v1", attempts=2_000_000)
            )
        async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):

            async def others_left():
                return await pipe.counts() == (2, 2) and await pipe.waiting() == 1

            await eventually(others_left, within=8)


class TestThePublisherOfParkedMessages:
    async def test_works_again_after_a_publish_that_timed_out_before_it_was_written(self, pipe, monkeypatch):
        """A tag that was counted but never sent would shift every later confirm by one."""
        async with running(pipe.broker.run()):
            await pipe.broker.publish(outgoing(cra_validated()))
            channel = pipe.broker._publisher
            put = channel.write_queue.put

            async def never(_):
                await asyncio.sleep(60)

            monkeypatch.setattr("chassis.broker.CONFIRM_TIMEOUT", 0.2)
            monkeypatch.setattr(channel.write_queue, "put", never)
            with pytest.raises(TimeoutError):
                await pipe.broker.publish(outgoing(cra_validated()))
            monkeypatch.setattr(channel.write_queue, "put", put)
            monkeypatch.setattr("chassis.broker.CONFIRM_TIMEOUT", 3.0)
            await pipe.broker.publish(outgoing(cra_validated()))


class TestABrokerThatRefusesTheTopology:
    @pytest.mark.parametrize("failure", [ValueError("unexpected"), ConnectionError("gone")])
    async def test_is_asked_again_and_no_connection_is_left_behind(self, node, monkeypatch, failure):
        opened, tries = [], 0
        connect = aiormq.connect

        async def remember(*arguments, **options):
            opened.append(await connect(*arguments, **options))
            return opened[-1]

        async def refuse(_connection):
            nonlocal tries
            tries += 1
            if tries < 3:
                raise failure

        monkeypatch.setattr("chassis.broker.aiormq.connect", remember)
        monkeypatch.setattr("chassis.broker.declare_topology", refuse)
        broker = Broker(node.url, "test")
        async with running(broker.run()):

            async def connected():
                return broker.connected

            await eventually(connected)
            assert [connection.is_closed for connection in opened] == [True, True, False]


class TestADatabaseThatIsAwayForLong:
    async def test_parks_nothing_and_everything_is_applied_when_it_is_back(self, pipe, amqp, cluster, monkeypatch):
        monkeypatch.setattr(topology, "RETRY_LADDER", {"test1": 100})
        tries = 0
        worker = pipe.consumer(patience=0.2)
        apply = worker._apply

        async def count(batch):
            nonlocal tries
            tries += 1
            await apply(batch)

        worker._apply = count
        async with running(pipe.broker.run(), worker.run()):
            await pipe.broker.publish(outgoing(cra_validated(), message_id="f" * 32))
            await eventually(applied(pipe, 1))
            await asyncio.to_thread(cluster.stop, "immediate")
            try:
                for n in range(5):
                    await pipe.broker.publish(outgoing(cra_validated(), message_id=str(n) * 32))

                async def tried_in_vain():
                    return tries > 2

                await eventually(tried_in_vain)
                await asyncio.sleep(2)
            finally:
                await asyncio.to_thread(cluster.start)
            await eventually(applied(pipe, 6), within=20)
        assert await letters(amqp, 0)()

    async def test_is_told_from_work_that_the_database_refuses_for_now(self, pipe, amqp, monkeypatch):
        monkeypatch.setattr(topology, "RETRY_LADDER", {"test1": 100})

        async def apply(event, tx):
            await tx.execute(text("SET LOCAL statement_timeout = '10ms'"))
            await tx.execute(text("SELECT pg_sleep(1)"))

        async with running(pipe.broker.run(), pipe.consumer(apply, patience=0.2).run()):
            await pipe.broker.publish(outgoing(cra_validated()))
            await eventually(letters(amqp, 1))

    async def test_is_told_from_a_message_whose_own_work_meets_a_timeout_every_time(self, pipe, amqp, monkeypatch):
        monkeypatch.setattr(topology, "RETRY_LADDER", {"test1": 100})
        bad = cra_validated()

        async def apply(event, tx):
            if event.cra_id == bad.cra_id:
                raise TimeoutError
            await record_effect(event, tx)

        async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer(apply, patience=0.2).run()):
            await pipe.emit(bad, *(cra_validated() for _ in range(20)))
            await eventually(letters(amqp, 1))
            await eventually(applied(pipe, 20))


class TestTheWatch:
    async def test_ends_the_process_although_the_database_never_answers(self, settings_for, database_url, monkeypatch):
        ended = asyncio.Event()

        async def never(*_):
            await asyncio.sleep(3600)

        monkeypatch.setattr(app_module.os, "_exit", lambda _: ended.set())
        monkeypatch.setattr(app_module, "LOOK_EVERY", 0.05)
        monkeypatch.setattr(app_module, "subscriptions_of", lambda _: [])
        service = Service("timesheet", "a probe", [], [])
        settings = settings_for(database_url, roles=frozenset({"api", "worker"}))
        app = app_module.create_app(service, settings)
        relay = app.state.platform.relay
        relay.run = relay.oldest_age = never
        relay.last_turn = -1000.0
        async with app.router.lifespan_context(app):
            await asyncio.wait_for(ended.wait(), 5)
