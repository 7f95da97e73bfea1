"""A PostgreSQL cluster and a RabbitMQ node of our own, which these tests may kill."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import aiormq
import chassis_probe
import pytest

from chassis.broker import declare_topology
from chassis.db import Database
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
