"""The application of a service: HTTP, relay, consumers and sweeps in one process, or apart by role."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.orm import configure_mappers

from chassis import health, idempotency, inbox, metrics, personal_data, problems, revocations
from chassis.audit_chain import keep_sealing
from chassis.auth import TokenVerifier
from chassis.broker import Broker
from chassis.clock import Clock, system_clock
from chassis.consume import Consumers, Subscription, check_complete
from chassis.db import Database
from chassis.files import FileStore
from chassis.http import Route, access_of
from chassis.logs import RequestLog
from chassis.platform import Platform, Service
from chassis.relay import Relay
from chassis.settings import Settings
from chassis.sweeps import Sweep, SweepLoop
from chassis.worker import Worker
from contracts.identity import MemberAccessRevoked

logger = logging.getLogger("chassis.app")

STALLED = 60.0
"""Seconds without a turn after which a loop counts as stuck and the process ends, to be started again."""
LOOK_EVERY = 5.0
MAX_BODY = 12 * 1024 * 1024

_HOUSEKEEPING = [
    Sweep("forget_inbox_claims", timedelta(days=1), inbox.forget_old),
    Sweep("forget_idempotency_keys", timedelta(hours=1), idempotency.forget_old),
    Sweep("forget_revocations", timedelta(hours=1), revocations.forget_old),
]


_TELEMETRY: TelemetryConfig = {
    "operation_spans": False,
    "logs": False,
    "metrics": False,
    "exclude": health.is_probe,
}


def build_platform(service: Service, settings: Settings, clock: Clock = system_clock) -> Platform:
    """Assemble the parts of a process; nothing connects yet."""
    url = settings.database_url.get_secret_value()
    database = Database(url, clock=clock, pool_size=settings.pool_size)
    broker = Broker(settings.amqp_url.get_secret_value(), service.name)
    relay = Relay(service.name, url, broker)
    database.on_commit = relay.wake
    known = revocations.Revocations(database)
    verifier = TokenVerifier(settings.jwks_file, settings.token_issuer, settings.token_audience, known, clock)
    own = service.state(settings) if service.state else None
    files = FileStore(settings.files_url, settings.clamav)
    return Platform(settings, database, broker, relay, known, verifier, files, own)


def subscriptions_of(service: Service) -> list[Subscription]:
    """Every queue of the service with its handler. Raises LookupError when the topology page says otherwise."""
    common = Consumers(service.name)
    common.on(MemberAccessRevoked)(revocations.revoke_access_on_MemberAccessRevoked)
    about_people = personal_data.consumers_for(service.name, service.personal_data)
    found = [s for group in (*service.consumers, common, about_people) for s in group.subscriptions]
    check_complete(service.name, found)
    return found


def sweeps_of(service: Service) -> list[Sweep]:
    """Every sweep of the service, the retention of its personal data and the chassis' own among them."""
    return [*service.sweeps, *personal_data.sweeps_for(service.personal_data), *_HOUSEKEEPING]


def create_app(service: Service, settings: Settings, *, clock: Clock = system_clock) -> FastAPI:
    """The ASGI application of a service. Raises TypeError for a route without access declaration."""
    configure_mappers()  # a mistake in a row's mapping ends the start, not the first request that meets it
    platform = build_platform(service, settings, clock)
    app = FastAPI(
        title=f"Maillon {service.name}",
        summary=service.summary,
        version="1",
        docs_url=None,
        redoc_url=None,
        root_path="",
        lifespan=lambda _: _lifespan(service, platform),
        telemetry={**_TELEMETRY, "tracing": settings.telemetry},
    )
    app.state.platform = platform
    app.add_middleware(problems.BodyLimit, limit=MAX_BODY)
    app.add_middleware(RequestLog)
    problems.install(app)
    for router in service.routers:
        for route in router.routes:
            if isinstance(route, Route):
                access_of(route)
            app.router.routes.append(route)
    health.install(app, service, platform)
    return app


@asynccontextmanager
async def _lifespan(service: Service, platform: Platform) -> AsyncIterator[None]:
    """Start the loops of this process's roles; stop them, and let go of everything, at the end."""
    if platform.settings.clamav is None:
        logger.warning("files_are_not_scanned", extra={"reason": "MAILLON_CLAMAV is not set"})
    loops = [platform.revocations.run()]
    watched: list[Callable[[], float]] = []
    if "worker" in platform.settings.roles:
        loops += _worker_loops(service, platform, watched)
    tasks = [asyncio.create_task(_guard(loop)) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await platform.files.close()
        await platform.relay.close()
        await platform.database.close()


def _worker_loops(
    service: Service, platform: Platform, watched: list[Callable[[], float]]
) -> list[Coroutine[Any, Any, None]]:
    sweeps = SweepLoop(platform.database, sweeps_of(service))
    workers = [
        Worker(subscription, platform.database, platform.broker, prefetch=platform.settings.prefetch)
        for subscription in subscriptions_of(service)
    ]
    watched.append(lambda: platform.relay.last_turn)
    own = [_own_loop(loop, platform) for loop in service.background]
    return [
        platform.broker.run(),
        platform.relay.run(),
        sweeps.run(),
        keep_sealing(platform.database),
        _measure(platform),
        _watch(watched),
        *(worker.run() for worker in workers),
        *own,
    ]


async def _own_loop(loop: Callable[[Platform], Any], platform: Platform) -> None:
    await loop(platform)


async def _guard(loop: Coroutine[Any, Any, None]) -> None:
    """A loop that ends, ends the process: half a service that looks healthy is worse than none."""
    try:
        await loop
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        logger.critical("loop_cancelled_by_a_library", extra={"loop": repr(loop)})
    except Exception:
        logger.exception("loop_failed", extra={"loop": repr(loop)})
    else:
        logger.critical("loop_ended", extra={"loop": repr(loop)})
    os.kill(os.getpid(), signal.SIGTERM)


async def _measure(platform: Platform) -> None:
    """Keep the gauges true."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        metrics.broker_up.set(platform.broker.connected)
        try:
            metrics.outbox_age.set(await platform.relay.oldest_age())
        except Exception as failure:  # noqa: BLE001 - a database that is down is already reported by others
            logger.warning("outbox_age_unknown", extra={"reason": type(failure).__name__})


async def _watch(watched: list[Callable[[], float]]) -> None:
    """End the process when a loop makes no turn any more; asks nobody, so that nothing can keep it from looking."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if any(monotonic() - last_turn() > STALLED for last_turn in watched):
            logger.critical("loop_stalled")
            os._exit(70)
