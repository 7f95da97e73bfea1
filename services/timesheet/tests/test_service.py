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

from chassis.auth import Caller
from chassis.testing import Harness
from contracts.roles import StaffScope

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


async def test_any_request_is_answered_as_described(scene, h: Harness):
    cra_id = await scene.submitted()
    known = {"cra_id": cra_id, "mission_id": str(scene.mission_id), "month": "2026-04"}
    callers = [scene.consultant, scene.manager, h.staff(StaffScope.CONTRACTS)]
    loop = asyncio.get_running_loop()

    def send(case: schemathesis.Case, caller: Caller) -> None:
        case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
        request: dict[str, Any] = case.as_transport_kwargs(headers=h.headers(caller))
        request = {name: value for name, value in request.items() if value is not None and name != "cookies"}
        request["url"] = case.formatted_path
        answer = asyncio.run_coroutine_threadsafe(h.client.request(**request), loop).result(30)
        case.validate_response(answer, checks=CHECKS)

    def fuzz() -> None:
        schema = schemathesis.openapi.from_dict(h.app.openapi())
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
                for caller in callers:
                    send(case, caller)

            any_case()

    await asyncio.to_thread(fuzz)


async def test_every_route_documents_its_refusals(h: Harness):
    for path in h.app.openapi()["paths"].values():
        for operation in path.values():
            assert "default" in operation["responses"]
            assert operation["security"] == [{"bearer": []}]


def test_the_tables_are_those_of_the_code(h: Harness):
    environment = {
        **os.environ,
        "MAILLON_SERVICE": "timesheet",
        "MAILLON_DATABASE_URL": h.platform.settings.database_url.get_secret_value(),
        "MAILLON_AMQP_URL": "amqp://unused",
        "MAILLON_JWKS_FILE": "unused",
    }
    command = [sys.executable, "-m", "chassis.migrate", "timesheet", "--check"]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
