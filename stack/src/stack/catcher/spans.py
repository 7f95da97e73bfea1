"""The spans that arrived over OTLP, the last traces only."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

CAPACITY_SPANS = 50_000
NANOSECONDS = 1_000_000_000
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")


def plain_value(value: AnyValue) -> Any:
    """A protobuf attribute value as JSON knows it."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return plain_attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind) if kind else None


def plain_attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes as a dictionary."""
    return {pair.key: plain_value(pair.value) for pair in pairs}


def plain_span(service: str, span: Span) -> dict[str, Any]:
    """What a reader wants to know of a span."""
    return {
        "service": service,
        "name": span.name,
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_id": span.parent_span_id.hex() or None,
        "kind": KINDS[span.kind],
        "status": STATUSES[span.status.code],
        "start": datetime.fromtimestamp(span.start_time_unix_nano / NANOSECONDS, UTC).isoformat(),
        "duration_ms": round((span.end_time_unix_nano - span.start_time_unix_nano) / 1e6, 3),
        "attributes": plain_attributes(span.attributes),
        "links": [{"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex()} for link in span.links],
    }


class TraceStore:
    """Keeps whole traces until there are `capacity` spans, then drops the trace that began first."""

    def __init__(self, capacity: int = CAPACITY_SPANS) -> None:
        self._traces: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._capacity = capacity
        self._count = 0

    def add(self, request: ExportTraceServiceRequest) -> None:
        """Keep all spans of an export."""
        for resource in request.resource_spans:
            service = str(plain_attributes(resource.resource.attributes).get("service.name", "unknown"))
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self._keep(plain_span(service, span))

    def _keep(self, span: dict[str, Any]) -> None:
        self._traces.setdefault(span["trace_id"], []).append(span)
        self._count += 1
        while self._count > self._capacity:
            _, dropped = self._traces.popitem(last=False)
            self._count -= len(dropped)

    def get(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace by start time, none when it is unknown."""
        return sorted(self._traces.get(trace_id, []), key=lambda span: span["start"])

    def summaries(self, limit: int) -> list[dict[str, Any]]:
        """The traces that began last, the newest first, in a few words each."""
        newest = list(reversed(self._traces))[:limit]
        return [self._summary(trace_id) for trace_id in newest]

    def _summary(self, trace_id: str) -> dict[str, Any]:
        spans = self.get(trace_id)
        return {
            "trace_id": trace_id,
            "name": spans[0]["name"],
            "services": sorted({span["service"] for span in spans}),
            "spans": len(spans),
            "start": spans[0]["start"],
        }
