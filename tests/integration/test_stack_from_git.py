"""An estate that converges from git in a cluster: by what `pacific render pko` writes and the stand-in operator."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.git_server import git_server
from pacific_sandbox.sandbox import Sandbox
from tests.support.code_blocks import ROOT, code_blocks
from tests.support.estate_project import EstateProject
from tests.support.git_repositories import IDENTITY, commit_files, git, make_remote
from tests.support.sandbox_clients import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]
PAGE = ROOT / "docs" / "gitops.md"
NAMESPACE = "pulumi-kubernetes-operator"
RESYNC = 60


@dataclass
class Cluster:
    """The Supervisor that the operator runs in, as its administrator."""

    kubeconfig: Path
    program: str

    def kubectl(self, *arguments: str, expect: int = 0) -> str:
        done = subprocess.run(
            [self.program, "--kubeconfig", str(self.kubeconfig), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def stack(self) -> Any:
        return json.loads(self.kubectl("get", "stack", "estate-dev", "-n", NAMESPACE, "-o", "json"))

    def conditions(self) -> dict[str, str]:
        return {item["type"]: item["reason"] for item in self.stack().get("status", {}).get("conditions", ())}

    def replicas(self) -> str:
        return self.kubectl("get", "deployment", "web", "-n", "circle", "-o", "jsonpath={.spec.replicas}")

    def converged(self, commit: str) -> Callable[[], bool]:
        """Whether this commit is what the Stack has converged, or an AssertionError with what it says of a failure."""

        def condition() -> bool:
            status = self.stack().get("status", {})
            last = status.get("lastUpdate", {})
            assert last.get("state") != "failed", last["message"]
            is_ready = "ProcessingCompleted" in self.conditions().values()
            return is_ready and bool(last.get("lastSuccessfulCommit") == f"main@sha1:{commit}")

        return condition


@pytest.fixture
def project(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> EstateProject:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "estate.yaml").write_text(documents(replicas=2))
    project = EstateProject.on(sandbox, folder, tmp_path)
    make_remote(tmp_path / "estate.git", {"README.md": "text"})
    git(project.folder, "init", "--quiet", "--initial-branch=main")
    git(project.folder, "remote", "add", "origin", str(tmp_path / "estate.git"))
    return project


@pytest.fixture
def operator(project: EstateProject, sandbox: Sandbox) -> Iterator[None]:
    """The stand-in, as a user starts it."""
    directory = ("--directory", str(sandbox.directory))
    with (project.state.parent / "operator.log").open("w") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "pacific_infra.cli", "sandbox", "operator", "cluster-01", *directory],
            env=project.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            started.terminate()
            assert started.wait(30) == 0


def documents(replicas: int) -> str:
    """Those of the page, on the Supervisor that is there."""
    (text,) = (block.text for block in code_blocks() if block.page == PAGE and block.file.startswith("estate/"))
    return text.replace("platform-supervisor", "supervisor-01").replace("replicas: 2", f"replicas: {replicas}")


def run_page(project: EstateProject) -> str:
    """Do what the page says; what its commands print."""
    marked = f"run by {Path(__file__).relative_to(ROOT)}"
    (text,) = (block.text for block in code_blocks() if block.mark == marked)
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", text],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def push(project: EstateProject, files: dict[str, str | None]) -> str:
    commit = commit_files(project.folder, files)
    git(project.folder, "push", "--quiet", "--force", "origin", "main")
    return commit


def test_a_commit_converges_drift_is_healed_and_a_deleted_stack_is_destroyed(
    project: EstateProject, operator: None, sandbox: Sandbox, supervisor: str, tmp_path: Path
) -> None:
    kubectl = project.toolchain.program("kubectl")
    cluster = Cluster(sandbox.directory / "supervisors" / supervisor / "admin.kubeconfig", str(kubectl))
    settings = sandbox.settings()
    configuration = {"server": settings.server, "username": settings.username, "caFile": str(settings.ca_file)}
    project.configure(**configuration, passwordFile="/run/secrets/pacific/password")
    file = os.path.relpath(project.documents / "estate.yaml", project.folder)
    state, password = tmp_path / "shared-state", tmp_path / "password"
    state.mkdir()
    password.write_text(settings.read_password())
    wait_until("the operator's definitions", lambda: "stacks" in cluster.kubectl("api-resources"), within=60)
    with git_server(tmp_path) as url:
        project.environment |= {
            **IDENTITY,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(kubectl.parent), os.environ["PATH"]]),
            "PACIFIC_SANDBOX": str(sandbox.directory),
            "KUBECONFIG": str(cluster.kubeconfig),
            **{"URL": url, "STATE": str(state), "PASSWORD": str(password)},
        }
        *_, header, line = run_page(project).splitlines()
        assert " ".join(header.split()) == "NAMESPACE NAME LAST UPDATE AGE READY RECONCILING STALLED PERMALINK"
        assert line.split()[1:3] + line.split()[4:] == ["estate-dev", "succeeded", "True"]
        assert cluster.converged(git(project.folder, "rev-parse", "HEAD"))()
        assert cluster.replicas() == "2"

        commit = push(project, {file: documents(replicas=3)})
        cluster.kubectl("annotate", "gitrepository", "estate", "-n", NAMESPACE, "reconcile.fluxcd.io/requestedAt=now")
        wait_until("the second commit", cluster.converged(commit), within=120)
        assert cluster.replicas() == "3"

        cluster.kubectl("scale", "deployment", "web", "-n", "circle", "--replicas=7")
        wait_until("the drift's end", lambda: cluster.replicas() == "3", within=RESYNC + 120)

        cluster.kubectl("delete", "stack", "estate-dev", "-n", NAMESPACE, "--wait=false")
        query = ("get", "stack", "estate-dev", "-n", NAMESPACE, "--ignore-not-found")
        wait_until("the Stack's end", lambda: not cluster.kubectl(*query), within=180)
        assert not cluster.kubectl("get", "namespace", "circle", "--ignore-not-found")
        assert not list(state.rglob("dev.json"))
        cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
