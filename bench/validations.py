"""P3 and P10: the CRA-validation request, beside bare ASGI with one statement, and beside itself without telemetry."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from load import request, saturate
from machinery import AMQP_URL, free_port, plain, process
from measure import Figure, alternate, figure

from chassis.auth import Caller
from chassis.db import Database
from chassis.rows import new_id
from chassis.testing import Keys, migrate, scratch_database
from contracts.roles import CompanyKind, Role
from timesheet.cra.domain import Cra, CraStatus
from timesheet.directory.missions import Mission

VALIDATIONS = 1_000


async def submitted_cras(url: str, client: UUID, manager: UUID) -> list[UUID]:
    """CRAs that wait for validation, each of its own mission."""
    database, ids = Database(url), [new_id() for _ in range(VALIDATIONS)]
    async with database.transaction() as tx:
        for number, cra_id in enumerate(ids):
            mission = Mission(
                bdc_id=new_id(),
                mission_id=new_id(),
                reference=f"PO-{number:05d}-1",
                title="Measured",
                client_company_id=client,
                provider_company_id=uuid4(),
                operational_manager_id=manager,
                consultant_id=uuid4(),
                consultant_name="Camille Martin",
                days=Decimal(20),
                starts_on=date(2026, 11, 1),
                ends_on=date(2026, 11, 30),
                version=1,
            )
            tx.add(mission)
            tx.add(
                Cra(
                    id=cra_id,
                    bdc_id=mission.bdc_id,
                    mission=mission,
                    month="2026-11",
                    status=CraStatus.SUBMITTED,
                    entries={"2026-11-02": "1.0"},
                    total_days=Decimal(1),
                    version=2,
                    submitted_at=datetime.now(UTC),
                )
            )
    await database.close()
    return ids


@asynccontextmanager
async def timesheet(*, telemetry: bool) -> AsyncIterator[tuple[int, list[bytes]]]:
    """The real service and the validations it has not seen yet."""
    client, manager, port = uuid4(), uuid4(), free_port()
    caller = Caller(manager, uuid4(), client, CompanyKind.CLIENT, Role.RESPONSABLE_PROJET)
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.make(Path(folder))
        headers = {"authorization": f"Bearer {keys.token(caller, lifetime=3600)}"}
        async with scratch_database() as url:
            migrate("timesheet", url)
            ids = await submitted_cras(url, client, manager)
            settings = {
                "MAILLON_DATABASE_URL": url,
                "MAILLON_AMQP_URL": AMQP_URL,
                "MAILLON_JWKS_FILE": str(keys.jwks_file),
                "MAILLON_PORT": str(port),
                "MAILLON_ROLES": "api",
                "MAILLON_TELEMETRY": str(telemetry),
            }
            async with process("-m", "chassis.serve", "timesheet", port=port, **settings):
                yield port, [request("POST", f"/cras/{cra_id}/validation", headers) for cra_id in ids]
            connection = await asyncpg.connect(plain(url))
            validated = await connection.fetchval("SELECT count(*) FROM cras WHERE status = 'validated'")
            events = await connection.fetchval("SELECT count(*) FROM outbox WHERE type LIKE '%CraValidated%'")
            await connection.close()
            assert validated == events == len(ids), (validated, events)


async def validate(*, telemetry: bool = True) -> float:
    """Validations a second."""
    async with timesheet(telemetry=telemetry) as (port, messages):
        warm, measured = messages[:100], messages[100:]
        await saturate(port, warm, 4)
        return len(measured) / await saturate(port, measured)


async def bare() -> float:
    """The reference: the same number of requests on bare ASGI with one asyncpg statement each."""
    port = free_port()
    async with (
        scratch_database() as url,
        process("bare.py", port=port, BARE_URL=plain(url), BARE_PORT=str(port)),
    ):
        warm = [request("POST", f"/{number}") for number in range(100)]
        await saturate(port, warm, 4)
        measured = [request("POST", f"/{number}") for number in range(100, VALIDATIONS)]
        return len(measured) / await saturate(port, measured)


async def validation() -> list[Figure]:
    """P3, and P10 as the loss that telemetry costs."""
    pairs = await alternate(validate, bare)
    beside = await alternate(validate, lambda: validate(telemetry=False))
    losses = [(without / with_telemetry, 1.0) for with_telemetry, without in beside]
    return [
        figure("P3", "CRA validation, all on / bare ASGI + one statement", pairs, goal=0.35, unit="requests/s"),
        figure(
            "P10", "time of a request with telemetry / without", losses, goal=1.15, unit="times", higher_is_better=False
        ),
    ]
