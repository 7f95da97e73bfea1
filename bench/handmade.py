"""The hand-made chain: bare ASGI, one asyncpg statement, a loop that publishes, a loop that consumes.

No retries, dead letters, tracing, authentication or logs: the reference, not a product.
`python handmade.py producer|consumer <database url> <amqp url> [port]`
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from uuid import UUID, uuid4

import aiormq
import asyncpg
import uvicorn
import uvloop
from machinery import QUEUE
from pamqp import commands as spec

from contracts.topology import EXCHANGE

TYPE = "timesheet.CraValidated.v1"
PRODUCE = """
WITH thing AS (INSERT INTO bench_things VALUES ($1))
INSERT INTO outbox (event_id, type, subject, body, occurred_at) VALUES ($2, $3, $4, $5, $6)
"""
CONSUME = """
WITH claimed AS (INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id)
INSERT INTO bench_effects (cra_id) SELECT $3 FROM claimed
"""
CLAIM = "SELECT id, event_id, body FROM outbox ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED"


class Producer:
    def __init__(self, database_url: str, amqp_url: str) -> None:
        self._database_url, self._amqp_url = database_url, amqp_url
        self._wake = asyncio.Event()

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        if scope["type"] == "lifespan":
            await receive()
            self._pool = await asyncpg.create_pool(self._database_url, min_size=4, max_size=8)
            self._relaying = asyncio.create_task(self._relay())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        message = await receive()
        asked = json.loads(message["body"])
        thing = UUID(asked["id"])
        body = {"version": 1, "cra_id": asked["id"], "mission_id": str(uuid4()), "bdc_id": str(uuid4())}
        body |= {"month": "2026-11", "days": "18.0", "validated_by": str(uuid4())}
        now = datetime.now(UTC)
        body["validated_at"] = now.isoformat()
        await self._pool.execute(PRODUCE, thing, uuid4(), TYPE, asked["id"], json.dumps(body), now)
        self._wake.set()
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    async def _relay(self) -> None:
        channel = await (await aiormq.connect(self._amqp_url)).channel(publisher_confirms=True)
        async with self._pool.acquire() as connection:
            while True:
                async with connection.transaction():
                    rows = await connection.fetch(CLAIM)
                    await asyncio.gather(*(self._publish(channel, row) for row in rows))
                    await connection.execute("DELETE FROM outbox WHERE id = ANY($1)", [row["id"] for row in rows])
                if not rows:
                    await self._wake.wait()
                    self._wake.clear()

    async def _publish(self, channel, row) -> None:  # type: ignore[no-untyped-def]
        properties = spec.Basic.Properties(delivery_mode=2, message_id=str(row["event_id"]), message_type=TYPE)
        await channel.basic_publish(row["body"].encode(), exchange=EXCHANGE, routing_key=TYPE, properties=properties)


async def consume(database_url: str, amqp_url: str) -> None:
    pool = await asyncpg.create_pool(database_url, min_size=8, max_size=8)
    channel = await (await aiormq.connect(amqp_url)).channel()
    await channel.basic_qos(prefetch_count=50)

    async def apply(message: aiormq.abc.DeliveredMessage) -> None:
        event = json.loads(message.body)
        await pool.execute(CONSUME, QUEUE, UUID(message.header.properties.message_id), UUID(event["cra_id"]))
        await channel.basic_ack(message.delivery_tag or 0, wait=False)

    await channel.basic_consume(QUEUE, apply)
    await asyncio.Event().wait()


if __name__ == "__main__":
    part, database_url, amqp_url, *port = sys.argv[1:]
    if part == "producer":
        uvicorn.run(
            Producer(database_url, amqp_url), port=int(port[0]), loop="uvloop", http="httptools", log_level="error"
        )
    else:
        uvloop.run(consume(database_url, amqp_url))
