"""The raw resources as a YAML program through Pulumi's commands: up, nothing to do, drift, import, destroy."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from sandbox_clients import VCenter

from pacific_infra.sandbox.sandbox import Sandbox
from pacific_infra.toolchain import Toolchain

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(900)]
PROGRAM = Path(__file__).parents[2] / "stacks" / "vcenter" / "Pulumi.yaml"
NAMESPACE = "/api/vcenter/namespaces/instances/raw-shop"


@dataclass
class Project:
    """A folder with a program, and a stack whose state lies in it."""

    folder: Path
    toolchain: Toolchain

    def pulumi(self, *arguments: str, expect: int = 0) -> str:
        """Run ``pulumi``; all that it printed."""
        state = {"PULUMI_BACKEND_URL": f"file://{self.folder}", "PULUMI_CONFIG_PASSPHRASE": "x"}
        done = subprocess.run(
            [str(self.toolchain.program("pulumi")), *arguments, "--non-interactive", "--stack", "dev"],
            cwd=self.folder,
            env={**os.environ, **self.toolchain.environment(), **state},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr


def project(folder: Path, program: str, sandbox: Sandbox, toolchain: Toolchain) -> Project:
    folder.mkdir()
    settings = sandbox.settings()
    configuration = {
        "pacific:server": settings.server,
        "pacific:username": settings.username,
        "pacific:passwordFile": str(settings.password_file),
        "pacific:caFile": str(settings.ca_file),
        "vcenter:cluster": "cluster-02",
        "vcenter:supervisor": "supervisor-02",
    }
    (folder / "Pulumi.yaml").write_text(program)
    made = Project(folder, toolchain)
    made.pulumi("stack", "init")
    file = folder / "Pulumi.dev.yaml"
    lines = [f"  {name}: {json.dumps(value)}" for name, value in configuration.items()]
    file.write_text("\n".join([file.read_text() if file.exists() else "", "config:", *lines, ""]))
    return made


def test_the_program_of_raw_resources(tmp_path: Path, sandbox: Sandbox, toolchain: Toolchain, vcenter: VCenter) -> None:
    if shutil.which("pulumi-resource-pacific") is None:
        pytest.skip("the plug-in is not on PATH")
    text = PROGRAM.read_text().replace("name: shop", "name: raw-shop").replace("name: small", "name: raw-small")
    raw = project(tmp_path / "raw", text, sandbox, toolchain)
    raw.pulumi("up", "--yes", "--skip-preview")
    assert "unchanged" in raw.pulumi("preview", "--expect-no-changes")

    vcenter.call("PATCH", NAMESPACE, {"resource_spec": {"pod_count": 5}}, expect=204)
    assert "resourceSpec" in raw.pulumi("refresh", "--yes", "--diff")
    raw.pulumi("up", "--yes", "--skip-preview")
    assert vcenter.call("GET", NAMESPACE)["resource_spec"]["pod_count"] == 60
    assert "unchanged" in raw.pulumi("refresh", "--yes", "--expect-no-changes")

    empty = project(tmp_path / "empty", "name: vcenter\nruntime: yaml\n", sandbox, toolchain)
    out, programs = tmp_path / "generated.yaml", []
    for kind, identifier in (
        ("Supervisor", "supervisor-02"),
        ("Namespace", "raw-shop"),
        ("SupervisorService", "supervisor-02/harbor.example.com"),
        ("ContainerImageRegistry", "supervisor-02/mirror"),
        ("VirtualMachineClass", "raw-small"),
    ):
        said = empty.pulumi(
            *("import", "--yes", "--protect=false", "--out", str(out)),
            *(f"pacific:vcenter:{kind}", f"the-{kind.lower()}", identifier),
        )
        assert "failed to validate" not in said
        programs.append(out.read_text().removeprefix("resources:\n"))
    written = "name: vcenter\nruntime: yaml\nresources:\n" + "".join(programs)
    (empty.folder / "Pulumi.yaml").write_text(written)
    assert "unchanged" in empty.pulumi("preview", "--expect-no-changes")
    raw.pulumi("destroy", "--yes", "--skip-preview")
