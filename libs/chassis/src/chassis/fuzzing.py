"""A service against its own description: any request, its tables, its routes. For tests alone.

It needs schemathesis and hypothesis, which are development dependencies: nothing that runs in production imports it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import httpx2
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chassis.auth import PUBLIC
from chassis.testing import Harness, environment_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_ANSWER_SECONDS = 30


async def fuzz(
    h: Harness,
    *,
    callers: Sequence[Mapping[str, str]],
    known: Mapping[str, object],
    examples: int = 12,
    client: httpx2.AsyncClient | None = None,
) -> set[int]:
    """Send each operation whatever its description allows, as each caller; return the statuses it was answered with.

    Every second request is about what exists: its path parameters and the fields of its body that are `known` by
    name take those values, so that the rules behind the validation are reached. Half of the `examples` for each
    operation are outside the description on purpose. All are the same in every run. `callers` are request headers;
    `client` replaces the harness' own.

    Raises:
        AssertionError: a server error, or an answer that the description does not announce (status, media type,
            headers, body); the request is part of the message.

    """
    loop, statuses = asyncio.get_running_loop(), set[int]()
    turns = defaultdict[object, Iterator[int]](count)  # one for each kind of request, so that none misses out

    async def answer_to(request: dict[str, Any]) -> httpx2.Response:
        answer = await (client or h.client).request(**request)
        await answer.request.aread()  # the checks look at what was sent, and multipart is a stream
        return answer

    def send(case: Case[Any], headers: Mapping[str, str]) -> None:
        request = request_of(case, headers)
        answer = asyncio.run_coroutine_threadsafe(answer_to(request), loop).result(_ANSWER_SECONDS)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    def send_all() -> None:
        for found in openapi.from_dict(h.app.openapi()).get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()

            @given(case=operation.as_strategy() | operation.as_strategy(GenerationMode.NEGATIVE))
            @settings(
                max_examples=examples,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
                derandomize=True,
            )
            def any_case(case: Case[Any]) -> None:
                if next(turns[case.meta and case.meta.generation.mode]) % 2:
                    case.path_parameters = with_known(case.path_parameters, known)
                    case.body = with_known(case.body, known)
                for headers in callers:
                    send(case, headers)

            any_case()

    await asyncio.to_thread(send_all)
    return statuses


def with_known(parts: Any, known: Mapping[str, object]) -> Any:
    """The parameters or fields with the values that are known by name."""
    return {name: known.get(name, value) for name, value in parts.items()} if isinstance(parts, dict) else parts


def request_of(case: Case[Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """What schemathesis would hand to `requests`, as httpx2 takes it."""
    made = case.as_transport_kwargs(headers=dict(headers))
    request = {name: value for name, value in made.items() if value is not None and name != "cookies"}
    request["url"] = case.formatted_path
    if isinstance(request.get("data"), bytes):
        request["content"] = request.pop("data")
    files = request.pop("files", None) or []
    if files:
        parts = files.items() if isinstance(files, dict) else files
        request["files"] = [(name, _as_part(part)) for name, part in parts]
    return request


def _as_part(part: Any) -> Any:
    """A form's field is text: other values are written as JSON writes them."""
    if isinstance(part, tuple):
        return tuple(_as_part(inner) for inner in part)
    return part if part is None or isinstance(part, str | bytes) else json.dumps(part)


def schema_differences(service: str, database_url: str) -> str:
    """What the service's code and its migrated database disagree about; empty when nothing."""
    command = [sys.executable, "-m", "chassis.migrate", service, "--check"]
    environment = environment_of(service, database_url)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    return "" if done.returncode == 0 else done.stdout + done.stderr


def undocumented_routes(app: FastAPI) -> list[str]:
    """The routes whose description leaves out who may call them or how they refuse, and what it lacks."""
    return [
        f"{method.upper()} {path}: {lack}"
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        for lack in _lacks(operation)
    ]


def _lacks(operation: dict[str, Any]) -> Iterator[str]:
    access = operation.get("x-access")
    if not access:
        yield "who may call it"
    elif operation.get("security", []) != ([] if access == PUBLIC.description else [{"bearer": []}]):
        yield "the token it needs"
    for status in ("default", "422"):
        if status not in operation["responses"]:
            yield f"the response {status}"
