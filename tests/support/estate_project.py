"""A copy of the demo estate's project with a state folder of its own, and the commands run on it."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pyVmomi import vim

from pacific_infra.settings import Settings
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.soap import objects_of, soap_session
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
COMMAND_WITHIN = 2 * PATIENCE
"""Seconds for a command that itself waits for what it made."""
SHARED_SUPERVISOR = "supervisor-01"
"""The one that tests share, on cluster-01 of the sandbox that they share."""


def copy_stack(source: Path, target: Path) -> None:
    """Copy it without what running it in the checkout has left there: stacks with secrets of another passphrase."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("Pulumi.*.yaml", ".pacific", "node_modules", "sdks"))


def _on_supervisor(text: str, name: str) -> str:
    """Documents of one Supervisor, on ``name`` instead, which others have made."""
    declared = re.search(r"^kind: SupervisorCluster\nmetadata: {name: (\S+)}\nspec:\n(?: .*\n)+", text, re.MULTILINE)
    if declared is None:
        return text
    external = f"kind: SupervisorCluster\nmetadata: {{name: {name}}}\nspec: {{external: true}}\n"
    return text.replace(declared[0], external).replace(f"supervisor: {declared[1]}", f"supervisor: {name}")


@dataclass
class EstateProject:
    """The project in ``folder``; its sandbox and Pulumi state lie in ``state``."""

    folder: Path
    state: Path

    def __post_init__(self) -> None:
        copy_stack(ROOT / "stacks", self.folder / "stacks")
        shutil.copy(ROOT / "Pulumi.yaml", self.folder)
        chosen = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in chosen},
            "XDG_STATE_HOME": str(self.state),
            "COLUMNS": "200",
        }
        self.toolchain = BuiltToolchain(Settings.read(self.environment))
        self._kubeconfigs: dict[str, str] = {}

    @classmethod
    def on(cls, sandbox: Sandbox, documents: Path, folder: Path, supervisor: str | None = None) -> Self:
        """A project of other documents, on the vCenter of a sandbox that is up.

        ``supervisor``: name of one that is there already; the documents' own is not made then.
        """
        result = cls(folder / "project", folder / "state")
        shutil.rmtree(result.documents)
        shutil.copytree(documents, result.documents)
        for file in result.documents.glob("*.yaml") if supervisor is not None else ():
            file.write_text(_on_supervisor(file.read_text(), str(supervisor)))
        settings = sandbox.settings()
        result.configure(
            server=settings.server,
            username=settings.username,
            passwordFile=str(settings.password_file),
            caFile=str(settings.ca_file),
        )
        return result

    @property
    def documents(self) -> Path:
        """The demo's documents."""
        return self.folder / "stacks" / "estate" / "documents"

    def edit(self, old: str, new: str) -> None:
        """Replace the first ``old``, which must be there, in the documents' file ``estate.yaml``."""
        file = self.documents / "estate.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox that the project uses."""
        return Sandbox(Settings.read(self.environment).sandbox_directory, self.toolchain)

    def configure(self, **vcenter: str) -> None:
        """Name the vCenter of the stack dev: server, username, passwordFile, caFile."""
        values = {f"pacific:{name}": value for name, value in vcenter.items()}
        (self.folder / "Pulumi.dev.yaml").write_text(json.dumps({"config": values}))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``pacific`` with these arguments."""
        return subprocess.Popen(
            [sys.executable, "-m", "pacific_infra.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def pacific(self, *arguments: str, expect: int = 0) -> str:
        """Run ``pacific``; what it printed on standard output. Another exit code than ``expect`` is a failure."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate(timeout=COMMAND_WITHIN)
        assert process.returncode == expect, f"pacific {' '.join(arguments)}: {process.returncode}\n{stdout}\n{stderr}"
        return stdout if expect in (0, 2) else stdout + stderr

    def json(self, *arguments: str, expect: int = 0) -> Any:
        """The JSON that ``pacific ... --json`` prints."""
        return json.loads(self.pacific(*arguments, "--json", expect=expect))

    def pulumi(self, *arguments: str) -> str:
        """Run ``pulumi`` itself in the project, as a user would; all that it printed."""
        done = subprocess.run(
            [str(self.toolchain.program("pulumi")), *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**self.environment, **self.toolchain.environment()},
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def kubectl(self, *arguments: str, output: str = "json", supervisor: str = "supervisor-01") -> Any:
        """What a kubectl command answers with the kubeconfig that ``pacific outputs`` names; JSON decoded."""
        done = None
        if supervisor in self._kubeconfigs:
            done = self._kubectl(self._kubeconfigs[supervisor], *arguments, "-o", output)
        if done is None or done.returncode != 0:
            # Asked for only now: it takes as long as several questions, and changes with the Supervisor alone.
            self._kubeconfigs[supervisor] = self.pacific("outputs", f"kubeconfigs.{supervisor}").strip()
            done = self._kubectl(self._kubeconfigs[supervisor], *arguments, "-o", output)
            done.check_returncode()
        return json.loads(done.stdout) if output == "json" else done.stdout

    def _kubectl(self, kubeconfig: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.toolchain.program("kubectl")), "--kubeconfig", kubeconfig, *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={name: value for name, value in self.environment.items() if name != "VIRTUAL_ENV"},
        )

    def is_unchanged(self) -> bool:
        """Whether a plan changes nothing. What is not of this stack is read."""
        counts: dict[str, int] = self.json("plan")["counts"]
        return all(operation in ("same", "read") for operation, count in counts.items() if count)

    def inventory(self) -> dict[str, list[str]]:
        """Names of all VMs, resource pools and folders, as pyvmomi sees them."""
        with soap_session(self.sandbox.settings()) as session:
            kinds = {"vms": vim.VirtualMachine, "pools": vim.ResourcePool, "folders": vim.Folder}
            return {key: sorted(item.name for item in objects_of(session, kind)) for key, kind in kinds.items()}
