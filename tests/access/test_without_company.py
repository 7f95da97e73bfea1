"""What a member without company reaches: nothing of requests, missions, activity reports or invoices."""

import importlib
from uuid import uuid4

import pytest

from chassis.http import Route, access_of
from chassis.testing import harness

EVERY_MEMBERS = {"/platform-account"}
"""Where companies pay the platform: nobody's secret."""


@pytest.mark.req("ID-37", "CO-21")
@pytest.mark.parametrize("name", ["marketplace", "contracting", "timesheet", "billing"])
async def test_every_route_refuses_them(name):
    tried = 0
    async with harness(importlib.import_module(f"{name}.main").service) as h:
        headers = h.headers(h.member())
        for router in h.service.routers:
            for route in router.routes:
                if not isinstance(route, Route) or access_of(route).public or route.path in EVERY_MEMBERS:
                    continue
                path = route.path_format
                for parameter in route.param_convertors:
                    path = path.replace(f"{{{parameter}}}", str(uuid4()))
                for method in route.methods or ():
                    answer = await h.client.request(method, path, headers=headers)
                    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), f"{method} {route.path}"
                    tried += 1
    assert tried > 5
