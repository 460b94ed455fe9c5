"""What a platform team gives, in one `up`: two Supervisors, services, teams by a template, VMs, a cluster, a way in.

Beside it is an application team's project, with the kubeconfig of an EDIT user alone.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.settings import Settings
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import EstateProject
from tests.support.sandbox_clients import SUPERVISORS, SupervisorClient, VCenter

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]
WHOLE, APPLICATION = ("-C", "stacks/platform", "-s", "whole"), ("-C", "stacks/application")
SECRETS = ("administratorPassword", "paymentToken", "pipelinePassword", "productKey", "registryPassword")


@dataclass
class Teams(EstateProject):
    """Both projects, with one Pulumi state and no sandbox of their own: ``site`` is a vCenter as any other."""

    site: Sandbox

    @property
    def sandbox(self) -> Sandbox:
        return self.site

    def configure_application(self, **settings: str) -> None:
        values = {f"pacific:{name}": value for name, value in settings.items()}
        (self.folder / "stacks" / "application" / "Pulumi.dev.yaml").write_text(json.dumps({"config": values}))

    def configure_platform(self, *arguments: str) -> None:
        self.pulumi("config", "set-all", "--cwd", "stacks/platform", "--stack", "whole", *arguments)

    def objects(self, client: SupervisorClient, *arguments: str) -> list[dict[str, Any]]:
        """What an administrator sees in the application's namespace."""
        answer = client.kubectl(client.token(), "get", *arguments, "--namespace", "store", "--output", "json")
        assert answer.returncode == 0, answer.stderr
        items: list[dict[str, Any]] = json.loads(answer.stdout)["items"]
        return items


@pytest.fixture(scope="module")
def site(toolchain: BuiltToolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One of these teams alone: what others have made in a shared one would be named beside what is asked for."""
    local = Sandbox(tmp_path_factory.mktemp("site") / "site", toolchain)
    local.up()
    yield local
    local.reset()


@pytest.fixture(scope="module")
def configured(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Teams:
    """Both projects before the platform's first ``up``."""
    folder = tmp_path_factory.mktemp("platform")
    teams = Teams(folder / "projects", folder / "state", site)
    settings = site.settings()
    login = {
        "server": settings.server,
        "username": settings.username,
        "passwordFile": str(settings.password_file),
        "caFile": str(settings.ca_file),
    }
    teams.configure_application(**login)
    teams.pulumi("stack", "init", "whole", "--cwd", "stacks/platform")
    plain = [word for name, value in login.items() for word in ("--plaintext", f"pacific:{name}={value}")]
    secret = [word for name in SECRETS for word in ("--secret", f"platform:{name}=of-the-test-{name}")]
    teams.configure_platform(*plain, *secret)
    folders = enumerate(("documents", "services", "teams"))
    paths = [word for number, folder in folders for word in ("--plaintext", f"platform:documents[{number}]={folder}")]
    teams.configure_platform("--path", *paths)
    return teams


@pytest.fixture(scope="module")
def teams(configured: Teams) -> Teams:
    """With the platform converged, which the application's project has waited for."""
    refusal = configured.pacific("plan", *APPLICATION, expect=1)
    assert (
        "stacks/application/documents/platform.yaml:5: the Supervisor platform-supervisor is not in vCenter yet: "
        "got 'platform-supervisor'; allowed: none; fix: bring up the stack that makes it first, or correct the name"
    ) in refusal
    assert configured.json("up", "--yes", *WHOLE)["result"] == "done"
    return configured


def test_a_whole_platform_converges_and_stays(teams: Teams) -> None:
    status = teams.json("status", *WHOLE)["nodes"]
    assert {entry["state"] for entry in status.values()} == {"converged"}
    assert {entry["live"]["state"] for entry in status.values() if entry["live"]} == {"healthy"}
    assert {node.partition("/")[0] for node in status} >= {
        "SupervisorService",
        "ContainerImageRegistry",
        "VirtualMachineGroup",
        "WorkloadCluster",
        "Manifests",
        "Ingress",
        "ExternalSecret",
        "ContentLibrary",
        "StoragePolicy",
        "SsoGroup",
    }
    teams.pacific("plan", "--engine", "--detailed-exitcode", *WHOLE)
    assert teams.json("drift", *WHOLE)["drifted"] == 0
    assert not any(secret in teams.pacific("outputs", *WHOLE) for secret in SECRETS)


def test_two_teams_on_one_supervisor(teams: Teams, tmp_path: Path) -> None:
    endpoint = teams.json("outputs", *WHOLE)["endpoints"]["platform-supervisor"]
    ca_file = teams.site.settings().ca_file
    assert ca_file is not None
    client = SupervisorClient(endpoint, ca_file, teams.site.directory / "users.json")
    kubeconfig = tmp_path / "kubeconfig"

    def log_in(user: str, supervisor: str, expect: int = 0) -> str:
        password = tmp_path / "password"
        password.write_text(client.password(user))
        words = ("--username", user, "--password-file", str(password), "--kubeconfig", str(kubeconfig))
        return teams.pacific("login", supervisor, *words, *WHOLE, expect=expect)

    # Who may not ask vCenter for names finds a Supervisor by the namespaces, where all are on the same.
    log_in("bob@vsphere.local", "platform-supervisor")
    several = "your namespaces are on several Supervisors: got 'platform-supervisor'"
    assert several in log_in("alice@vsphere.local", "platform-supervisor", expect=1)
    kubeconfig.unlink()
    log_in("alice@vsphere.local", endpoint)

    # From here on nothing in the application's project knows where a vCenter is.
    teams.configure_application(kubeconfig=str(kubeconfig))
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
    assert teams.json("plan", *WHOLE)["counts"]["delete"] == 0
    assert teams.pacific("plan", "--detailed-exitcode", *WHOLE)
    assert not Settings.read(teams.environment).sandbox_directory.exists()


def test_what_vcenter_does_not_have_any_more_is_missing_and_all_else_goes(teams: Teams) -> None:
    vcenter = VCenter(teams.site.settings())
    summaries = vcenter.call("GET", f"{SUPERVISORS}/summaries")["items"]
    (supervisor,) = (item["supervisor"] for item in summaries if item["info"]["name"] == "platform-supervisor")
    registries = f"{SUPERVISORS}/{supervisor}/container-image-registries"
    (registry,) = vcenter.call("GET", registries)
    vcenter.call("DELETE", f"{registries}/{registry['id']}")
    vcenter.close()
    (live,) = (
        entry["live"]
        for node, entry in teams.json("status", *WHOLE)["nodes"].items()
        if node == "ContainerImageRegistry/registry"
    )
    assert (live["state"], live["reason"]) == ("missing", "ContainerImageRegistry does not exist")

    teams.pacific("down", "--yes", *WHOLE)
    left = teams.inventory()
    assert left["vms"] == []
