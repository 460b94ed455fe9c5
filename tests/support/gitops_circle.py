"""What the tests of docs/gitops.md share: the cluster, a part of the sandbox beside it, the commands of the page."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pacific_sandbox.sandbox import Sandbox
from tests.support.code_blocks import ROOT, code_blocks
from tests.support.estate_project import COMMAND_WITHIN, EstateProject
from tests.support.waiting import PATIENCE


@dataclass
class Cluster:
    """The Supervisor that the controllers run in, as its administrator."""

    kubeconfig: Path
    program: str

    def kubectl(self, *arguments: str, expect: int = 0, document: Any = None) -> str:
        """Run kubectl; ``document`` goes to its standard input. What it printed, of a failure its errors."""
        done = subprocess.run(
            [self.program, "--kubeconfig", str(self.kubeconfig), *arguments],
            input=None if document is None else json.dumps(document),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout if expect == 0 else done.stderr


@contextmanager
def sandbox_part(project: EstateProject, sandbox: Sandbox, name: str) -> Iterator[None]:
    """A part of the sandbox that ``pacific sandbox NAME`` runs beside cluster-01, as a user starts it."""
    with (project.state.parent / f"{name}.log").open("w") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "pacific_infra.cli", "sandbox", name, "cluster-01", "-d", str(sandbox.directory)],
            env=project.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            started.terminate()
            assert started.wait(PATIENCE) == 0


def page_documents(page: Path, folder: str) -> str:
    """Those of a page in a folder, on the Supervisor that is there."""
    (text,) = (block.text for block in code_blocks() if block.page == page and block.file.startswith(f"{folder}/"))
    return text.replace("platform-supervisor", "supervisor-01")


def run_page(project: EstateProject, test: str) -> str:
    """Do what the page says in the block that a test runs; what its commands print."""
    marked = f"run by {Path(test).relative_to(ROOT)}"
    (text,) = (block.text for block in code_blocks() if block.mark == marked)
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", text],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_WITHIN,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
