"""A run as OpenTelemetry's spans, and how they get to what takes them."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.trace_export import AT_ONCE, export
from pacific_infra.converge.tracing import Span, Trace
from pacific_infra.settings import Settings
from tests.support.webhook_server import WebhookServer, serve_webhook

COMPONENT = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"
CHILD = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:apps/v1:Deployment::shop/web-deployment"
STACK = "urn:pulumi:dev::estate::pulumi:pulumi:Stack::estate-dev"
WEB = "CrxWorkload/shop/web"


def step(kind: str, urn: str, parent: str, op: str = "create") -> EngineEvent:
    state = {"type": urn.split("::")[2].rpartition("$")[2], "urn": urn, "parent": parent}
    metadata: dict[str, Any] = {"op": op, "urn": urn, "type": state["type"], "new": state}
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def traced(*events: tuple[EngineEvent, float], failed: bool = False) -> Span:
    trace = Trace()
    for event, now in events:
        trace.event(event, now)
    return trace.whole("pacific up", 10.0, 20.0, {"pacific.stack": "estate/dev"}, failed=failed)


def test_a_document_lasts_from_its_first_resource_to_its_last() -> None:
    root = traced(
        (step("resourcePreEvent", COMPONENT, STACK), 11.0),
        (step("resOutputsEvent", COMPONENT, STACK), 12.0),
        (step("resourcePreEvent", CHILD, COMPONENT), 12.5),
        (step("resOutputsEvent", CHILD, COMPONENT), 15.0),
    )
    (document,) = root.parts
    assert (document.name, document.began, document.ended, document.failed) == (WEB, 11.0, 15.0, False)
    assert [(part.name, part.began, part.ended) for part in document.parts] == [
        ("create pacific:index:CrxWorkload", 11.0, 12.0),
        ("create kubernetes:apps/v1:Deployment", 12.5, 15.0),
    ]
    assert document.parts[1].attributes == {
        "pulumi.urn": CHILD,
        "pulumi.type": "kubernetes:apps/v1:Deployment",
        "pacific.operation": "create",
        "pacific.document": WEB,
    }


def test_what_stays_as_it_is_takes_no_time() -> None:
    events = [(step(kind, CHILD, COMPONENT, "same"), 11.0) for kind in ("resourcePreEvent", "resOutputsEvent")]
    assert traced(*events).parts == []


def test_what_failed_or_was_broken_off_has_failed() -> None:
    root = traced(
        (step("resourcePreEvent", COMPONENT, STACK), 11.0),
        (step("resOpFailedEvent", COMPONENT, STACK), 12.0),
        (step("resourcePreEvent", CHILD, COMPONENT, "update"), 13.0),
        failed=True,
    )
    (document,) = root.parts
    assert document.failed
    assert [(part.name, part.ended, part.failed) for part in document.parts] == [
        ("create pacific:index:CrxWorkload", 12.0, True),
        ("update kubernetes:apps/v1:Deployment", 20.0, True),
    ]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookServer]:
    with serve_webhook() as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
        yield server


def test_parts_have_their_parents_and_times(endpoint: WebhookServer) -> None:
    resource = Span("create a", 11.0, 12.25, {"pulumi.urn": CHILD}, failed=True)
    document = Span(WEB, 11.0, 12.25, {}, failed=True, parts=[resource])
    assert (
        export(Span("pacific up", 10.0, 20.0, {"pacific.stack": "estate/dev"}, failed=True, parts=[document])) is None
    )
    assert endpoint.content_types == ["application/x-protobuf"]
    (sent,) = ExportTraceServiceRequest.FromString(endpoint.bodies[0]).resource_spans
    assert {item.key: item.value.string_value for item in sent.resource.attributes}["service.name"] == "pacific"
    inner, middle, outer = sent.scope_spans[0].spans
    assert [span.name for span in (outer, middle, inner)] == ["pacific up", WEB, "create a"]
    assert (inner.start_time_unix_nano, inner.end_time_unix_nano) == (11_000_000_000, 12_250_000_000)
    assert (outer.parent_span_id, middle.parent_span_id, inner.parent_span_id) == (b"", outer.span_id, middle.span_id)
    assert len({span.trace_id for span in (outer, middle, inner)}) == 1
    assert [span.status.code for span in (outer, middle, inner)] == [2, 2, 2]


def test_many_spans_go_in_parts(endpoint: WebhookServer) -> None:
    assert export(Span("pacific up", 1.0, 2.0, {}, parts=[Span("a", 1.0, 2.0, {})] * (AT_ONCE + 5))) is None
    sizes = [
        len(ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans)
        for body in endpoint.bodies
    ]
    assert sizes == [AT_ONCE, 6]


def test_an_endpoint_that_refuses_is_said(endpoint: WebhookServer, capfd: pytest.CaptureFixture[str]) -> None:
    endpoint.answers = [(400, {})]
    assert export(Span("pacific up", 1.0, 2.0, {})) == "the OTLP endpoint does not take them"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("environment", "traced_runs"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
    ],
)
def test_runs_are_traced_where_there_is_an_endpoint(environment: dict[str, str], traced_runs: bool) -> None:
    assert Settings.read(environment).traced is traced_runs
