"""Who reaches what: every route with every kind of caller, of the own and of a rival company. For tests alone.

Like `fuzzing`, it needs development dependencies. A service's test builds a small world of real objects; routes and
expectations come from the application itself, so that a route nobody thought of is tried all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import httpx2
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, openapi
from schemathesis.core.result import Ok

from chassis.auth import Access, Caller
from chassis.fuzzing import request_of, with_known
from chassis.http import Route, access_of
from chassis.testing import Harness
from contracts.permissions import allows
from contracts.roles import Role, StaffScope

NOT_UNDERSTOOD = frozenset({400, 406, 413, 415, 422})
"""Answers that say nothing about who may send a request."""
_TRIES = 6


@dataclass(frozen=True)
class World:
    """Real objects of one company, and whoever reaches them.

    `known` gives the value of each path parameter, and of body fields by name; under a route's path it may hold a
    mapping of values for that route alone. `owners` are callers of whom each route with an object has one at least
    that reaches it. `rivals` act for another company, one in each role; made up where none are given.
    """

    h: Harness
    company_id: UUID
    known: Mapping[str, object]
    owners: Sequence[Caller]
    client: httpx2.AsyncClient | None = None
    rivals: Mapping[Role, Caller] = field(default_factory=dict)
    open_to_all: frozenset[str] = frozenset()
    """Routes (`METHOD path`) about somebody's object that are meant for strangers, such as asking to join."""

    def known_for(self, path: str) -> dict[str, Any]:
        """The values for one route."""
        of_route = self.known.get(path)
        return {**self.known, **of_route} if isinstance(of_route, Mapping) else dict(self.known)

    async def send(self, request: Mapping[str, Any], caller: Caller | None) -> httpx2.Response:
        """Send a request as somebody."""
        headers = {**(request.get("headers") or {}), **(self.h.headers(caller) if caller else {})}
        return await (self.client or self.h.client).request(**{**request, "headers": headers})

    def routes(self) -> Iterator[tuple[str, Route]]:
        """Every route of the service with its method."""
        for router in self.h.service.routers:
            for route in router.routes:
                if isinstance(route, Route):
                    yield next(iter(route.methods or ())), route


def _callers(world: World) -> Iterator[tuple[str, Caller | None]]:
    """Everybody there is: nobody, a member without company, each role on both sides, each scope of staff."""
    yield "nobody", None
    yield "a member without company", world.h.member()
    for role in Role:
        yield f"own {role}", world.h.member(role, world.company_id)
        yield f"rival {role}", world.h.member(role)
        blocked = frozenset({world.h.service.name})
        yield f"blocked {role}", replace(world.h.member(role, world.company_id), blocked=blocked)
    for scope in StaffScope:
        yield f"staff {scope}", world.h.staff(scope)


def _expected(access: Access, caller: Caller | None, service: str) -> str | None:
    """The code by which the declaration alone refuses the caller; None when it lets them pass."""
    if access.public:
        return None
    if caller is None:
        return "unauthenticated"
    if service in caller.blocked:
        return "service_blocked"
    asked = bool(access.roles) or access.scope is not None
    passes = not asked or caller.role in access.roles or access.scope in caller.scopes
    return None if passes else "forbidden"


async def try_every_caller(world: World) -> int:
    """Check each route against its own declaration, before anything is read; return how many pairs were tried.

    Raises:
        AssertionError: somebody passes who may not, or is refused at the door who may pass.

    """
    tried = 0
    for method, route in world.routes():
        access = access_of(route)
        path = route.path_format
        for name in route.param_convertors:
            path = path.replace(f"{{{name}}}", str(uuid4()))
        for name, caller in _callers(world):
            answer = await world.send({"method": method, "url": path}, caller)
            expected = _expected(access, caller, world.h.service.name)
            where = f"{name}: {method} {route.path} was answered {answer.status_code} {answer.text[:200]}"
            if expected is not None:
                assert (answer.status_code, answer.json()["code"]) == (_STATUS[expected], expected), where
            else:
                assert f"this is for {access.description}" not in answer.text, where
                assert '"code":"unauthenticated"' not in answer.text, where
            tried += 1
    return tried


_STATUS = {"unauthenticated": 401, "forbidden": 403, "service_blocked": 403}


