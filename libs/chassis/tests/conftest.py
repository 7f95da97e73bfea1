"""A PostgreSQL cluster and a RabbitMQ node of our own, which these tests may kill."""

import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import aiormq
import chassis_probe
import httpx2
import pytest
from pydantic import SecretStr

from chassis.app import create_app
from chassis.broker import declare_topology
from chassis.db import Database
from chassis.platform import Service
from chassis.revocations import revoke_access_on_MemberAccessRevoked
from chassis.settings import Settings
from chassis.testing import Harness, Keys, TestClock
from contracts import topology
from stack.postgres import temporary_postgres
from stack.rabbitmq import temporary_rabbit

PROBE = Path(__file__).with_name("chassis_probe.py")


@pytest.fixture(scope="session")
def cluster():
    with temporary_postgres() as running:
        yield running


@pytest.fixture(scope="session")
def node():
    with temporary_rabbit() as running:
        yield running


@pytest.fixture
async def database_url(cluster):
    url = cluster.create_database(f"t_{uuid4().hex}")
    await chassis_probe.create_tables(url)
    return url


@pytest.fixture
async def database(database_url):
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def amqp(node):
    """A channel on a broker whose queues are declared and empty."""
    connection = await aiormq.connect(node.url)
    await declare_topology(connection)
    channel = await connection.channel()
    for queue in [
        chassis_probe.QUEUE,
        *map(topology.dead_queue, topology.SERVICES),
        *map(topology.retry_queue, topology.RETRY_LADDER),
    ]:
        await channel.queue_purge(queue)
    yield channel
    with suppress(Exception):
        await connection.close()


@pytest.fixture
async def pipe(database, database_url, node, amqp):
    built = chassis_probe.Pipe(database, database_url, node.url)
    yield built
    await built.relay.close()


@pytest.fixture
def process():
    """Start a killable process of the probe; none survives the test."""
    started = []

    def start(*arguments):
        child = subprocess.Popen([sys.executable, str(PROBE), *arguments], stderr=subprocess.DEVNULL)
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()


@pytest.fixture
def settings_for(tmp_path):
    """Settings of a service without worker; `url` is its database."""
    keys = Keys.make(tmp_path)

    def build(url, **changes):
        values = {
            "service": "timesheet",
            "database_url": SecretStr(url),
            "amqp_url": SecretStr("amqp://127.0.0.1:1"),
            "jwks_file": keys.jwks_file,
            "files_url": f"file://{tmp_path}/files",
            "roles": frozenset({"api"}),
            "migrations": tmp_path,
        }
        return Settings(**values | changes)

    build.keys = keys
    return build


@pytest.fixture
def api_for(settings_for, database_url):
    """Build the application of a probe service with these routes, over a fresh database."""

    @asynccontextmanager
    async def build(routers, *, database_url=database_url):
        clock = TestClock()
        service = Service("timesheet", "a probe", routers, [])
        app = create_app(service, settings_for(database_url), clock=clock)
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            yield ProbeHarness(app, service, app.state.platform, client, settings_for.keys, clock)

    return build


class ProbeHarness(Harness):
    """The harness of a service that handles revocations only."""

    async def deliver(self, event):
        async with self.tx() as tx:
            await revoke_access_on_MemberAccessRevoked(event, tx)
