"""What a platform team gives, in one `up`: two Supervisors, services, teams by a template, VMs, a cluster, a way in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.estate_project import EstateProject
from tests.support.sandbox_clients import SUPERVISORS, VCenter

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]
WHOLE = ("-C", "stacks/platform", "-s", "whole")
SECRETS = ("administratorPassword", "paymentToken", "pipelinePassword", "productKey", "registryPassword")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[EstateProject]:
    project = EstateProject(tmp_path / "project", tmp_path / "state")
    project.pulumi("stack", "init", "whole", "--cwd", "stacks/platform")
    for number, folder in enumerate(("documents", "services", "teams")):
        path = f"platform:documents[{number}]"
        project.pulumi("config", "set", "--cwd", "stacks/platform", "--stack", "whole", "--path", path, folder)
    for name in SECRETS:
        words = ("--cwd", "stacks/platform", "--stack", "whole", "--secret", f"platform:{name}", f"of-the-test-{name}")
        project.pulumi("config", "set", *words)
    yield project
    project.sandbox.reset()


def test_a_whole_platform_converges_stays_and_goes(project: EstateProject) -> None:
    result = project.json("up", "--yes", *WHOLE)
    assert result["result"] == "done"
    status = project.json("status", *WHOLE)["nodes"]
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
    project.pacific("plan", "--engine", "--detailed-exitcode", *WHOLE)
    assert project.json("drift", *WHOLE)["drifted"] == 0
    assert not any(secret in project.pacific("outputs", *WHOLE) for secret in SECRETS)

    vcenter = VCenter(project.sandbox.settings())
    summaries = vcenter.call("GET", f"{SUPERVISORS}/summaries")["items"]
    (supervisor,) = (item["supervisor"] for item in summaries if item["info"]["name"] == "platform-supervisor")
    registries = f"{SUPERVISORS}/{supervisor}/container-image-registries"
    (registry,) = vcenter.call("GET", registries)
    vcenter.call("DELETE", f"{registries}/{registry['id']}")
    vcenter.close()
    (live,) = (
        entry["live"]
        for node, entry in project.json("status", *WHOLE)["nodes"].items()
        if node == "ContainerImageRegistry/registry"
    )
    assert (live["state"], live["reason"]) == ("missing", "ContainerImageRegistry does not exist")

    project.pacific("down", "--yes", "--keep-sandbox", *WHOLE)
    left = project.inventory()
    assert left["vms"] == []
