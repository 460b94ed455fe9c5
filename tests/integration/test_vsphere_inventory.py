"""pulumi-vsphere and `pacific` in one program: look-ups, tags, a storage policy and a library given to a namespace."""

import json
from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.needs import PLUGIN
from tests.support.sandbox_clients import VCenter
from tests.support.vcenter_project import Project, project

pytestmark = pytest.mark.sandbox
PROGRAM = Path(__file__).parents[2] / "stacks" / "vsphere-inventory" / "Pulumi.yaml"
NAMESPACE = "/api/vcenter/namespaces/instances/v2/team-inventory"


def stack(folder: Path, sandbox: Sandbox, toolchain: BuiltToolchain) -> Project:
    result = project(folder, PROGRAM.read_text(), sandbox, toolchain)
    settings = sandbox.settings()
    login = {"vsphereServer": settings.server, "user": settings.username, "allowUnverifiedSsl": "true"}
    plain = [word for name, value in login.items() for word in ("--plaintext", f"vsphere:{name}={value}")]
    secret = f"vsphere:password={settings.read_password()}"
    result.pulumi(
        "config", "set-all", *plain, "--plaintext", "vsphere-inventory:supervisor=supervisor-01", "--secret", secret
    )
    return result


def test_the_stack_of_both_providers(
    tmp_path: Path, sandbox: Sandbox, toolchain: BuiltToolchain, vcenter: VCenter, supervisor: str
) -> None:
    PLUGIN.program("pulumi-resource-pacific")
    inventory_project = stack(tmp_path / "one", sandbox, toolchain)
    inventory_project.pulumi("up", "--yes")
    outputs = json.loads(inventory_project.pulumi("stack", "output", "--json"))
    assert (outputs["network"], outputs["namespace"], outputs["tag"]) == (
        "DistributedVirtualPortgroup",
        "RUNNING",
        "namespace-team-inventory",
    )
    assert outputs["cluster"] == vcenter.cluster("cluster-01")
    namespace = vcenter.call("GET", NAMESPACE)
    assert namespace["supervisor"] == supervisor
    assert outputs["policy"] in [storage_spec["policy"] for storage_spec in namespace["storage_specs"]]
    assert outputs["library"] in [
        content_library["content_library"] for content_library in namespace["content_libraries"]
    ]

    assert "unchanged" in inventory_project.pulumi("up", "--yes", "--refresh", "--skip-preview", "--expect-no-changes")
    changed = (
        PROGRAM.read_text()
        .replace("The team's own images", "Images")
        .replace("{name: fast,", "{name: fast, description: Flash,")
    )
    (inventory_project.folder / "Pulumi.yaml").write_text(changed)
    inventory_project.pulumi("up", "--yes", "--skip-preview")
    assert vcenter.call("GET", f"/api/content/library/{outputs['library']}")["description"] == "Images"
    password = sandbox.settings().read_password()
    assert password not in inventory_project.pulumi("stack", "export")
    inventory_project.pulumi("destroy", "--yes", "--skip-preview")
    assert len(vcenter.call("GET", "/api/content/library")) == 1
