"""A pull request planned, merged, applied and looked at for drift by `pacific ci`, and who is told: real runs."""

from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject
from tests.support.forge_server import REPOSITORY, ForgeServer, Request, serve_forge
from tests.support.git_repositories import commit_files, git, make_remote
from tests.support.reviewed_estate import CONTEXT, DOCUMENT, as_job, machine_class, reviewed_estate
from tests.support.webhook_server import WebhookServer, serve_webhook

pytestmark = pytest.mark.sandbox
CLASS = "VirtualMachineClass/reviewed"


def job(project: EstateProject, server: ForgeServer, number: int | None, commit: str) -> None:
    as_job(project, number, commit, api=server.url, repository=REPOSITORY, token="of-the-test")


def spans_of(collector: WebhookServer) -> list[Span]:
    """What a collector of traces was sent."""
    return [
        span
        for body in collector.bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> EstateProject:
    make_remote(tmp_path / "remote.git", {"README.md": "text"})
    return reviewed_estate(sandbox, tmp_path, str(tmp_path / "remote.git"))


def test_what_was_reviewed_is_applied_and_then_has_no_drift(project: EstateProject) -> None:
    with serve_forge("gitea") as server, serve_webhook() as webhook, serve_webhook() as collector:
        project.environment |= {
            "PACIFIC_CLOUDEVENTS_WEBHOOK": webhook.url,
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector.url,
        }
        project.pacific("up", "--yes")
        (event,) = webhook.contents
        assert (event["type"], event["data"]["documents"]) == ("infra.pacific.converge.done", [CLASS])
        assert {span.name for span in spans_of(collector)} >= {"pacific up", CLASS}
        webhook.answers = [(404, {})]
        head = commit_files(project.folder, {DOCUMENT: machine_class(4)})
        git(project.folder, "push", "--quiet", "origin", "HEAD:change")
        server.requests[1] = Request(1, head)

        job(project, server, 1, head)
        assert project.json("ci", "plan")["stacks"] == {"estate/dev": "planned"}
        assert server.statuses[head][CONTEXT.format("plan")] == (
            "success",
            "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 1 unchanged",
        )
        (comment,) = server.comments[1].values()
        assert f"({DOCUMENT}:1)" in comment
        assert "-   cpuCount: 2\n+   cpuCount: 4\n" in comment

        git(project.folder, "push", "--quiet", "origin", f"{head}:main")
        server.requests[1].state, server.requests[1].merge_commit = "merged", head
        job(project, server, None, head)
        assert project.json("ci", "apply")["stacks"] == {"estate/dev": "applied"}
        assert server.statuses[head][CONTEXT.format("apply")] == ("success", "applied")
        assert [event["data"]["counts"] for event in webhook.contents] == [{"create": 2}, {"update": 1}]
        project.pacific("plan", "--engine", "--detailed-exitcode")

        assert project.json("ci", "drift")["stacks"] == {"estate/dev": "clean"}
        project.pacific("drift", "--notify")
        assert len(webhook.contents) == 2
        project.pacific("down", "--yes", "--keep-sandbox")
