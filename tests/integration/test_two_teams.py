"""A platform team's project and an application team's, the second with the kubeconfig of an EDIT user alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import EstateProject
from tests.support.sandbox_clients import SupervisorClient

pytestmark = pytest.mark.sandbox

PLATFORM, APPLICATION = ("-C", "stacks/platform"), ("-C", "stacks/application")


class Teams(EstateProject):
    """Both projects, with one Pulumi state and no sandbox of their own."""

    def configure_team(self, team: str, **settings: str) -> None:
        values = {f"pacific:{name}": value for name, value in settings.items()}
        (self.folder / "stacks" / team / "Pulumi.dev.yaml").write_text(json.dumps({"config": values}))

    def objects(self, client: SupervisorClient, *arguments: str) -> list[dict[str, Any]]:
        """What an administrator sees in the namespace."""
        answer = client.kubectl(client.token(), "get", *arguments, "--namespace", "store", "--output", "json")
        assert answer.returncode == 0, answer.stderr
        items: list[dict[str, Any]] = json.loads(answer.stdout)["items"]
        return items


@pytest.fixture
def sandbox(toolchain: BuiltToolchain, tmp_path: Path) -> Iterator[Sandbox]:
    """One of these teams alone: what others have made in a shared one would be named beside what is asked for."""
    local = Sandbox(tmp_path / "site", toolchain)
    local.up()
    yield local
    local.reset()


@pytest.fixture
def teams(sandbox: Sandbox, tmp_path: Path) -> Iterator[Teams]:
    projects = Teams(tmp_path / "projects", tmp_path / "state")
    settings = sandbox.settings()
    login = {
        "server": settings.server,
        "username": settings.username,
        "passwordFile": str(settings.password_file),
        "caFile": str(settings.ca_file),
    }
    projects.configure_team("platform", **login)
    projects.configure_team("application", **login)
    yield projects
    projects.pacific("down", "--yes", *PLATFORM)


def test_two_teams_on_one_supervisor(sandbox: Sandbox, teams: Teams, tmp_path: Path) -> None:
    refusal = teams.pacific("plan", *APPLICATION, expect=1)
    assert (
        "stacks/application/documents/platform.yaml:5: the Supervisor platform-supervisor is not in vCenter yet: "
        "got 'platform-supervisor'; allowed: none; fix: bring up the stack that makes it first, or correct the name"
    ) in refusal

    teams.pacific("up", "--yes", *PLATFORM)
    endpoint = teams.json("outputs", *PLATFORM)["endpoints"]["platform-supervisor"]
    ca_file = sandbox.settings().ca_file
    assert ca_file is not None
    client = SupervisorClient(endpoint, ca_file, sandbox.directory / "users.json")
    password = tmp_path / "password"
    password.write_text(client.password("alice@vsphere.local"))
    kubeconfig = tmp_path / "kubeconfig"
    login = ("--username", "alice@vsphere.local", "--password-file", str(password))
    teams.pacific("login", "platform-supervisor", *login, "--kubeconfig", str(kubeconfig), *PLATFORM)

    # From here on nothing in the application's project knows where a vCenter is.
    teams.configure_team("application", kubeconfig=str(kubeconfig))
    operations = {node["id"]: node["operation"] for node in teams.json("plan", *APPLICATION)["nodes"]}
    assert operations == {
        "SupervisorCluster/platform-supervisor": "read",
        "VirtualMachineClass/platform-small": "read",
        "Namespace/store": "read",
        "VirtualMachine/store/stock": "create",
        "CrxWorkload/store/web": "create",
    }
    assert teams.json("up", "--yes", *APPLICATION)["result"] == "done"
    again = teams.json("up", "--yes", *APPLICATION)
    assert again["changes"].keys() == {"same"}
    assert teams.objects(client, "deployments")[0]["status"]["readyReplicas"] == 2
    assert {node["state"] for node in teams.json("status", *APPLICATION)["nodes"].values()} == {"converged"}
    assert "CPU and memory limits of Namespace/store" in teams.json("capacity", "--live", *APPLICATION)["notKnown"]

    # What the owner changes on his own is no drift of this stack; what this stack has left behind is.
    owner = client.token()
    assert client.kubectl(owner, "label", "namespace", "store", "team=blue").returncode == 0
    metadata = {
        "name": "left-behind",
        "namespace": "store",
        "labels": {"app.kubernetes.io/managed-by": "pacific-infra"},
        "annotations": {"pacific.infra/stack": "application/dev"},
    }
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    assert client.kubectl(owner, "create", "--filename", "-", document=manifest).returncode == 0
    drift = teams.json("drift", *APPLICATION)
    assert [item["name"] for item in drift["extra"]] == ["store/left-behind"]
    assert drift["drifted"] == 1
    assert client.kubectl(owner, "delete", "configmap", "left-behind", "--namespace", "store").returncode == 0

    teams.pacific("down", "--yes", *APPLICATION)
    assert teams.objects(client, "deployments,virtualmachines,persistentvolumeclaims") == []
    assert teams.json("plan", *PLATFORM)["counts"]["delete"] == 0
    assert teams.pacific("plan", "--detailed-exitcode", *PLATFORM)
    assert not teams.sandbox.directory.exists()
