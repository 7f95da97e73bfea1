"""Idempotency keys: the same POST twice, even at the same moment, has one effect and one answer."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from starlette.requests import Request
from starlette.responses import Response

from chassis.db import Tx, metadata
from chassis.errors import Conflict, Problem, Unprocessable

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", String(300), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

KEPT = timedelta(hours=48)
_REPLAYED_HEADERS = ("content-type", "location", "etag")


class InvalidIdempotencyKey(Problem):
    """Empty, too long or not printable."""

    status, code, title = 400, "invalid_idempotency_key", "The Idempotency-Key is not valid"


class IdempotencyKeyReused(Unprocessable):
    """The key was used with another body."""

    code, title = "idempotency_key_reused", "This Idempotency-Key was used for another request"


class IdempotencyKeyInFlight(Conflict):
    """Its first request has not been answered."""

    code, title = "idempotency_key_in_flight", "The first request with this Idempotency-Key is not finished"


async def once(tx: Tx, request: Request, caller: str, handle: Callable[[], Awaitable[Response]]) -> Response:
    """Handle the request unless its key was seen, in which case give the first answer again.

    The key is inserted first, in the transaction of the effect: a second request with the same key waits on
    that row until the first commits (and then replays) or rolls back (and then runs).
    """
    key = request.headers["idempotency-key"]
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):  # noqa: PLR2004
        raise InvalidIdempotencyKey
    known_as = hashlib.sha256(key.encode()).hexdigest()
    where = {"scope": f"{caller} {request.method} {request.url.path}"[:300], "key": known_as}
    body, company = await _body(request), request.state.caller and request.state.caller.company_id
    fingerprint = _fingerprint(key, body, company)
    claim = insert(idempotency_keys).values(**where, fingerprint=fingerprint).on_conflict_do_nothing()
    if (await tx.execute(claim.returning(idempotency_keys.c.key))).first() is None:
        return await _first_answer(tx, where, {fingerprint, _fingerprint(key, body, None)})
    response = await handle()
    answer = {
        "status": response.status_code,
        "headers": {name: response.headers[name] for name in _REPLAYED_HEADERS if name in response.headers},
        "body": bytes(response.body),
    }
    await tx.execute(update(idempotency_keys).filter_by(**where).values(**answer))
    return response


_SEPARATOR = re.compile(r"^multipart/[^;]*;.*?boundary=\"?([^\";,]+)", re.ASCII | re.IGNORECASE)


async def _body(request: Request) -> bytes:
    """The kind of body and its content, without the separator of parts that clients invent for each sending.

    The request keeps the body, so that the handler can read it too.
    """
    kind, content = request.headers.get("content-type", ""), await request.body()
    separator = _SEPARATOR.match(kind)
    if separator:
        content = content.replace(b"--" + separator[1].encode("latin-1"), b"--")
    return kind.partition(";")[0].encode("latin-1", "replace") + b"\n" + content


def _fingerprint(key: str, body: bytes, company: UUID | None) -> bytes:
    """What a repeat must share: the body, and the company acted for, whose affairs the first answer may show.

    What was asked before one acted for a company is repeated by whoever did: creating it is such a request.
    The key, which is not kept itself, keeps the passwords that bodies may hold from being guessed.
    """
    return hmac.digest(key.encode(), (company.bytes if company else b"") + body, "sha256")


async def _first_answer(tx: Tx, where: dict[str, str], accepted: set[bytes]) -> Response:
    row = (await tx.execute(select(idempotency_keys).filter_by(**where))).one_or_none()
    if row is None or row.status is None:
        raise IdempotencyKeyInFlight
    if row.fingerprint not in accepted:
        raise IdempotencyKeyReused
    return Response(row.body, row.status, {**row.headers, "idempotency-replayed": "true"})


async def forget_old(tx: Tx, as_of: datetime) -> None:
    """Drop keys older than their promise."""
    await tx.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < as_of - KEPT))
