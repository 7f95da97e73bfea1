"""Helpers for the tests of services: a real database, the real application, signed tokens, no sleeping."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.app import create_app, subscriptions_of
from chassis.auth import ALGORITHM, TOKEN_TYPE, Caller, access_claims
from chassis.clock import system_clock
from chassis.db import Tx, new_id
from chassis.inbox import claim
from chassis.outbox import outbox
from chassis.personal_data import sweeps_for, unseal
from chassis.platform import Platform, Service
from chassis.settings import Settings
from contracts.event import Event
from contracts.identity import DataExportRequested
from contracts.personal_data import MemberDataGathered
from contracts.roles import CompanyKind, Role, StaffScope

T = TypeVar("T")
E = TypeVar("E", bound=Event)


async def eventually(probe: Callable[[], Awaitable[T]], *, within: float = 15.0, every: float = 0.05) -> T:
    """Ask until the probe returns something true or stops failing its assertions; return it.

    Raises:
        AssertionError: it never did, with the last reason.

    """
    deadline, last = monotonic() + within, "it stayed false"
    while monotonic() < deadline:
        try:
            found = await probe()
        except AssertionError as not_yet:
            last = str(not_yet)
        else:
            if found:
                return found
        await asyncio.sleep(every)
    raise AssertionError(f"not within {within} s: {last}")


def small_pdf(note: str = "", *, page: bytes = b"", extra: Sequence[bytes] = (), trailer: bytes = b"") -> bytes:
    """A PDF of one empty page: `page` goes into the page's dictionary, `extra` are further objects, from 4 on."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]" + page + b">>",
        *extra,
    ]
    body, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n%" + note.encode() + b"\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


@dataclass
class TestClock:
    """A clock that a test moves; it starts at the real time."""

    __test__ = False
    offset: timedelta = timedelta()

    def __call__(self) -> datetime:
        """Return the present of the test."""
        return system_clock() + self.offset

    def set(self, instant: datetime) -> None:
        """Make it that instant now (it goes on from there)."""
        self.offset = instant - system_clock()


@dataclass
class Keys:
    """A signing key and the public set that services verify against."""

    private: ECKey
    jwks_file: Path

    @classmethod
    def make(cls, folder: Path) -> Keys:
        """Generate a key and write its public half."""
        key = ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": ALGORITHM})
        file = folder / "jwks.json"
        file.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
        return cls(key, file)

    def token(self, caller: Caller, *, now: datetime | None = None, lifetime: int = 600, **changes: Any) -> str:
        """A signed access token; `changes` override or (None) remove claims."""
        claims = access_claims(
            caller, issuer="maillon", audience="maillon", now=now or system_clock(), lifetime=lifetime
        )
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode({"alg": ALGORITHM, "kid": "test", "typ": TOKEN_TYPE}, claims, self.private)


class _UndoneError(Exception):
    """Ends a transaction of which nothing should stay."""


