"""Properties that AMQP can carry and our driver cannot read: parked like any message that nobody understands."""

import struct

import aiormq
import pamqp.frame
import pytest
from aiormq.abc import ChannelFrame
from chassis_probe import cra_validated, running
from pamqp import commands as spec
from pamqp.body import ContentBody

from chassis import dead_letters
from chassis.testing import eventually
from contracts import topology

TIMESTAMP, TYPE, MESSAGE_ID, HEADERS = 1 << 6, 1 << 5, 1 << 7, 1 << 13


def short(text):
    return bytes([len(text)]) + text


def table(content):
    return struct.pack(">I", len(content)) + content


def nested(depth):
    inner = b""
    for _ in range(depth):
        inner = short(b"a") + b"F" + table(inner)
    return table(inner)


UNREADABLE = {
    "time": (TIMESTAMP, struct.pack(">Q", 2**63 - 1)),
    "type": (TYPE, short(b"\xff\xfe")),
    "id": (MESSAGE_ID, short(b"\xff\xfe\xfd")),
    "header_time": (HEADERS, table(short(b"a") + b"T" + struct.pack(">Q", 2**62))),
    "header_name": (HEADERS, table(short(b"\xff\xfe") + b"t\x01")),
    "header_text": (HEADERS, table(short(b"a") + b"S" + table(b"\xff\xfe"))),
    "header_depth": (HEADERS, nested(3000)),
}


async def publish_raw(url, flags, properties):
    """Send what no client library would write."""
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    content = struct.pack(">HHQH", 60, 0, 2, flags) + properties
    header = struct.pack(">BHI", 2, channel.number, len(content)) + content + b"\xce"
    publish = spec.Basic.Publish(exchange=topology.EXCHANGE, routing_key="timesheet.CraValidated.v1")
    body = pamqp.frame.marshal(ContentBody(b"{}"), channel.number)
    payload = pamqp.frame.marshal(publish, channel.number) + header + body
    await channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))
    await channel.queue_declare("billing.dead", passive=True)  # answered once all before it was taken
    await connection.close()


@pytest.mark.parametrize("what", UNREADABLE)
async def test_the_consumer_goes_on_and_the_operator_can_see_it(pipe, amqp, node, what):
    await publish_raw(node.url, *UNREADABLE[what])
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):
        await pipe.emit(*(cra_validated() for _ in range(20)))

        async def good_ones_applied_and_the_bad_one_parked():
            assert await pipe.counts() == (20, 20)
            return (await amqp.queue_declare("billing.dead", passive=True)).message_count == 1

        await eventually(good_ones_applied_and_the_bad_one_parked)
    async with dead_letters.dead_letters_of(node.url, "billing") as (_, held):
        (letter,) = held
        assert dead_letters.summary(letter)["reason"].startswith("UnreadableEvent")