async def try_every_rival(world: World, *, reach: bool = True) -> int:
    """Ask for each object of the world as somebody of another company; return how many pairs were tried.

    With `reach`, an owner must reach each object with a request that rivals are told 404 for: otherwise that would
    prove nothing.

    Raises:
        AssertionError: a rival learns that the object exists; or the world has no object, or no owner, for a route.

    """
    cases = await asyncio.to_thread(_cases, world)
    concerned = [
        (method, route)
        for method, route in world.routes()
        if route.param_convertors
        and _has_rivals(access_of(route))
        and f"{method} {route.path}" not in world.open_to_all
    ]
    lacking = {name for _, route in concerned for name in route.param_convertors.keys() - world.known_for(route.path)}
    assert not lacking, f"the world has no {sorted(lacking)}"
    tried, unreached = 0, []
    for method, route in sorted(concerned, key=_gentlest_first):
        access = access_of(route)
        requests = cases[(method, route.path)]
        tried += await _try_rivals_of(world, f"{method} {route.path}", access, requests)
    for method, route in sorted(concerned, key=_gentlest_first):
        if reach and not await _is_reached(world, cases[(method, route.path)]):
            unreached.append(f"{method} {route.path}")
    assert not unreached, f"nobody reaches the object of {unreached}: rivals prove nothing there"
    return tried


async def try_every_colleague(world: World, colleagues: Mapping[Role, Caller]) -> int:
    """Check the routes whose access is decided by rows with one real colleague in each role; return the pairs tried.

    Raises:
        AssertionError: a colleague does what the permission table does not allow, or may not do what it does.

    """
    cases = await asyncio.to_thread(_cases, world)
    tried = 0
    by_rows = [
        (method, route)
        for method, route in world.routes()
        if access_of(route).permission and not access_of(route).roles and route.param_convertors
    ]
    for allowed in (False, True):  # whoever may change the world comes last
        for method, route in sorted(by_rows, key=_gentlest_first):
            permission = access_of(route).permission
            for role, caller in colleagues.items():
                if permission is None or allows(permission, role) != allowed:
                    continue
                answers = [await world.send(request, caller) for request in cases[(method, route.path)]]
                told = {answer.status_code for answer in answers if _was_understood(answer)}
                where = f"{role}: {method} {route.path} ({permission}) was answered {sorted(told)}"
                assert told, f"{where}: no request was understood: {answers[-1].text[:300]}"
                assert (told == {403}) != allowed, where
                tried += 1
    return tried


async def _try_rivals_of(world: World, where: str, access: Access, requests: Sequence[Mapping[str, Any]]) -> int:
    chosen = [role for role in Role if not access.roles or role in access.roles]
    rivals = [world.rivals.get(role) or world.h.member(role) for role in chosen]
    for rival in rivals:
        answers = [await world.send(request, rival) for request in requests]
        told = {answer.status_code for answer in answers} - NOT_UNDERSTOOD
        assert told <= {404, 403}, f"{where}: a rival {rival.role} was answered {sorted(told)}"
        assert 404 in told or told == {403}, f"{where}: no request was understood: {answers[-1].text[:300]}"  # noqa: PLR2004
    return len(rivals)


def _gentlest_first(one: tuple[str, Route]) -> tuple[int, int]:
    """Reads, then changes, then removals, of what is within before what it is in: the world lasts to the end."""
    method, route = one
    return {"GET": 0, "PUT": 1, "POST": 1, "DELETE": 2}[method], -len(route.path)


def _has_rivals(access: Access) -> bool:
    """Whether companies are kept apart there: not where anybody may come, nor where staff alone may."""
    staff_alone = access.scope is not None and not access.roles and access.permission is None
    return not access.public and not staff_alone


async def _is_reached(world: World, requests: Sequence[Mapping[str, Any]]) -> bool:
    for caller in world.owners:
        for request in requests:
            answer = await world.send(request, caller)
            if _was_understood(answer) and answer.status_code not in {401, 403, 404}:
                return True
            if answer.status_code == 401 and "step_up_required" in answer.text:  # noqa: PLR2004
                return True
    return False


def _was_understood(answer: httpx2.Response) -> bool:
    """Whether a rule answered, rather than the reading of the request."""
    if answer.status_code == 422:  # noqa: PLR2004
        return bool(answer.json()["code"] != "invalid_request")
    return answer.status_code not in NOT_UNDERSTOOD


def _cases(world: World) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """A few requests for each operation that its description allows, about the objects of the world."""
    found = {}
    for result in openapi.from_dict(world.h.app.openapi()).get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        found[(operation.method.upper(), operation.path)] = _requests(operation, world.known_for(operation.path))
    return found


def _requests(operation: Any, known: Mapping[str, object]) -> list[Mapping[str, Any]]:
    requests: list[Mapping[str, Any]] = []

    @given(case=operation.as_strategy())
    @settings(
        max_examples=_TRIES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    def keep(case: Case[Any]) -> None:
        case.path_parameters = with_known(case.path_parameters, known)
        case.body = with_known(case.body, known)
        requests.append(request_of(case, {}))

    keep()
    return requests
