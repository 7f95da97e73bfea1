"""The parts that measurements share: a scratch database, a purged queue, server processes."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from uuid import UUID, uuid4

import aiormq
import asyncpg
from sqlalchemy import func
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Mapped, mapped_column

from chassis.broker import declare_topology
from chassis.rows import Base, metadata
from chassis.testing import scratch_database
from contracts.timesheet import CraValidated
from contracts.values import Month

HERE = Path(__file__).parent
AMQP_URL = os.environ.get("MAILLON_TEST_AMQP_URL", "")
QUEUE = "billing.issue_bpf_on_CraValidated"


class Effect(Base):
    """The one row that a measured consumer writes."""

    __tablename__ = "bench_effects"

    cra_id: Mapped[UUID] = mapped_column(primary_key=True)
    applied_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Thing(Base):
    """The one row that a measured request writes."""

    __tablename__ = "bench_things"

    id: Mapped[UUID] = mapped_column(primary_key=True)


def scene_of(service: str) -> ModuleType:
    """The short ways of a service's own tests, so that what is measured is brought about as there."""
    return helper_of(service, "conftest")


def helper_of(service: str, name: str) -> ModuleType:
    """One file of a service's tests, with the helpers beside it at hand."""
    folder = HERE.parent / "services" / service / "tests"
    found = spec_from_file_location(f"{service}_{name}", folder / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    scene = module_from_spec(found)
    sys.modules[found.name] = scene
    sys.path.insert(0, str(folder))
    try:
        found.loader.exec_module(scene)
    finally:
        sys.path.remove(str(folder))
    return scene


def cra_validated(cra_id: UUID | None = None) -> CraValidated:
    return CraValidated(
        cra_id=cra_id or uuid4(),
        mission_id=uuid4(),
        bdc_id=uuid4(),
        month=Month("2026-11"),
        days=Decimal(18),
        validated_by=uuid4(),
        validated_at=datetime.now(UTC),
    )


def plain(url: str) -> str:
    """The same database for asyncpg itself."""
    return url.replace("postgresql+asyncpg://", "postgresql://")


@asynccontextmanager
async def database() -> AsyncIterator[str]:
    """A scratch database with the chassis' tables and the bench's own."""
    async with scratch_database() as url:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            for tables in (metadata, Effect.metadata):
                await connection.run_sync(tables.create_all)
        await engine.dispose()
        yield url


async def purge() -> aiormq.abc.AbstractChannel:
    """A channel on a declared topology whose measured queue is empty."""
    connection = await aiormq.connect(AMQP_URL)
    await declare_topology(connection)
    channel = await connection.channel(publisher_confirms=True)
    await channel.queue_purge(QUEUE)
    return channel


async def depth(channel: aiormq.abc.AbstractChannel) -> int:
    declared = await channel.queue_declare(QUEUE, passive=True)
    return declared.message_count or 0


async def scalar(url: str, query: str) -> object:
    connection = await asyncpg.connect(plain(url))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def process(*command: str, port: int | None = None, **environment: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """Run a Python process; with a port, wait until it listens."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            [sys.executable, *command], env={**inherited, **environment}, stdout=output, stderr=output, cwd=HERE
        )
        try:
            while port is not None and not _listens(port):
                if child.poll() is not None:
                    output.seek(0)
                    raise RuntimeError(f"{command} ended: {output.read()[-2000:].decode(errors='replace')}")
                await asyncio.sleep(0.02)
            yield child
        except AssertionError:
            output.seek(0)
            print(output.read()[-3000:].decode(errors="replace"))
            raise
        finally:
            child.terminate()
            try:
                await asyncio.to_thread(child.wait, 15)
            except subprocess.TimeoutExpired:
                child.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
