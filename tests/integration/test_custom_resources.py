"""A kind of one's own, its controller and a resource in one ``up``; this test plays the controller's program."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import COMMAND_WITHIN, SHARED_SUPERVISOR, EstateProject
from tests.support.sandbox_clients import SupervisorClient, VCenter
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox
DOCUMENTS = Path(__file__).parents[1] / "golden" / "queue-estate"
ACCOUNT = "system:serviceaccount:queues:queue-controller"


@pytest.fixture
def project(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> EstateProject:
    """The queue estate on the sandbox's Supervisor."""
    del supervisor
    return EstateProject.on(sandbox, DOCUMENTS, tmp_path, SHARED_SUPERVISOR)


def test_definition_controller_and_resource_in_one_up(
    project: EstateProject, vcenter: VCenter, supervisor_client: SupervisorClient
) -> None:
    up = project.start("up", "--yes", "--json")
    client, administrator = supervisor_client, supervisor_client.token()

    def get(*subject: str) -> Any:
        done = client.kubectl(administrator, "get", *subject, "-n", "queues", "-o", "json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    queue = wait_until("the resource", lambda: get("queues.example.com", "orders"))
    assert get("deployment", "queue-controller")["status"]["availableReplicas"] == 1
    # A condition of an older generation does not count; `up` waits on.
    stale = [{"type": "Ready", "status": "True", "observedGeneration": 0}]
    _report(client, administrator, stale)
    with pytest.raises(Exception, match="timed out"):
        up.communicate(timeout=3)
    ready = [{**stale[0], "observedGeneration": queue["metadata"]["generation"]}]
    _report(client, administrator, ready, endpoint="queue-1.example.com", port=5672)
    stdout, stderr = up.communicate(timeout=COMMAND_WITHIN)
    assert up.returncode == 0, stdout + stderr
    assert json.loads(stdout)["result"] == "done"

    def environment() -> dict[str, str]:
        (container,) = get("deployment", "reader")["spec"]["template"]["spec"]["containers"]
        return {item["name"]: item["value"] for item in container["env"]}

    assert environment() == {"QUEUE": "http://queue-1.example.com", "PORT": "5672", "SIZE": "3"}
    assert project.is_unchanged()
    # What the controller reports later reaches those who take it, and changes the resource itself in nothing.
    _report(client, administrator, ready, endpoint="queue-2.example.com")
    changes = project.json("up", "--yes")["changes"]
    assert {kind: number for kind, number in changes.items() if kind not in ("same", "read")} == {"update": 1}
    assert environment()["QUEUE"] == "http://queue-2.example.com"
    _check_rights(client, administrator)
    _removing_the_definition_is_refused(project)
    _taking_a_stored_version_away_is_refused(project)
    _a_resource_of_others_keeps_the_definition(project, client, administrator)
    project.pacific("down", "--yes")
    remaining = vcenter.call("GET", "/api/vcenter/namespaces/instances/v2")
    assert "queues" not in {item["namespace"] for item in remaining}


def _report(client: SupervisorClient, token: str, conditions: list[dict[str, Any]], **fields: Any) -> None:
    patch = json.dumps({"status": {"conditions": conditions, **fields}})
    arguments = ("queues.example.com", "orders", "-n", "queues", "--subresource=status", "--type=merge", "-p", patch)
    done = client.kubectl(token, "patch", *arguments)
    assert done.returncode == 0, done.stderr


def _check_rights(client: SupervisorClient, administrator: str) -> None:
    """The controller may do what it needs; who may edit the namespace may not define kinds or give rights."""
    developer = client.token("alice@vsphere.local")

    def can(token: str, *subject: str) -> str:
        return client.kubectl(token, "auth", "can-i", *subject, "-n", "queues").stdout.strip()

    as_account: Callable[..., str] = lambda *subject: can(administrator, *subject, f"--as={ACCOUNT}")  # noqa: E731
    assert as_account("patch", "queues.example.com", "--subresource=status") == "yes"
    assert as_account("watch", "queues.example.com") == "yes"
    assert as_account("delete", "queues.example.com") == "no"
    assert as_account("get", "secrets") == "no"
    assert can(developer, "create", "deployments") == "yes"
    assert can(developer, "create", "customresourcedefinitions") == "no"
    assert can(developer, "create", "queues.example.com") == "no"
    assert can(developer, "create", "rolebindings") == "no"


def _removing_the_definition_is_refused(project: EstateProject) -> None:
    file = project.documents / "queues.yaml"
    text = file.read_text()
    parts = [part for part in text.split("---\n") if "kind: CustomResourceDefinition" not in part]
    file.write_text("---\n".join(parts))
    manifest = (project.documents / "queues.crd.yaml").rename(project.documents / "queues.crd.txt")
    output = project.pacific("up", "--yes", expect=1)
    assert "CustomResource/queues/orders names a document that does not exist" in output
    file.write_text(text)
    manifest.rename(project.documents / "queues.crd.yaml")


def _taking_a_stored_version_away_is_refused(project: EstateProject) -> None:
    manifest = project.documents / "queues.crd.yaml"
    text = manifest.read_text()
    manifest.write_text(text.replace("name: v1\n", "name: v2\n"))
    for command in (("plan",), ("up", "--yes")):
        output = project.pacific(*command, expect=1)
        assert (
            "CustomResourceDefinition/queues: resources may be stored in a version that the manifest no longer has: "
            "got 'v1'; allowed: v2; fix: keep v1 in the manifest with served: false until they are migrated"
        ) in " ".join(output.split())
    manifest.write_text(text)


def _a_resource_of_others_keeps_the_definition(project: EstateProject, client: SupervisorClient, token: str) -> None:
    queue = {"apiVersion": "example.com/v1", "kind": "Queue", "metadata": {"name": "of-others"}, "spec": {"size": 1}}
    file = project.folder / "queue.json"
    file.write_text(json.dumps(queue))
    result = client.kubectl(token, "apply", "-n", "queues", "-f", str(file))
    assert result.returncode == 0, result.stderr
    output = project.pacific("down", "--yes", expect=1)
    # Namespace and definition would both take it along; the namespace comes first.
    assert (
        "the namespace queues is not deleted, because it contains objects that this stack does not own: "
        "got 'Queue of-others without a known owner'; fix: ask their owners to remove them, or import them into this "
        "stack first"
    ) in " ".join(output.split())
    assert client.kubectl(token, "get", "queues.example.com", "orders", "-n", "queues").returncode == 0
    client.kubectl(token, "delete", "queues.example.com", "of-others", "-n", "queues")
