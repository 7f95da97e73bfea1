"""The service as a whole: its description, its tables, its memory."""

import asyncio
import json
import os
import subprocess
import sys
from itertools import count
from typing import Any

import schemathesis
from billing_months import MissionMonth
from facturx_builder import invoice_pdf
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as fuzzed
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chassis.testing import scratch_database
from contracts.roles import Role, StaffScope

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


HEAVY = {"facturx", "saxonche", "lxml", "pypdf", "holidays"}


def files_of(sent):
    files = sent.get("files") or []
    return files.items() if isinstance(files, dict) else files


def as_part(part: Any) -> Any:
    """A form's field is text: other values are written as JSON writes them."""
    if isinstance(part, tuple):
        return tuple(as_part(inner) for inner in part)
    return part if part is None or isinstance(part, str | bytes) else json.dumps(part)


class TestDescription:
    async def test_any_request_is_answered_as_described(self, h, given):
        month = await given()
        invoice = (await month.post(invoice_pdf(month.bpf))).json()
        known = {"bpf_id": month.bpf["id"], "invoice_id": invoice["id"]}
        callers = [month.seller(), month.manager(), h.headers(h.staff(*StaffScope))]
        loop, turn, answered = asyncio.get_running_loop(), count(), set()

        async def answer_to(sent: dict[str, Any]) -> Any:
            answer = await h.client.request(**sent)
            await answer.request.aread()
            return answer

        def send(case: schemathesis.Case, headers: dict[str, str]) -> None:
            if next(turn) % 2:
                case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
            sent: dict[str, Any] = case.as_transport_kwargs(headers=headers)
            sent = {name: value for name, value in sent.items() if value is not None and name != "cookies"}
            sent["url"] = case.formatted_path
            sent["files"] = [(name, as_part(part)) for name, part in files_of(sent)] or None
            answer = asyncio.run_coroutine_threadsafe(answer_to(sent), loop).result(30)
            answered.add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        def fuzz() -> None:
            for found in schemathesis.openapi.from_dict(h.app.openapi()).get_all_operations():

                @fuzzed(case=found.ok().as_strategy())
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
        assert {200, 403, 404, 422} <= answered

    async def test_every_route_says_who_may_call_it_and_how_it_refuses(self, h):
        operations = [operation for path in h.app.openapi()["paths"].values() for operation in path.values()]
        assert len(operations) == 6
        for operation in operations:
            assert operation["security"] == [{"bearer": []}]
            assert operation["x-access"]
            assert {"default", "422"} <= set(operation["responses"])


class TestTables:
    async def test_the_revisions_make_exactly_the_tables_of_the_code(self):
        async with scratch_database() as url:
            environment = {
                **os.environ,
                "MAILLON_SERVICE": "billing",
                "MAILLON_DATABASE_URL": url,
                "MAILLON_AMQP_URL": "amqp://unused",
                "MAILLON_JWKS_FILE": "unused",
            }
            for arguments in ([], ["--check"]):
                command = [sys.executable, "-m", "chassis.migrate", "billing", *arguments]
                done = await asyncio.to_thread(
                    subprocess.run, command, env=environment, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stderr


class TestMemory:
    def test_nothing_heavy_is_imported_by_the_service_itself(self):
        code = "import sys, billing.main; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not HEAVY & set(done.stdout.split())

    async def test_an_import_leaves_them_out_too(self, given):
        month = await given(MissionMonth())
        assert (await month.post(invoice_pdf(month.bpf), headers=month.seller(Role.FREELANCE))).status_code == 201
        assert "saxonche" not in sys.modules
