"""Whatever its own description allows, and more, never breaks the service nor its description."""

import asyncio
from collections.abc import Iterator
from itertools import cycle

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chassis.testing import harness
from contracts.roles import StaffScope
from marketplace.main import service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Fuzzed:
    """The service on a loop of its own: hypothesis is not asynchronous."""

    def __init__(self, run, h, market):
        self.run, self.h = run, h
        self.buyer, self.seller = run(market.buyer()), run(market.seller())
        self.known = cycle(run(self._things(market)))
        self.turn = cycle(range(6))
        self.schema = schemathesis.openapi.from_dict(h.app.openapi())
        self.schema.config.generation.update(modes=list(GenerationMode))

    async def _things(self, market):
        draft = await market.drafted(self.buyer)
        rfp = await market.published(self.buyer)
        proposal = await market.proposed(self.seller, rfp)
        people = {"operational_manager_id": str(self.buyer.member_id), "consultant_id": str(self.seller.member_id)}
        dates = {"period": {"start": "2099-01-01", "end": "2099-02-01"}}
        things = people | dates | {"proposal_id": proposal["id"]}
        return [things | {"rfp_id": rfp_id} for rfp_id in (draft["id"], rfp["id"])] + [{}]

    def send(self, case):
        """Send it, mostly as somebody who may, and mostly about what exists, so that the rules are reached."""
        known = next(self.known)
        case.path_parameters = _with_known(case.path_parameters, known)
        case.body = _with_known(case.body, known)
        sent = case.as_transport_kwargs(base_url="http://test", headers=self.h.headers(self._caller(case)))
        allowed = {"method", "url", "headers", "params", "json", "data"}
        options = {name: value for name, value in sent.items() if name in allowed and value is not None}
        return self.run(self.h.client.request(options.pop("method"), options.pop("url"), **options))

    def _caller(self, case):
        turn = next(self.turn)
        if turn == 0:
            return self.h.staff(*StaffScope)
        fitting = [who for who in (self.buyer, self.seller) if who.role in case.operation.definition.raw["x-access"]]
        return fitting[turn % len(fitting)]


def _with_known(parts, known):
    return {name: known.get(name, value) for name, value in parts.items()} if isinstance(parts, dict) else parts


@pytest.fixture(scope="module")
def fuzzed(market_class) -> Iterator[Fuzzed]:
    loop = asyncio.new_event_loop()
    opened = harness(service)
    h = loop.run_until_complete(opened.__aenter__())
    yield Fuzzed(loop.run_until_complete, h, market_class(h))
    loop.run_until_complete(opened.__aexit__(None, None, None))
    loop.close()


OPERATIONS = [
    ("GET", "/rfps"),
    ("POST", "/rfps"),
    ("GET", "/rfps/{rfp_id}"),
    ("PUT", "/rfps/{rfp_id}"),
    ("POST", "/rfps/{rfp_id}/publication"),
    ("GET", "/rfps/{rfp_id}/proposals"),
    ("POST", "/rfps/{rfp_id}/proposals"),
    ("GET", "/proposals"),
    ("GET", "/proposals/{proposal_id}"),
    ("POST", "/proposals/{proposal_id}/qualification"),
    ("POST", "/proposals/{proposal_id}/retention"),
    ("POST", "/proposals/{proposal_id}/cancellation"),
]


def test_every_operation_is_listed(fuzzed):
    described = {(method.upper(), path) for path, item in fuzzed.h.app.openapi()["paths"].items() for method in item}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_holds(fuzzed, method, path):
    @given(case=fuzzed.schema[path][method].as_strategy())
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(case):
        case.validate_response(fuzzed.send(case), checks=CHECKS)

    check()
