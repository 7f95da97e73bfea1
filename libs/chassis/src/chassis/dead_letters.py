"""Dead letters, for an operator: `python -m chassis.dead_letters list|show|replay|drop <service> [event-id]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiormq
from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel
from pamqp import commands as spec

from chassis.batch_publish import publish_batch
from chassis.broker import CONFIRM_TIMEOUT, declare_topology, forward
from chassis.worker import ERROR_HEADER, QUEUE_HEADER, STEP_HEADER
from contracts import topology


@asynccontextmanager
async def dead_letters_of(url: str, service: str) -> AsyncIterator[tuple[Channel, list[DeliveredMessage]]]:
    """Hold every dead letter of a service; what is not acknowledged returns to its queue at the end."""
    connection = await aiormq.connect(url)
    try:
        await declare_topology(connection)
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        assert isinstance(channel, Channel)
        held: list[DeliveredMessage] = []
        while True:
            message = await channel.basic_get(topology.dead_queue(service))
            if not isinstance(message.delivery, spec.Basic.GetOk):
                break
            held.append(message)
        yield channel, held
    finally:
        await connection.close()


def origin(message: DeliveredMessage) -> str:
    """The queue whose consumer could not apply the message: ours if we parked it, else the broker's word."""
    headers = message.header.properties.headers or {}
    parked = headers.get(QUEUE_HEADER)
    if isinstance(parked, str):
        return parked
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    return str(last["queue"]) if isinstance(last, dict) else "unknown"


def summary(message: DeliveredMessage) -> dict[str, str]:
    """One line about a dead letter, without its body."""
    known = message.header.properties
    headers = known.headers or {}
    return {
        "event_id": known.message_id or "",
        "type": known.message_type or "",
        "queue": origin(message),
        "reason": str(headers.get(ERROR_HEADER, "delivered too often")),
    }


async def replay(channel: Channel, message: DeliveredMessage) -> None:
    """Send a dead letter back to the queue it failed in; the inbox makes sure it is applied once."""
    clean = {
        QUEUE_HEADER: None,
        ERROR_HEADER: None,
        STEP_HEADER: None,
        "x-death": None,
        "x-delivery-count": None,
    }
    clean |= {f"x-first-death-{part}": None for part in ("exchange", "queue", "reason")}
    (refusal,) = await publish_batch(channel, [forward(message, "", origin(message), **clean)], CONFIRM_TIMEOUT)
    if refusal is not None:
        raise refusal
    await channel.basic_ack(message.delivery_tag or 0)


async def act(command: str, url: str, service: str, event_id: str | None) -> int:
    """Carry out one command; return how many letters it concerned."""
    async with dead_letters_of(url, service) as (channel, held):
        chosen = [m for m in held if event_id is None or m.header.properties.message_id == event_id]
        for message in chosen:
            line = summary(message)
            if command == "show":
                line["body"] = message.body.decode("utf-8", "replace")
            elif command == "replay":
                await replay(channel, message)
            elif command == "drop":
                await channel.basic_ack(message.delivery_tag or 0)
            sys.stdout.write(json.dumps(line) + "\n")
        return len(chosen)


def main(arguments: list[str] | None = None) -> int:
    """Exit 1 when an event id was named and is not among the dead letters."""
    parser = argparse.ArgumentParser(prog="chassis.dead_letters", description=__doc__)
    parser.add_argument("command", choices=["list", "show", "replay", "drop"])
    parser.add_argument("service", choices=topology.SERVICES)
    parser.add_argument("event_id", nargs="?", help="only this one; all when left out (drop needs it)")
    asked = parser.parse_args(arguments)
    if asked.command == "drop" and not asked.event_id:
        parser.error("drop needs the event id of the one letter to destroy")
    found = asyncio.run(act(asked.command, os.environ["MAILLON_AMQP_URL"], asked.service, asked.event_id))
    return 1 if asked.event_id and not found else 0


if __name__ == "__main__":
    raise SystemExit(main())
