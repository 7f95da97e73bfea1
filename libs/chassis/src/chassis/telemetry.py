"""Traces: one provider per process, W3C context carried through the outbox and the broker."""

from __future__ import annotations

import os

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags


def set_up_telemetry(service: str, sampling: float) -> None:
    """Install the provider; spans leave by OTLP only when an endpoint is configured.

    `sampling` is the share of traces started here that are kept; a caller's decision is followed.
    """
    resource = Resource.create({"service.name": service, "service.namespace": "maillon"})
    provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(sampling)))
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=500))
    trace.set_tracer_provider(provider)


def is_sampled(traceparent: str | None) -> bool:
    """True when the trace of this header is being recorded."""
    return traceparent is not None and traceparent.endswith("1")


def parent_of(traceparent: str | None) -> Context | None:
    """The context to continue, from a W3C `traceparent` header."""
    try:
        _, trace_id, span_id, flags = (traceparent or "").split("-")
        remote = SpanContext(
            int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
        )
    except ValueError:
        return None
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())


def traceparent_of(span: Span) -> str | None:
    """The W3C header that continues this span; None outside any trace."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
