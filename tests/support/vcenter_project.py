"""A Pulumi project against a sandbox's vCenter, run by Pulumi's own commands."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import COMMAND_WITHIN


@dataclass
class Project:
    """A folder with a program, and a stack whose state lies in it."""

    folder: Path
    toolchain: BuiltToolchain

    def pulumi(self, *arguments: str, expect: int = 0) -> str:
        """Run ``pulumi``; all that it printed."""
        state = {"PULUMI_BACKEND_URL": f"file://{self.folder}", "PULUMI_CONFIG_PASSPHRASE": "x"}
        done = subprocess.run(
            [str(self.toolchain.program("pulumi")), *arguments, "--non-interactive", "--stack", "dev"],
            cwd=self.folder,
            env={**os.environ, **self.toolchain.environment(), **state},
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr


def project(folder: Path, program: str, sandbox: Sandbox, toolchain: BuiltToolchain) -> Project:
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
    result = Project(folder, toolchain)
    result.pulumi("stack", "init")
    file = folder / "Pulumi.dev.yaml"
    lines = [f"  {name}: {json.dumps(value)}" for name, value in configuration.items()]
    file.write_text("\n".join([file.read_text() if file.exists() else "", "config:", *lines, ""]))
    return result
