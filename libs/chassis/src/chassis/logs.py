"""Logs: one JSON object a line, with the trace it belongs to; ids only, never what a person typed."""

from __future__ import annotations

import logging
import sys
from time import perf_counter
from typing import Any

import structlog
from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor

_requests = logging.getLogger("http")
_QUIET = ("/livez", "/readyz", "/metrics")


def _add_trace(_: Any, __: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _drop_exception_text(_: Any, __: str, event: EventDict) -> EventDict:
    """Keep where an exception came from, not its text: driver errors quote the rows they failed on."""
    failure = event.pop("exc_info", None)
    if isinstance(failure, tuple) and failure[0] is not None:
        event["exception"] = failure[0].__name__
        frames, place = failure[2], []
        while frames is not None:
            code = frames.tb_frame.f_code
            place.append(f"{code.co_filename.rpartition('/')[2]}:{frames.tb_lineno} {code.co_name}")
            frames = frames.tb_next
        event["where"] = place[-8:]
    return event


def set_up_logs(service: str, level: str) -> None:
    """Send every logger of the process, libraries included, through one JSON formatter."""

    def add_service(_: Any, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    chain: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _add_trace,
        add_service,
    ]
    handler = logging.StreamHandler(sys.stdout)
    final = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _drop_exception_text]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[*final, structlog.processors.JSONRenderer()],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("aiormq", "aio_pika", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL if noisy != "asyncio" else logging.ERROR)


class RequestLog:
    """One line a request: method, route, status, duration in milliseconds; no query, no body, no address."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, then log."""
        if scope["type"] != "http" or scope["path"] in _QUIET:
            return await self._app(scope, receive, send)
        started, status = perf_counter(), 500

        async def remember(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, remember)
        finally:
            route = scope.get("route")
            extra = {
                "method": scope["method"],
                "route": getattr(route, "path", "unmatched"),
                "status": status,
                "ms": round((perf_counter() - started) * 1000, 1),
            }
            _requests.info("request", extra=extra)
        return None
