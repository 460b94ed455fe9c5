"""The raw resources as a YAML program through Pulumi's commands: up, nothing to do, drift, import, destroy."""

import json
from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.needs import PLUGIN
from tests.support.sandbox_clients import VCenter
from tests.support.vcenter_project import project

pytestmark = pytest.mark.sandbox
PROGRAM = Path(__file__).parents[2] / "stacks" / "vcenter" / "Pulumi.yaml"
IDENTIFIERS = {
    "Supervisor": "supervisor-02",
    "SupervisorServiceVersion": "harbor.example.com/2.12.0",
    "SupervisorService": "supervisor-02/harbor.example.com",
    "ContainerImageRegistry": "supervisor-02/mirror",
    "NamespaceTemplate": "supervisor-02/raw-team",
    "VirtualMachineClass": "raw-small",
}
"""What an import of each resource names, the namespace left out."""
NAMESPACE = "/api/vcenter/namespaces/instances/raw-shop"


def test_the_program_of_raw_resources(
    tmp_path: Path, sandbox: Sandbox, toolchain: BuiltToolchain, vcenter: VCenter
) -> None:
    PLUGIN.program("pulumi-resource-pacific")
    text = PROGRAM.read_text()
    for name in ("shop", "small", "team"):
        text = text.replace(f"name: {name}\n", f"name: raw-{name}\n")
    raw = project(tmp_path / "raw", text, sandbox, toolchain)
    raw.pulumi("up", "--yes", "--skip-preview")
    assert "unchanged" in raw.pulumi("preview", "--expect-no-changes")

    vcenter.call("PATCH", NAMESPACE, {"resource_spec": {"pod_count": 5}}, expect=204)
    assert "resourceSpec" in raw.pulumi("refresh", "--yes", "--diff")
    raw.pulumi("up", "--yes", "--skip-preview")
    assert vcenter.call("GET", NAMESPACE)["resource_spec"]["pod_count"] == 60
    assert "unchanged" in raw.pulumi("refresh", "--yes", "--expect-no-changes")

    empty = project(tmp_path / "empty", "name: vcenter\nruntime: yaml\n", sandbox, toolchain)
    out, file = tmp_path / "generated.yaml", tmp_path / "imports.json"
    item = "pacific:vcenter:Namespace", "the-namespace", "raw-shop"
    output = empty.pulumi("import", "--yes", "--protect=false", "--out", str(out), *item)
    generated = out.read_text()
    resources = [
        {"type": f"pacific:vcenter:{kind}", "name": f"the-{kind.lower()}", "id": identifier}
        for kind, identifier in {**IDENTIFIERS, "Zone": vcenter.cluster("cluster-02")}.items()
    ]
    file.write_text(json.dumps({"resources": resources}))
    output += empty.pulumi("import", "--yes", "--protect=false", "--out", str(out), "--file", str(file))
    assert "failed to validate" not in output
    generated += out.read_text().removeprefix("resources:\n")
    (empty.folder / "Pulumi.yaml").write_text(f"name: vcenter\nruntime: yaml\n{generated}")
    assert "unchanged" in empty.pulumi("preview", "--expect-no-changes")
    raw.pulumi("destroy", "--yes", "--skip-preview")
