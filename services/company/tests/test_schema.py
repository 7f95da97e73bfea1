"""The migrations give the tables of the code; the API's description holds whatever is sent to it."""

import asyncio
import os
import subprocess
import sys
from itertools import count
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contracts.roles import ProfileType, Role

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def test_the_migrations_give_the_tables_of_the_code(h) -> None:
    environment = {
        **os.environ,
        "MAILLON_SERVICE": "company",
        "MAILLON_DATABASE_URL": h.platform.settings.database_url.get_secret_value(),
        "MAILLON_AMQP_URL": "amqp://unused",
        "MAILLON_JWKS_FILE": "unused",
    }
    command = [sys.executable, "-m", "chassis.migrate", "company", "--check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_every_route_says_who_may_call_it_and_how_it_refuses(h) -> None:
    operations = [operation for path in h.app.openapi()["paths"].values() for operation in path.values()]
    assert len(operations) == 17
    for operation in operations:
        assert operation["security"] == [{"bearer": []}]
        assert operation["x-access"]
        assert {"default", "422"} <= set(operation["responses"])


async def test_any_request_is_answered_as_described(world) -> None:
    company = await world.company()
    document = (await world.upload(company, "urssaf_certificate")).json()
    request = (await world.ask(await world.member(), company, Role.CONSULTANT)).json()
    known = {"company_id": company.id, "document_id": document["id"], "request_id": request["id"]}
    callers = [company.headers, world.headers(await world.member(ProfileType.CLIENT)), world.staff]
    loop, turn, answered = asyncio.get_running_loop(), count(), set()

    async def answer_to(sent: dict[str, Any]) -> Any:
        answer = await world.client.request(**sent)
        await answer.request.aread()
        return answer

    def send(case: schemathesis.Case, headers: dict[str, str]) -> None:
        if next(turn) % 2:
            case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
        sent: dict[str, Any] = case.as_transport_kwargs(headers=headers)
        sent = {name: value for name, value in sent.items() if value is not None and name != "cookies"}
        sent["url"] = case.formatted_path
        answer = asyncio.run_coroutine_threadsafe(answer_to(sent), loop).result(30)
        answered.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    def fuzz() -> None:
        for found in schemathesis.openapi.from_dict(world.h.app.openapi()).get_all_operations():

            @given(case=found.ok().as_strategy())
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
                    send(case, headers)

            any_case()

    await asyncio.to_thread(fuzz)
    assert {200, 201, 403, 404, 409, 422} <= answered
