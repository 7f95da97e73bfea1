"""The HTTP side of the catcher: e-mails and traces out, OTLP exports in."""

import html
import re
import zlib

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # generated code, no stubs
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from stack.catcher.mailbox import Mailbox, Message
from stack.catcher.spans import TraceStore

LARGEST_EXPORT = 32 * 1024 * 1024
PROTOBUF = "application/x-protobuf"
TRACES_SHOWN = 100
LINK = re.compile(r"https?://[^\s<>&]+(?:&amp;[^\s<>&]+)*")
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Caught e-mails</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
article{{border-top:1px solid #ccc;padding:.5rem 0}}pre{{white-space:pre-wrap;overflow-wrap:anywhere}}
small{{color:#555}}</style><h1>Caught e-mails</h1>
<p>{count} kept, the newest first. Nothing ever leaves this machine.</p>{items}</html>"""
# The HTML of an e-mail is shown as a stranger's: no script, no request to anywhere.
UNTRUSTED = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"}


def inflate(body: bytes, encoding: str | None) -> bytes:
    """The body of an export, unpacked when it is gzipped; ValueError when too large or damaged."""
    if encoding == "gzip":
        unpack = zlib.decompressobj(wbits=31)
        try:
            body = unpack.decompress(body, LARGEST_EXPORT)
        except zlib.error as error:
            raise ValueError(f"not gzip: {error}") from error
        if unpack.unconsumed_tail:
            raise ValueError("export too large")
    return body


def article(message: Message) -> str:
    """One e-mail in the list, its links clickable."""
    shown = message.as_json()
    text = LINK.sub(r'<a href="\g<0>">\g<0></a>', html.escape(shown["text"] or "", quote=False))
    designed = f' · <a href="messages/{message.id}/html">as designed</a>' if shown["html"] else ""
    return (
        f"<article><h2>{html.escape(shown['subject'])}</h2><small>to {html.escape(', '.join(shown['to']))}"
        f" · {shown['received_at']}{designed}</small><pre>{text}</pre></article>"
    )


class Pages:
    """The handlers, around one mailbox and one trace store."""

    def __init__(self, mailbox: Mailbox, traces: TraceStore) -> None:
        self._mailbox = mailbox
        self._traces = traces

    async def home(self, _: Request) -> Response:
        """The e-mails for a human."""
        messages = self._mailbox.list()
        return HTMLResponse(PAGE.format(count=len(messages), items="".join(map(article, messages))))

    async def messages(self, request: Request) -> Response:
        """GET lists e-mails, of one recipient with `?to=`; DELETE forgets them all."""
        if request.method == "DELETE":
            self._mailbox.clear()
            return Response(status_code=204)
        found = self._mailbox.list(request.query_params.get("to"))
        return JSONResponse({"items": [message.as_json() for message in found]})

    async def message(self, request: Request) -> Response:
        """One e-mail."""
        found = self._mailbox.get(request.path_params["number"])
        return JSONResponse(found.as_json()) if found else JSONResponse({"detail": "no such message"}, 404)

    async def designed(self, request: Request) -> Response:
        """The HTML of one e-mail."""
        found = self._mailbox.get(request.path_params["number"])
        return HTMLResponse((found.body("html") if found else None) or "", headers=UNTRUSTED)

    async def export(self, request: Request) -> Response:
        """Take an OTLP/HTTP export of spans."""
        exported = ExportTraceServiceRequest()
        try:
            exported.ParseFromString(inflate(await request.body(), request.headers.get("content-encoding")))
        except (ValueError, DecodeError) as error:
            return JSONResponse({"detail": str(error)}, 400)
        self._traces.add(exported)
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type=PROTOBUF)

    async def drop(self, request: Request) -> Response:
        """Take an export of metrics or logs and forget it."""
        await request.body()
        return Response(b"", media_type=PROTOBUF)

    async def trace(self, request: Request) -> Response:
        """The spans of one trace."""
        return JSONResponse(self._traces.get(request.path_params["trace_id"].lower()))

    async def traces(self, request: Request) -> Response:
        """The latest traces, `?limit=` of them."""
        limit = request.query_params.get("limit", str(TRACES_SHOWN))
        if not limit.isdecimal():
            return JSONResponse({"detail": "limit is a number"}, 422)
        return JSONResponse(self._traces.summaries(int(limit)))


async def healthy(_: Request) -> Response:
    """Say that we are here."""
    return Response("ok")


def create_app(mailbox: Mailbox, traces: TraceStore) -> Starlette:
    """The application around a mailbox and a trace store."""
    pages = Pages(mailbox, traces)
    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/healthz", healthy),
            Route("/messages", pages.messages, methods=["GET", "DELETE"]),
            Route("/messages/{number:int}", pages.message),
            Route("/messages/{number:int}/html", pages.designed),
            Route("/traces", pages.traces),
            Route("/traces/{trace_id}", pages.trace),
            Route("/v1/traces", pages.export, methods=["POST"]),
            Route("/v1/metrics", pages.drop, methods=["POST"]),
            Route("/v1/logs", pages.drop, methods=["POST"]),
        ]
    )
