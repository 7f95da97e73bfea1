"""What an orchestrator asks: alive, ready, measured, described."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.migrate import migrations_of
from chassis.platform import Platform, Service
from chassis.problems import ProblemBody
from contracts.publish.asyncapi import asyncapi_document

_PROBES = ("/livez", "/readyz", "/metrics")


def is_probe(scope: MutableMapping[str, Any]) -> bool:
    """True for what is asked every few seconds and belongs in no trace."""
    return str(scope["path"]).startswith(_PROBES)


def newest_revision(migrations: Path) -> str:
    """The revision that the code needs: the highest number among the migration files."""
    names = [re.match(r"[0-9]{4}", file.name) for file in (migrations / "versions").glob("*.py")]
    return max((name.group() for name in names if name), default="")


def install(app: FastAPI, service: Service, platform: Platform) -> None:
    """Add the addresses that the gateway does not expose, and the API's description."""
    needed = newest_revision(migrations_of(service.name, platform.settings))

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        checks = {"database": await _database(platform, needed)}
        if "worker" in platform.settings.roles:
            checks["broker"] = "ok" if platform.broker.connected else "not connected"
        ready = all(state == "ok" for state in checks.values())
        return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)

    async def measured(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def events(_: Request) -> Response:
        return JSONResponse(asyncapi_document())

    for path, endpoint in (
        ("/livez", livez),
        ("/readyz", readyz),
        ("/metrics", measured),
        ("/asyncapi", events),
    ):
        app.router.add_route(path, endpoint, methods=["GET"], include_in_schema=False)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]


async def _database(platform: Platform, needed: str) -> str:
    """Ask the database for its schema's revision; a newer one than ours is fine, a roll-out is under way."""
    try:
        async with platform.database.engine.connect() as connection:
            found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() or ""
    except Exception as failure:  # noqa: BLE001 - whatever it is, we are not ready
        return f"unreachable or empty: {type(failure).__name__}"
    return "ok" if found >= needed else f"schema at {found or 'nothing'}, needs {needed}"


def _openapi(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        described = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        parts = described.setdefault("components", {})
        schemas = parts.setdefault("schemas", {})
        problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}))
        schemas["ProblemBody"] = problem
        parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        described["servers"] = [{"url": f"/api/{app.title.split()[-1]}"}]
        app.openapi_schema = described
    return app.openapi_schema
