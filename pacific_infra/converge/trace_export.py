"""Sends spans by OpenTelemetry's SDK. It is imported where traces are wanted, and nowhere else."""

import logging

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode, Tracer, set_span_in_context

from pacific_infra.converge.tracing import Span

AT_ONCE = 512
"""Spans in one request."""
_NANOSECONDS = 1_000_000_000


def export(root: Span) -> str | None:
    """Send a span with its parts to where OpenTelemetry's variables say (OTEL_EXPORTER_OTLP_*), as protobuf over HTTP;
    what went wrong. None: all of them are there.
    """
    # What the exporter says by its log is said in one line by who calls this.
    log = logging.getLogger("opentelemetry.exporter.otlp")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    spans, exporter = _readable(root), OTLPSpanExporter()
    for number in range(0, len(spans), AT_ONCE):
        if exporter.export(spans[number : number + AT_ONCE]) is not SpanExportResult.SUCCESS:
            return "the OTLP endpoint does not take them"
    return None


def _readable(root: Span) -> tuple[ReadableSpan, ...]:
    """The span and its parts as the SDK has them, each after its parts."""
    memory = InMemorySpanExporter()
    # The name that OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say goes before ours.
    resource = Resource({"service.name": "pacific"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    _record(provider.get_tracer("pacific_infra"), root, None)
    return memory.get_finished_spans()


def _record(tracer: Tracer, span: Span, parent: Context | None) -> None:
    recorded = tracer.start_span(
        span.name, parent, attributes=dict(span.attributes), start_time=round(span.began * _NANOSECONDS)
    )
    inner = set_span_in_context(recorded, Context())
    for part in span.parts:
        _record(tracer, part, inner)
    if span.failed:
        recorded.set_status(Status(StatusCode.ERROR))
    recorded.end(round(span.ended * _NANOSECONDS))
