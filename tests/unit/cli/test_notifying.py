"""Who is told of the end of a command, and that nobody's command fails because of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent
from rich.console import Console

from pacific_infra.cli import main
from pacific_infra.cli.converging import Converged, nothing_done
from pacific_infra.cli.notifying import send_trace, tell_of_drift, tell_of_run, wait_for, webhooks_of
from pacific_infra.cli.session import Session
from pacific_infra.converge.engine_errors import Failure
from pacific_infra.converge.engine_failures import EngineFailed
from pacific_infra.converge.progress import Progress
from pacific_infra.converge.project import Project, find_project
from pacific_infra.converge.tracing import Span
from pacific_infra.documents import Estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import build_graph
from pacific_infra.plan.drift import Drift, DriftedResource, ExtraObject
from pacific_infra.settings import Settings
from pacific_infra.toolchain import Toolchain
from tests.support.webhook_server import WebhookServer, serve_webhook

URN = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"
SECRET = "hunter2"


@dataclass
class Stack:
    """A stack whose configuration has secrets."""

    secrets: Mapping[str, str] = field(default_factory=dict)

    def secret(self, key: str) -> str | None:
        if SECRET in self.secrets:
            raise EngineFailed("incorrect passphrase")
        return self.secrets.get(key)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with serve_webhook() as server:
        yield server


def session(folder: Path, keys: tuple[str, ...] = (), **environment: str) -> Session:
    settings = Settings.read({"HOME": str(folder), **environment})
    project = Project(folder, "estate", "dev", {}, secret_keys=frozenset(keys))
    return Session(settings, project, build_graph(Estate(())), Toolchain(settings), Console(file=StringIO(), width=200))


def remarks_of(session: Session) -> str:
    assert isinstance(session.console.file, StringIO)
    return session.console.file.getvalue()


def run_of_one_resource(*, failed: bool = False) -> Converged:
    progress = Progress([["CrxWorkload/shop/web"]])
    state: dict[str, Any] = {"type": "pacific:index:CrxWorkload", "urn": URN, "parent": ""}
    metadata = {"op": "create", "urn": URN, "type": state["type"], "new": state}
    for kind in ("resourcePreEvent", "resOpFailedEvent" if failed else "resOutputsEvent"):
        progress.apply(EngineEvent.from_json({kind: {"metadata": metadata}}), 1.0)
    if failed:
        progress.failures.append(Failure(URN, f"the server says: Invalid value: {SECRET}"))
    error = EngineFailed(f"failed with {SECRET}") if failed else None
    return Converged(progress, 12.5, error, interrupted=False)


def test_the_setting_of_the_stack_goes_before_the_environment(tmp_path: Path) -> None:
    key = "estate:slackWebhook"
    stack = Stack({key: "https://hooks.example.test/stack"})
    variables = {
        "PACIFIC_SLACK_WEBHOOK": "https://hooks.example.test/env",
        "PACIFIC_CLOUDEVENTS_WEBHOOK": "https://events.example.test",
    }
    by_setting = webhooks_of(session(tmp_path, (key,), **variables), stack)  # type: ignore[arg-type]
    assert [webhook.url for webhook in by_setting] == [
        "https://hooks.example.test/stack",
        "https://events.example.test",
    ]
    by_environment = webhooks_of(session(tmp_path, **variables), stack)  # type: ignore[arg-type]
    assert [webhook.url for webhook in by_environment] == list(variables.values())
    assert webhooks_of(session(tmp_path), stack) == []  # type: ignore[arg-type]


def test_a_run_that_changed_something_is_told(tmp_path: Path, server: WebhookServer) -> None:
    command = session(tmp_path, PACIFIC_CLOUDEVENTS_WEBHOOK=server.url)
    wait_for(command, tell_of_run(command, Stack(), "up", run_of_one_resource()))  # type: ignore[arg-type]
    (event,) = server.contents
    assert event["type"] == "infra.pacific.converge.done"
    assert event["data"]["counts"] == {"create": 1}
    assert event["data"]["documents"] == ["CrxWorkload/shop/web"]
    assert remarks_of(command) == ""


def test_a_run_that_failed_is_told_without_what_servers_said(tmp_path: Path, server: WebhookServer) -> None:
    command = session(tmp_path, PACIFIC_SLACK_WEBHOOK=server.url, PACIFIC_CLOUDEVENTS_WEBHOOK=server.url)
    wait_for(command, tell_of_run(command, Stack(), "up", run_of_one_resource(failed=True)))  # type: ignore[arg-type]
    assert len(server.bodies) == 2
    assert all(b"CrxWorkload/shop/web" in body and SECRET.encode() not in body for body in server.bodies)


def test_a_run_that_changed_nothing_is_not_told(tmp_path: Path, server: WebhookServer) -> None:
    command = session(tmp_path, PACIFIC_SLACK_WEBHOOK=server.url)
    assert tell_of_run(command, Stack(), "up", nothing_done()) == {}  # type: ignore[arg-type]


def test_a_webhook_that_does_not_take_it_is_one_line(tmp_path: Path, server: WebhookServer) -> None:
    command = session(tmp_path, PACIFIC_SLACK_WEBHOOK=server.url)
    server.answers = [(404, {})]
    wait_for(command, tell_of_run(command, Stack(), "up", run_of_one_resource()))  # type: ignore[arg-type]
    assert remarks_of(command) == "warning: Slack was not told: it answered 404\n"


def test_a_configuration_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    command = session(tmp_path, ("estate:slackWebhook",))
    assert tell_of_run(command, Stack({SECRET: ""}), "up", run_of_one_resource()) == {}  # type: ignore[arg-type]
    assert remarks_of(command) == "warning: no webhook was told: incorrect passphrase\n"


def test_drift_is_told_where_there_is_some(tmp_path: Path, server: WebhookServer) -> None:
    command = session(tmp_path, PACIFIC_CLOUDEVENTS_WEBHOOK=server.url)
    webhooks = webhooks_of(command, Stack())  # type: ignore[arg-type]
    assert tell_of_drift(command, webhooks, Drift(3, [])) == {}
    changed = DriftedResource(URN, "kubernetes:apps/v1:Deployment", "web", "changed")
    drift = Drift(3, [("CrxWorkload/shop/web", [changed])], [ExtraObject("apps/v1 Deployment", "shop/old", None)])
    wait_for(command, tell_of_drift(command, webhooks, drift))
    (event,) = server.contents
    assert event["type"] == "infra.pacific.drift.found"
    assert event["data"]["counts"] == {"changed": 1, "orphaned": 1}


def test_drift_without_a_webhook_to_tell_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: estate\nruntime: python\nconfig: {pacific:server: vc.example.test}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Session, "open_stack", lambda self: Stack())
    with pytest.raises(SystemExit) as end:
        main(["drift", "--notify"])
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        "error: --notify: there is no webhook to notify: "
        "fix: pulumi config set --secret estate:slackWebhook --stack dev, or another of docs/notifications.md\n"
    )


@pytest.mark.parametrize("file", ["Pulumi.yaml", "Pulumi.dev.yaml"])
def test_an_address_in_plain_text_is_refused_and_not_repeated(file: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: estate\nruntime: python\n")
    with (tmp_path / file).open("a") as content:
        content.write("config: {'estate:slackWebhook': 'https://hooks.example.test/hunter2'}\n")
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / file}:{3 if file == 'Pulumi.yaml' else 1}: estate:slackWebhook is here in plain text, and "
        "whoever reads it can write to the webhook: fix: make a new address, remove this one, and: "
        "pulumi config set --secret estate:slackWebhook"
    )


def test_traces_that_are_not_taken_are_one_line(
    tmp_path: Path, server: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.url)
    server.answers = [(404, {})]
    command = session(tmp_path)
    wait_for(command, send_trace(command, Span("pacific up", 1.0, 2.0, {})))
    assert remarks_of(command) == "warning: the traces were not sent: the OTLP endpoint does not take them\n"