@dataclass
class Harness:
    """One service under test: its application without a broker, its database, its outbox."""

    app: FastAPI
    service: Service
    platform: Platform
    client: httpx2.AsyncClient
    keys: Keys
    clock: TestClock = field(default_factory=TestClock)

    @property
    def database_url(self) -> str:
        """Where the service's scratch database is."""
        return self.platform.settings.database_url.get_secret_value()

    def headers(self, caller: Caller) -> dict[str, str]:
        """Request headers of this caller."""
        return {"Authorization": f"Bearer {self.keys.token(caller, now=self.clock())}"}

    def member(self, role: Role | None = None, company_id: UUID | None = None, member_id: UUID | None = None) -> Caller:
        """A caller with fresh ids: a plain member, or one acting for a company in a role."""
        kind = None
        if role:
            client = role in {Role.RESPONSABLE_PROJET, Role.ACHETEUR, Role.DIRECTEUR_ACHATS}
            kind = CompanyKind.CLIENT if client else CompanyKind.PROVIDER
            company_id = company_id or uuid4()
        return Caller(member_id or uuid4(), uuid4(), company_id, kind, role)

    def staff(self, *scopes: StaffScope) -> Caller:
        """A caller of the platform's own staff."""
        return Caller(uuid4(), uuid4(), scopes=frozenset(scopes))

    async def emitted(self, event: type[E]) -> list[E]:
        """What waits in the outbox of that type, oldest first."""
        async with self.platform.database.transaction() as tx:
            query = select(outbox.c.body).where(outbox.c.type == event.type_name).order_by(outbox.c.id)
            return [event.from_body(body.encode()) for body in (await tx.scalars(query)).all()]

    async def deliver(self, event: Event, *, event_id: UUID | None = None) -> UUID:
        """Apply an event as each of this service's consumers would: inbox claim and effects in one commit."""
        event_id = event_id or new_id()
        targets = [s for s in subscriptions_of(self.service) if s.event is type(event)]
        assert targets, f"{self.service.name} does not consume {type(event).__name__}"
        for subscription in targets:
            async with self.platform.database.transaction() as tx:
                tx.actor, tx.event_id = subscription.queue, event_id
                if await claim(tx, subscription.queue, [event_id]):
                    await subscription.apply(type(event).from_body(event.model_dump_json().encode()), tx)
        return event_id

    async def exported(self, member_id: UUID) -> dict[str, Any]:
        """What this service puts into a member's export: name of each data class to its records."""
        key = ECKey.generate_key("P-256", private=True)
        asked = DataExportRequested(
            request_id=new_id(),
            member_id=member_id,
            public_key=json.dumps(key.as_dict(private=False)),
            requested_at=self.clock(),
        )
        await self.deliver(asked)
        parts = [part for part in await self.emitted(MemberDataGathered) if part.request_id == asked.request_id]
        assert [part.service for part in parts] == [self.service.name]
        return unseal(parts[0].sealed, key)

    @asynccontextmanager
    async def forgetting(self, as_of: datetime) -> AsyncIterator[Tx]:
        """A transaction after the retention job of that instant, undone at the end: other tests keep their rows."""
        with suppress(_UndoneError):
            async with self.platform.database.transaction() as tx:
                for sweep in sweeps_for(self.service.personal_data):
                    await sweep.run(tx, as_of)
                yield tx
                raise _UndoneError

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """A transaction on the service's database, committed at the end."""
        async with self.platform.database.transaction() as tx:
            yield tx


@asynccontextmanager
async def scratch_database() -> AsyncIterator[str]:
    """A database of its own on the test cluster (MAILLON_TEST_DATABASE_URL), dropped at the end."""
    admin_url = os.environ["MAILLON_TEST_DATABASE_URL"]
    name = f"t_{uuid4().hex}"
    admin = create_async_engine(admin_url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    yield admin.url.set(database=name).render_as_string(hide_password=False)
    async with admin.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await admin.dispose()


def environment_of(service: str, database_url: str) -> dict[str, str]:
    """What a process of the service needs to be told, to touch its database alone."""
    return {
        **os.environ,
        "MAILLON_SERVICE": service,
        "MAILLON_DATABASE_URL": database_url,
        "MAILLON_AMQP_URL": "amqp://unused",
        "MAILLON_JWKS_FILE": "unused",
    }


def migrate(service: str, database_url: str) -> None:
    """Bring a database to the service's newest revision, as a deployment would."""
    command = [sys.executable, "-m", "chassis.migrate", service]
    environment = environment_of(service, database_url)
    subprocess.run(command, check=True, env=environment, capture_output=True, text=True)  # noqa: S603 - our own module


@asynccontextmanager
async def harness(service: Service, **overrides: Any) -> AsyncIterator[Harness]:
    """The service over a migrated scratch database, called in process; broker and loops are left out."""
    clock = TestClock()
    with TemporaryDirectory() as folder:
        keys = Keys.make(Path(folder))
        async with scratch_database() as url:
            await asyncio.to_thread(migrate, service.name, url)
            settings = Settings(
                service=service.name,
                database_url=SecretStr(url),
                amqp_url=SecretStr("amqp://127.0.0.1:1"),
                jwks_file=keys.jwks_file,
                files_url=f"file://{folder}/files",
                roles=frozenset({"api"}),
                **overrides,
            )
            app = create_app(service, settings, clock=clock)
            transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
            async with (
                app.router.lifespan_context(app),
                httpx2.AsyncClient(transport=transport, base_url="http://test") as client,
            ):
                yield Harness(app, service, app.state.platform, client, keys, clock)
