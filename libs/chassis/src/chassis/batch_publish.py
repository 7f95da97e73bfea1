"""Publish a whole batch in one write and wait for its confirms.

aiormq's own `basic_publish` takes a lock, a queue entry and a drain for each message. This writes the frames
of all messages at once and registers the confirms exactly where aiormq's reader looks for them, which makes
a batch about five times cheaper. It leans on internals of aiormq: a test pins the version it was checked on.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pamqp.frame
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from aiormq.exceptions import ChannelInvalidStateError, DeliveryError
from pamqp import commands as spec
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

CHECKED_AIORMQ = "7.2.4"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to leave; `properties.message_id` must be set and unique in the batch."""

    exchange: str
    routing_key: str
    body: bytes
    properties: spec.Basic.Properties


async def publish_batch(channel: Channel, messages: Sequence[Outgoing], timeout: float) -> list[Exception | None]:
    """Publish all, wait for every confirm, and say for each message why it was refused, if it was.

    A message that cannot be written as frames, or that no queue takes, is refused; the others leave.

    Raises:
        ConnectionError, TimeoutError: the outcome of the batch is not known; publish it again.

    """
    frames = [_frames(channel, message) for message in messages]
    writable = [(m, f) for m, f in zip(messages, frames, strict=True) if isinstance(f, bytes)]
    try:
        async with asyncio.timeout(timeout):
            confirms = await _write(channel, writable)
            outcomes = iter(await asyncio.gather(*confirms, return_exceptions=True))
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionError("the connection was lost before the confirms") from None
    except ChannelInvalidStateError as closed:
        raise ConnectionError("the channel is closed") from closed
    return [_refusal(next(outcomes)) if isinstance(frame, bytes) else frame for frame in frames]


async def _write(channel: Channel, batch: list[tuple[Outgoing, bytes]]) -> list[asyncio.Future[object]]:
    confirms: list[asyncio.Future[object]] = []
    async with channel.lock:
        if channel.is_closed:
            raise ChannelInvalidStateError("the channel is closed")
        for message, _ in batch:
            channel.delivery_tag += 1
            confirm: asyncio.Future[object] = channel.create_future()
            channel.confirmations[channel.delivery_tag] = confirm
            message_id = str(message.properties.message_id)
            channel.message_id_delivery_tag[message_id] = channel.delivery_tag
            confirm.add_done_callback(partial(_forget, channel, message_id))
            confirms.append(confirm)
        payload = b"".join(frames for _, frames in batch)
        await channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))
    return confirms


def _forget(channel: Channel, message_id: str, _: asyncio.Future[object]) -> None:
    channel.message_id_delivery_tag.pop(message_id, None)


def _frames(channel: Channel, message: Outgoing) -> bytes | Exception:
    body, number, size = message.body, channel.number, channel.max_content_size
    publish = spec.Basic.Publish(exchange=message.exchange, routing_key=message.routing_key, mandatory=True)
    header = ContentHeader(properties=message.properties, body_size=len(body))
    parts: list[ContentBody] = [ContentBody(body[start : start + size]) for start in range(0, len(body), size)]
    try:
        written = [pamqp.frame.marshal(publish, number), pamqp.frame.marshal(header, number)]
        return b"".join([*written, *(pamqp.frame.marshal(part, number) for part in parts)])
    except (ValueError, TypeError, struct.error) as wrong:
        return wrong


def _refusal(outcome: object) -> Exception | None:
    if isinstance(outcome, DeliveryError):
        return outcome
    if isinstance(outcome, BaseException):
        raise ConnectionError("the channel was lost before the confirms") from outcome
    return None
