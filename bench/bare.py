"""Bare ASGI and one asyncpg statement: an update, an insert and an event row in one round trip."""

from __future__ import annotations

import os

import asyncpg
import uvicorn

TABLES = """
CREATE TABLE cras (id int PRIMARY KEY, status text NOT NULL, version int NOT NULL);
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
INSERT INTO cras SELECT n, 'submitted', 1 FROM generate_series(0, 10000) AS n;
"""
VALIDATE = """
WITH moved AS (UPDATE cras SET status = 'validated', version = version + 1 WHERE id = $1 AND status = 'submitted'
               RETURNING id)
INSERT INTO events (body) SELECT $2 FROM moved RETURNING id
"""


class Bare:
    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        if scope["type"] == "lifespan":
            await receive()
            self._pool = await asyncpg.create_pool(os.environ["BARE_URL"], min_size=8, max_size=8)
            await self._pool.execute(TABLES)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        found = await self._pool.fetchval(VALIDATE, int(scope["path"][1:]), "x" * 1000)
        assert found is not None
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})


if __name__ == "__main__":
    uvicorn.run(Bare(), port=int(os.environ["BARE_PORT"]), loop="uvloop", http="httptools", log_level="error")
