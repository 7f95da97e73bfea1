"""The failure ladder: what cannot help is parked at once, what may pass is retried, what is parked can return."""

import json

import pytest
from chassis_probe import QUEUE, cra_validated, record_effect, running
from pamqp import commands as spec

from chassis import dead_letters
from chassis.batch_publish import Outgoing
from chassis.errors import NotReady, Problem, TransientError
from chassis.testing import eventually
from chassis.worker import ERROR_HEADER
from contracts import topology


@pytest.fixture(autouse=True)
def short_ladder(monkeypatch):
    monkeypatch.setattr(topology, "RETRY_LADDER", {"test1": 100, "test2": 200, "test3": 300})


@pytest.fixture
def operator(node, monkeypatch, capsys):
    """Run the dead-letter command as an operator does and read what it printed."""
    monkeypatch.setenv("MAILLON_AMQP_URL", node.url)

    async def run(command, *arguments):
        import asyncio

        code = await asyncio.to_thread(dead_letters.main, [command, "billing", *arguments])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


async def dead(amqp):
    return (await amqp.queue_declare("billing.dead", passive=True)).message_count


def applied(pipe, expected):
    async def check():
        return await pipe.counts() == (expected, expected)

    return check


class BrokenRule(Problem):
    status, code, title = 409, "test_broken_rule", "A rule says no"


async def publish(pipe, body, *, type_name="timesheet.CraValidated.v1", message_id="0" * 32):
    properties = spec.Basic.Properties(delivery_mode=2, message_id=message_id, message_type=type_name)
    await pipe.broker.publish(Outgoing(topology.EXCHANGE, "timesheet.CraValidated.v1", body, properties))


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (b"{not json", {}),
        (b"\xff\xfe", {}),
        (b"", {}),
        (b"[" * 200_000, {}),
        (b'{"cra_id": 1}', {}),
        (cra_validated().model_dump_json().encode(), {"type_name": "timesheet.CraValidated.v2"}),
        (cra_validated().model_dump_json().encode(), {"message_id": "not-an-id"}),
    ],
    ids=["json", "utf8", "empty", "deep", "schema", "version", "id"],
)
async def test_a_poison_message_is_parked_at_once_and_the_consumer_goes_on(pipe, amqp, operator, body, options):
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
        await publish(pipe, body, **options)
        await pipe.emit(cra_validated())
        await eventually(applied(pipe, 1))

        async def parked():
            return await dead(amqp) == 1

        await eventually(parked)
    _, (letter,) = await operator("list")
    assert letter["queue"] == QUEUE
    assert letter["reason"].startswith("UnreadableEvent")


async def test_a_poison_message_among_five_hundred_good_ones_is_found_alone(pipe, amqp):
    bad = cra_validated()

    async def apply(event, tx):
        await record_effect(event, tx)
        if event.cra_id == bad.cra_id:
            raise BrokenRule

    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer(apply).run()):
        await pipe.emit(*(cra_validated() for _ in range(250)), bad, *(cra_validated() for _ in range(250)))
        await eventually(applied(pipe, 500))
        assert await dead(amqp) == 1


async def test_a_transient_failure_climbs_the_ladder_and_recovers(pipe, amqp):
    tries = 0

    async def apply(event, tx):
        nonlocal tries
        tries += 1
        await record_effect(event, tx)
        if tries < 3:
            raise TransientError("the other side is restarting")

    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer(apply).run()):
        await pipe.emit(cra_validated())
        await eventually(applied(pipe, 1))
    assert tries == 3
    assert await dead(amqp) == 0


async def test_not_ready_waits_for_what_is_missing_and_then_succeeds(pipe, amqp):
    there = False

    async def apply(event, tx):
        if not there:
            raise NotReady("the order has not arrived")
        await record_effect(event, tx)

    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer(apply).run()):
        await pipe.emit(cra_validated())

        async def waits():
            counts = [
                (await amqp.queue_declare(topology.retry_queue(step), passive=True)).message_count
                for step in topology.RETRY_LADDER
            ]
            return sum(counts) == 1

        await eventually(waits)
        there = True
        await eventually(applied(pipe, 1))
    assert await dead(amqp) == 0


async def test_an_exhausted_message_is_parked_and_its_replay_applies_it_once(pipe, amqp, operator):
    healed = False

    async def apply(event, tx):
        if not healed:
            raise TransientError("still down")
        await record_effect(event, tx)

    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer(apply).run()):
        await pipe.emit(cra_validated())

        async def parked():
            return await dead(amqp) == 1

        await eventually(parked)
        assert await pipe.counts() == (0, 0)
        healed = True
        _, (listed,) = await operator("list")
        assert listed["reason"] == "TransientError: still down"
        await eventually(parked)  # listing consumes nothing: it is back once the operator's connection is gone
        code, (replayed,) = await operator("replay", listed["event_id"])
        assert (code, replayed["event_id"]) == (0, listed["event_id"])
        await eventually(applied(pipe, 1))
        assert await dead(amqp) == 0


async def test_a_replay_of_what_was_applied_after_all_has_no_effect(pipe, amqp, operator):
    event = cra_validated()
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
        await pipe.emit(event)
        await eventually(applied(pipe, 1))
        from sqlalchemy import select

        from chassis.inbox import inbox

        async with pipe.database.transaction() as tx:
            event_id = str((await tx.execute(select(inbox.c.event_id))).scalar())
        properties = spec.Basic.Properties(
            delivery_mode=2,
            message_id=event_id,
            message_type=event.type_name,
            headers={ERROR_HEADER: "x", "x-maillon-queue": QUEUE},
        )
        await pipe.broker.publish(
            Outgoing(topology.DEAD_EXCHANGE, "billing", event.model_dump_json().encode(), properties)
        )
        code, _ = await operator("replay")
        assert code == 0
        await pipe.emit(cra_validated())
        await eventually(applied(pipe, 2))


async def test_show_prints_the_body_and_drop_destroys_one_letter_only(pipe, amqp, operator):
    async with running(pipe.broker.run(), pipe.consumer().run()):
        for message_id in ("a" * 32, "b" * 32):
            await publish(pipe, b'{"cra_id": 1}', message_id=message_id)

        async def parked():
            return await dead(amqp) == 2

        await eventually(parked)
    _, shown = await operator("show", "a" * 32)
    assert [letter["body"] for letter in shown] == ['{"cra_id": 1}']
    assert (await operator("drop", "a" * 32))[0] == 0
    assert (await operator("drop", "a" * 32))[0] == 1, "it is gone already"

    async def one_is_left():
        return await dead(amqp) == 1

    await eventually(one_is_left)
