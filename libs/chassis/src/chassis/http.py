"""Routes: access declared on each, one transaction around each, the answer sent after the commit."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from chassis.auth import Access, Caller, ServiceBlocked
from chassis.db import Database, Tx, is_transient, is_unstorable, sqlstate_of
from chassis.errors import (
    Conflict,
    InvalidRequest,
    Problem,
    TemporarilyUnavailable,
    Unauthenticated,
    VersionConflict,
)
from chassis.hot import HotTx, OutpacedError
from chassis.idempotency import once
from chassis.platform import Platform
from chassis.problems import describe

F = TypeVar("F", bound=Callable[..., Any])


class Body(BaseModel):
    """Base of request bodies: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """Base of answers: exactly the listed fields, read from rows or other objects."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class AlreadyExists(Conflict):
    """A unique rule of the database, met by two requests at once."""

    code, title = "already_exists", "It exists already"


Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Manner:
    """How a route's transaction is held: whether answers are kept for replays, and whether it is a hot one."""

    replayable: bool = True
    hot: bool = False


class Route(APIRoute):
    """One request is one transaction: committed before the answer leaves, rolled back on any refusal raised."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's own handler."""
        inner = super().get_route_handler()
        access, manner = access_of(self), manner_of(self)

        async def handle(request: Request) -> Response:
            platform: Platform = request.app.state.platform
            caller = admit(platform, access, request)
            request.state.caller = caller
            who = str(caller.member_id) if caller else "anonymous"
            for _ in range(_TRIES):
                try:
                    return await in_one_transaction(platform.database, request, who, inner, manner)
                except OutpacedError:
                    continue
                except Problem:
                    raise
                except Exception as failure:
                    refusal = _refusal_of(failure)
                    if refusal is None:
                        raise
                    raise refusal from failure
            raise TemporarilyUnavailable("too many people are changing this at the moment")

        return handle


def _refusal_of(failure: Exception) -> Problem | None:
    """What the caller is told of a failure that is no defect of ours."""
    if is_transient(failure):
        return TemporarilyUnavailable()
    if sqlstate_of(failure) == "23505":
        return AlreadyExists()
    return InvalidRequest("a text holds characters that cannot be kept") if is_unstorable(failure) else None


async def in_one_transaction(
    database: Database, request: Request, who: str, inner: Handler, manner: Manner
) -> Response:
    """Open the route's kind of transaction, hand it to the handler, commit, and only then return the answer."""

    async def in_hot(within: Tx | None = None) -> Response:
        async with database.hot(who, within) as tx:
            request.state.tx = tx
            return await inner(request)

    keyed = manner.replayable and request.method == "POST" and "idempotency-key" in request.headers
    if manner.hot and not keyed:
        return await in_hot()
    async with database.transaction() as tx:
        tx.actor, request.state.tx = who, tx
        if keyed:
            return await once(tx, request, who, lambda: in_hot(tx) if manner.hot else inner(request))
        return await inner(request)


def admit(platform: Platform, access: Access, request: Request) -> Caller | None:
    """Authenticate and check the route's access. Raises Unauthenticated or Forbidden."""
    if access.public:
        return None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    caller = platform.verifier.verify(token)
    if platform.settings.service in caller.blocked:
        raise ServiceBlocked
    access.admit(caller)
    return caller


def access_of(route: APIRoute) -> Access:
    """The declaration of a route. Raises TypeError when it has none."""
    declared = getattr(route.endpoint, "__access__", None)
    if not isinstance(declared, Access):
        raise TypeError(f"{route.path} does not declare who may call it")
    return declared


def manner_of(route: APIRoute) -> Manner:
    """How the route's transaction is held."""
    declared: Manner = getattr(route.endpoint, "__manner__", Manner())
    return declared


_IDEMPOTENCY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request safe to send again: one effect, one answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


class Router(APIRouter):
    """A router whose every route says who may call it."""

    def __init__(self, tag: str):
        super().__init__(route_class=Route, tags=[tag])

    def route_for(
        self, method: str, path: str, *, access: Access, replayable: bool = True, hot: bool = False, **options: Any
    ) -> Callable[[F], F]:
        """Declare a route.

        `replayable=False` keeps answers that hold secrets out of the database; `hot=True` gives the handler a
        HotTx (HotTxDep) in the place of a Tx.
        """
        responses: dict[int | str, dict[str, Any]] = {
            "default": describe("any other refusal"),
            422: describe("`invalid_request`"),
        }
        responses |= options.pop("responses", {})
        extra: dict[str, Any] = {"x-access": access.description}
        if not access.public:
            extra["security"] = [{"bearer": []}]
        if method == "POST" and replayable:
            extra["parameters"] = [_IDEMPOTENCY_PARAMETER]

        def register(endpoint: F) -> F:
            endpoint.__access__, endpoint.__manner__ = access, Manner(replayable, hot)  # type: ignore[attr-defined]
            self.add_api_route(path, endpoint, methods=[method], responses=responses, openapi_extra=extra, **options)
            return endpoint

        return register

    def get(self, path: str, *, access: Access, **options: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Read."""
        return self.route_for("GET", path, access=access, **options)

    def post(self, path: str, *, access: Access, **options: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Create, or act."""
        return self.route_for("POST", path, access=access, **options)

    def put(self, path: str, *, access: Access, **options: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Replace."""
        return self.route_for("PUT", path, access=access, **options)

    def delete(self, path: str, *, access: Access, **options: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Remove."""
        return self.route_for("DELETE", path, access=access, **options)


async def _tx(request: Request) -> Tx:
    return request.state.tx  # type: ignore[no-any-return]


async def _caller(request: Request) -> Caller:
    """Who calls, judged once more: `admit` did before the body was read, which may have taken its time.

    A request whose token expired, or whose session ended, while its body arrived has no effect (401).
    """
    caller: Caller | None = request.state.caller
    if caller is None:
        raise Unauthenticated
    platform: Platform = request.app.state.platform
    return platform.verifier.verify(request.headers["authorization"].partition(" ")[2])


async def _platform(request: Request) -> Platform:
    return request.app.state.platform  # type: ignore[no-any-return]


async def _hot_tx(request: Request) -> HotTx:
    return request.state.tx  # type: ignore[no-any-return]


HotTxDep = Annotated[HotTx, Depends(_hot_tx)]
TxDep = Annotated[Tx, Depends(_tx)]
CallerDep = Annotated[Caller, Depends(_caller)]
PlatformDep = Annotated[Platform, Depends(_platform)]


def set_etag(response: Response, version: int) -> None:
    """Tell the reader which version this is."""
    response.headers["ETag"] = f'"{version}"'


def check_if_match(request: Request, version: int) -> None:
    """Refuse to overwrite what somebody changed since it was read. Raises VersionConflict."""
    expected = request.headers.get("if-match")
    if expected is not None and expected.strip() not in {"*", f'"{version}"'}:
        raise VersionConflict
