"""The service as a whole: its description holds for any request, its tables are those of the code."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contracts.roles import StaffScope

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PUBLIC = {
    ("/members", "post"),
    ("/activations", "post"),
    ("/activations/resend", "post"),
    ("/sessions", "post"),
    ("/sessions/refresh", "post"),
    ("/.well-known/jwks.json", "get"),
}


async def test_any_request_is_answered_as_described(world):
    account = await world.activated()
    callers = [account.headers, world.h.headers(world.h.staff(StaffScope.SUPPORT))]
    loop = asyncio.get_running_loop()

    def send(client: Any, case: schemathesis.Case, headers: dict[str, str]) -> None:
        request: dict[str, Any] = case.as_transport_kwargs(headers=headers)
        request = {name: value for name, value in request.items() if value is not None and name != "cookies"}
        request["url"] = case.formatted_path
        answer = asyncio.run_coroutine_threadsafe(client.request(**request), loop).result(30)
        case.validate_response(answer, checks=CHECKS)

    def fuzz(client: Any) -> None:
        schema = schemathesis.openapi.from_dict(world.h.app.openapi())
        for found in schema.get_all_operations():
            operation = found.ok()

            @given(case=operation.as_strategy())
            @settings(
                max_examples=15,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
                derandomize=True,
            )
            def any_case(case: schemathesis.Case) -> None:
                for headers in callers:
                    send(client, case, headers)

            any_case()

    async with world.calling_from("203.0.113.1") as client:
        await asyncio.to_thread(fuzz, client)


async def test_every_route_documents_its_refusals_and_who_may_call_it(world):
    public = set()
    for path, operations in world.h.app.openapi()["paths"].items():
        for method, operation in operations.items():
            assert "default" in operation["responses"]
            if "security" not in operation:
                public.add((path, method))
    assert public == PUBLIC


async def test_every_other_route_needs_a_token(world):
    for path, operations in world.h.app.openapi()["paths"].items():
        for method in operations:
            if (path, method) not in PUBLIC:
                answer = await world.client.request(method.upper(), path.replace("{session_id}", "x"))
                assert answer.status_code == 401, (method, path)


def test_the_tables_are_those_of_the_code(world):
    environment = {
        **os.environ,
        "MAILLON_SERVICE": "identity",
        "MAILLON_DATABASE_URL": world.h.platform.settings.database_url.get_secret_value(),
        "MAILLON_AMQP_URL": "amqp://unused",
        "MAILLON_JWKS_FILE": "unused",
    }
    command = [sys.executable, "-m", "chassis.migrate", "identity", "--check"]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
