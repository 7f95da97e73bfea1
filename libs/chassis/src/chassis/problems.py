"""Refusals as RFC 9457 answers, and their place in the API's description."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from opentelemetry import trace
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import FieldError, InvalidRequest, MalformedBody, Problem

MEDIA_TYPE = "application/problem+json"


class FieldErrorBody(BaseModel):
    """One field at fault."""

    field: str
    code: str
    detail: str


class ProblemBody(BaseModel):
    """RFC 9457 problem: `code` is stable, the texts are for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldErrorBody]
    trace_id: str | None


def problem_response(problem: Problem) -> JSONResponse:
    """The answer for a refusal; returning it (rather than raising) keeps the transaction's effects."""
    context = trace.get_current_span().get_span_context()
    body = {
        "type": f"urn:maillon:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "errors": [{"field": e.field, "code": e.code, "detail": e.detail} for e in problem.errors],
        "trace_id": f"{context.trace_id:032x}" if context.is_valid else None,
    }
    headers = problem.headers or _HEADERS.get(problem.status)
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)


_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}


def _invalid(error: RequestValidationError) -> Problem:
    """Name each field at fault, never its value."""
    fields = []
    for place in error.errors():
        if place["type"] == "json_invalid":
            return MalformedBody("the body is not JSON")
        loc = [str(part) for part in place["loc"]]
        path = ".".join(loc[1:] if loc and loc[0] in {"body", "query", "path", "header", "form"} else loc)
        detail = str(place.get("msg", "")).removeprefix("Value error, ")
        fields.append(FieldError(path or loc[0], place["type"], detail))
    return InvalidRequest("; ".join(f"{f.field}: {f.detail}" for f in fields[:5]), errors=fields)


class InternalError(Problem):
    """A defect of ours; its cause is in the logs, never in the answer."""

    status, code, title = 500, "internal_error", "Something went wrong on our side"


def _web_refusal(status: int, code: str, title: str) -> type[Problem]:
    """A refusal that the web layer makes before any route is reached."""
    return type(code, (Problem,), {"status": status, "code": code, "title": title})


_WEB_REFUSALS: dict[int, type[Problem]] = {
    400: MalformedBody,
    404: _web_refusal(404, "not_found", "There is nothing here"),
    405: _web_refusal(405, "method_not_allowed", "This address does not take this method"),
    413: _web_refusal(413, "body_too_large", "The body is too large"),
    415: _web_refusal(415, "unsupported_media_type", "This media type is not taken"),
}


class BodyLimit:
    """Stops reading a request's body at a size, counted as it arrives, whatever its headers announce."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; the read that goes too far raises a 413, and the first one does when that much is announced."""
        read = 0
        announced = dict(scope.get("headers", ())).get(b"content-length", b"")
        too_much = announced.isdigit() and int(announced) > self._limit

        async def counted() -> Message:
            nonlocal read
            if too_much:
                raise HTTPException(413, f"at most {self._limit} bytes are taken")
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise HTTPException(413, f"at most {self._limit} bytes are taken")
            return message

        await self._app(scope, counted, send)


def install(app: FastAPI) -> None:
    """Answer every failure with a problem; the unexpected ones without a word about their cause."""

    @app.exception_handler(Problem)
    async def on_problem(_: Request, problem: Problem) -> Response:
        return problem_response(problem)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_: Request, error: RequestValidationError) -> Response:
        return problem_response(_invalid(error))

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> Response:
        response = problem_response(_WEB_REFUSALS.get(error.status_code, MalformedBody)(str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def on_bug(_: Request, __: Exception) -> Response:
        return problem_response(InternalError("it was recorded"))


def documented(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of a route: the refusals it may give, grouped by status, with their codes."""
    grouped: dict[int, list[type[Problem]]] = {}
    for problem in problems:
        grouped.setdefault(problem.status, []).append(problem)
    return {status: describe(" or ".join(f"`{p.code}`" for p in group)) for status, group in grouped.items()}


def describe(text: str) -> dict[str, Any]:
    """One documented problem answer."""
    return {
        "description": text,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }
