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

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


async def test_any_request_is_answered_as_described(h, deal):
    await deal.ready("order")
    contract = await deal.contract_of(deal.provider)
    known = {"mission_id": deal.mission_id, "contract_id": contract["id"]}
    callers = [deal.provider.head, deal.client.head, deal.staff]
    loop = asyncio.get_running_loop()

    async def answer_to(request: dict[str, Any]) -> Any:
        answer = await h.client.request(**request)
        await answer.request.aread()  # the checks look at what was sent, and multipart is a stream
        return answer

    def send(case: schemathesis.Case, caller: Caller) -> None:
        case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
        request: dict[str, Any] = case.as_transport_kwargs(headers=h.headers(caller))
        request = {name: value for name, value in request.items() if value is not None and name != "cookies"}
        request["url"] = case.formatted_path
        answer = asyncio.run_coroutine_threadsafe(answer_to(request), loop).result(30)
        case.validate_response(answer, checks=CHECKS)

    def fuzz() -> None:
        schema = schemathesis.openapi.from_dict(h.app.openapi())
        for found in schema.get_all_operations():
            operation = found.ok()

            @given(case=operation.as_strategy())
            @settings(
                max_examples=10,
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


async def test_every_route_documents_its_refusals(h):
    for path in h.app.openapi()["paths"].values():
        for operation in path.values():
            assert "default" in operation["responses"]
            assert operation["security"] == [{"bearer": []}]


def test_the_tables_are_those_of_the_code(h):
    environment = {
        **os.environ,
        "MAILLON_SERVICE": "contracting",
        "MAILLON_DATABASE_URL": h.platform.settings.database_url.get_secret_value(),
        "MAILLON_AMQP_URL": "amqp://unused",
        "MAILLON_JWKS_FILE": "unused",
    }
    command = [sys.executable, "-m", "chassis.migrate", "contracting", "--check"]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
