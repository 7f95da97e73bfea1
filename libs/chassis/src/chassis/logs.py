"""Logs: one JSON object a line, with the trace it belongs to; ids only, never what a person typed."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from time import perf_counter
from types import TracebackType

from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics

_requests = logging.getLogger("http")
_QUIET = ("/livez", "/readyz", "/metrics")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: its message, its `extra` fields, the service and the trace.

    Of an exception it keeps the class and the places, not the text: driver errors quote the rows they failed on.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            line["trace_id"] = f"{context.trace_id:032x}"
            line["span_id"] = f"{context.span_id:016x}"
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["where"] = _places(record.exc_info[2])
        return json.dumps(line, default=str, ensure_ascii=False)


def _places(frame: TracebackType | None) -> list[str]:
    found = []
    while frame is not None:
        code = frame.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/')[2]}:{frame.tb_lineno} {code.co_name}")
        frame = frame.tb_next
    return found[-8:]


def set_up_logs(service: str, level: str) -> None:
    """Send every logger of the process, libraries included, through the one formatter."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # the broker's keeper reports outages, once each
    logging.getLogger("asyncio").setLevel(logging.ERROR)


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
            route, took = getattr(scope.get("route"), "path", "unmatched"), perf_counter() - started
            metrics.requests.labels(scope["method"], route, status).observe(took)
            extra = {"method": scope["method"], "route": route, "status": status, "ms": round(took * 1000, 1)}
            _requests.info("request", extra=extra)
        return None
