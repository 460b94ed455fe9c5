"""The components as others use them: from a program in YAML through the package, and from Python by import."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.settings import Settings
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import COMMAND_WITHIN, copy_stack

ROOT = Path(__file__).parents[2]
SECRET = "not-said-aloud"

pytestmark = pytest.mark.sandbox


@dataclass
class ShopStack:
    """A copy of a stack of the repository, with Pulumi state of its own, on the sandbox's second cluster."""

    name: str
    folder: Path

    def __post_init__(self) -> None:
        copy_stack(ROOT / "stacks" / self.name, self.folder)
        chosen = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
        state = {"XDG_STATE_HOME": str(self.folder.with_name("state"))}
        inherited = {key: value for key, value in os.environ.items() if key not in chosen} | state
        toolchain = BuiltToolchain(Settings.read(inherited))
        self._pulumi, self._kubectl = str(toolchain.program("pulumi")), str(toolchain.program("kubectl"))
        self._environment = {**inherited, **toolchain.environment()}

    def configure(self, sandbox: Sandbox) -> None:
        """Name the vCenter, for the provider and for the login to the Supervisor, and give the secret."""
        settings = sandbox.settings()
        login = {
            "server": settings.server,
            "username": settings.username,
            "passwordFile": str(settings.password_file),
            "caFile": str(settings.ca_file),
        }
        self.pulumi("stack", "init", "test")
        plain = {**login, **{f"pacific:{key}": value for key, value in login.items()}, "cluster": "cluster-02"}
        arguments = [word for key, value in plain.items() for word in ("--plaintext", f"{key}={value}")]
        self.pulumi("config", "set-all", *arguments, "--secret", f"greeting={SECRET}")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the stack's folder."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN,
            check=False,
        )

    def pulumi(self, *arguments: str) -> str:
        """Run ``pulumi``; what it printed."""
        done = self.run(self._pulumi, *arguments, "--non-interactive")
        assert done.returncode == 0, f"pulumi {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def pacific_up(self) -> subprocess.CompletedProcess[str]:
        """Run ``pacific up --yes``."""
        return self.run(sys.executable, "-m", "pacific_infra.cli", "up", "--yes", "--stack", "test")

    def kubectl(self, *arguments: str) -> None:
        """Run ``kubectl`` with the stack's own kubeconfig."""
        kubeconfig = self.folder.with_name("kubeconfig")
        kubeconfig.write_text(self.pulumi("stack", "output", "kubeconfig", "--show-secrets"))
        done = self.run(self._kubectl, "--kubeconfig", str(kubeconfig), *arguments)
        assert done.returncode == 0, done.stderr

    def resources(self) -> list[dict[str, Any]]:
        """The resources in the stack's state, as it is exported."""
        deployment: dict[str, list[dict[str, Any]]] = json.loads(self.pulumi("stack", "export"))["deployment"]
        return deployment.get("resources", [])


def whole_urns(name: str) -> list[str]:
    return (ROOT / "tests" / "golden" / f"{name}.urns.txt").read_text().splitlines()


@pytest.mark.parametrize("name", ["yaml-shop", "python-shop"])
def test_a_shop_of_components(name: str, sandbox: Sandbox, tmp_path: Path) -> None:
    stack = ShopStack(name, tmp_path / name)
    stack.configure(sandbox)
    stack.pulumi("preview")  # addresses, kubeconfig and the like are unknown here
    stack.pulumi("up", "--yes", "--skip-preview")
    resources = stack.resources()
    urns = sorted(resource["urn"] for resource in resources)
    assert urns == whole_urns(name)
    outputs = json.loads(stack.pulumi("stack", "output", "--json"))
    assert outputs["kubeconfig"] == "[secret]"
    assert outputs["url"].startswith("http://")
    assert SECRET not in json.dumps(resources)
    deployment = next(resource for resource in resources if resource["type"].endswith(":Deployment"))
    environment = deployment["inputs"]["spec"]["template"]["spec"]["containers"][0]["env"]
    assert environment[0] == {"name": "CATALOGUE", "value": outputs["catalogue"]}
    assert deployment["inputs"]["spec"]["replicas"] == 2

    stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    if name == "python-shop":
        a_program_keeps_its_namespace_with_objects_of_others(stack)
    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert stack.resources() == []


def a_program_keeps_its_namespace_with_objects_of_others(stack: ShopStack) -> None:
    """Only the engine knows what a program declares: what others have in its namespace stops no other change."""
    stack.kubectl("create", "configmap", "theirs", "-n", "python-shop")
    program = stack.folder / "__main__.py"
    whole = program.read_text()
    program.write_text(whole.replace('"20GHz"', '"21GHz"'))
    assert "1 updated" in stack.pacific_up().stdout
    program.write_text(whole[: whole.index("shop = SupervisorNamespace(")])
    refused = stack.pacific_up()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (
        "the namespace python-shop is not deleted, because it contains objects that this stack does not own: got "
        in (refused.stderr)
    )
    assert len(stack.resources()) == len(whole_urns("python-shop"))
    program.write_text(whole)
    stack.kubectl("delete", "configmap", "theirs", "-n", "python-shop")
