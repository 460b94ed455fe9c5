"""An estate that converges from git in a cluster: by what `pacific render pko` writes and the stand-in operator."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_sandbox.git_server import git_server
from pacific_sandbox.sandbox import Sandbox
from tests.support.code_blocks import ROOT
from tests.support.estate_project import EstateProject
from tests.support.git_repositories import IDENTITY, commit_files, git, make_remote
from tests.support.gitops_circle import Cluster, page_documents, run_page, sandbox_part
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox
PAGE = ROOT / "docs" / "gitops.md"
NAMESPACE = "pulumi-kubernetes-operator"
RESYNC = 60


@dataclass
class OperatorCluster(Cluster):
    """With what the operator has there."""

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
def cluster(project: EstateProject, sandbox: Sandbox, supervisor: str) -> OperatorCluster:
    kubeconfig = sandbox.directory / "supervisors" / supervisor / "admin.kubeconfig"
    return OperatorCluster(kubeconfig, str(project.toolchain.program("kubectl")))


@pytest.fixture
def definitions(cluster: OperatorCluster) -> Iterator[None]:
    """The definitions of the operator 2.9.0 and of Flux 1.9.6 themselves, as far as tests/golden has them."""
    written = [
        definition("pulumi-kubernetes-operator/stack", "pulumi.com", "Stack", "stacks"),
        definition("flux/gitrepository", "source.toolkit.fluxcd.io", "GitRepository", "gitrepositories"),
    ]
    for item in written:
        cluster.kubectl("apply", "--server-side", "-f", "-", document=item)
    names = [f"customresourcedefinition/{item['metadata']['name']}" for item in written]
    cluster.kubectl("wait", *names, "--for=condition=Established", "--timeout=300s")
    yield
    cluster.kubectl("delete", *names)


def definition(golden: str, group: str, kind: str, plural: str) -> dict[str, Any]:
    schema = json.loads((ROOT / "tests" / "golden" / f"{golden}.schema.json").read_text())
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [version],
        },
    }


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
    with sandbox_part(project, sandbox, "operator"):
        yield


def documents(replicas: int) -> str:
    """Those of the page, on the Supervisor that is there."""
    return page_documents(PAGE, "estate").replace("replicas: 2", f"replicas: {replicas}")


def push(project: EstateProject, files: dict[str, str | None]) -> str:
    commit = commit_files(project.folder, files)
    git(project.folder, "push", "--quiet", "--force", "origin", "main")
    return commit


def test_an_api_server_with_the_operators_own_definitions_takes_what_is_rendered(
    project: EstateProject, cluster: OperatorCluster, definitions: None
) -> None:
    words = ("--repository", "https://git.example.test/estate.git", "--namespace", "default", "--after", "base-dev")
    options = ("--backend", "postgres://pulumi@db.example.test/state", "--destroy-on-delete", "-s", "dev")
    project.pacific("render", "pko", "--out", "gitops", *words, *options)
    file = project.folder / "gitops" / "estate-dev.yaml"
    answer = cluster.kubectl("apply", "--server-side", "--dry-run=server", "-f", str(file))
    assert answer.count("serverside-applied (server dry run)") == 4
    *_, stack = yaml.safe_load_all(file.read_text())
    stack["metadata"]["name"] = "e" * 43
    dry_run = ("apply", "--server-side", "--dry-run=server", "-f", "-")
    assert "no more than 42 characters" in cluster.kubectl(*dry_run, document=stack, expect=1)
    stack["metadata"]["name"], stack["spec"]["prerequisite"] = "estate-dev", []
    assert ".spec.prerequisite: field not declared in schema" in cluster.kubectl(*dry_run, document=stack, expect=1)


def test_a_commit_converges_drift_is_healed_and_a_deleted_stack_is_destroyed(
    project: EstateProject, operator: None, cluster: OperatorCluster, sandbox: Sandbox, tmp_path: Path
) -> None:
    kubectl = Path(cluster.program)
    settings = sandbox.settings()
    configuration = {"server": settings.server, "username": settings.username, "caFile": str(settings.ca_file)}
    project.configure(**configuration, passwordFile="/run/secrets/pacific/password")
    file = os.path.relpath(project.documents / "estate.yaml", project.folder)
    state, password = tmp_path / "shared-state", tmp_path / "password"
    state.mkdir()
    password.write_text(settings.read_password())
    wait_until("the operator's definitions", lambda: "stacks" in cluster.kubectl("api-resources"))
    with git_server(tmp_path) as url:
        project.environment |= {
            **IDENTITY,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(kubectl.parent), os.environ["PATH"]]),
            "PACIFIC_SANDBOX": str(sandbox.directory),
            "KUBECONFIG": str(cluster.kubeconfig),
            **{"URL": url, "STATE": str(state), "PASSWORD": str(password)},
        }
        *_, header, line = run_page(project, __file__).splitlines()
        assert " ".join(header.split()) == "NAMESPACE NAME LAST UPDATE AGE READY RECONCILING STALLED PERMALINK"
        assert line.split()[1:3] + line.split()[4:] == ["estate-dev", "succeeded", "True"]
        assert cluster.converged(git(project.folder, "rev-parse", "HEAD"))()
        assert cluster.replicas() == "2"

        commit = push(project, {file: documents(replicas=3)})
        cluster.kubectl("annotate", "gitrepository", "estate", "-n", NAMESPACE, "reconcile.fluxcd.io/requestedAt=now")
        wait_until("the second commit", cluster.converged(commit))
        assert cluster.replicas() == "3"

        cluster.kubectl("scale", "deployment", "web", "-n", "circle", "--replicas=7")
        wait_until("the drift's end", lambda: cluster.replicas() == "3")

        cluster.kubectl("delete", "stack", "estate-dev", "-n", NAMESPACE, "--wait=false")
        query = ("get", "stack", "estate-dev", "-n", NAMESPACE, "--ignore-not-found")
        wait_until("the Stack's end", lambda: not cluster.kubectl(*query))
        assert not cluster.kubectl("get", "namespace", "circle", "--ignore-not-found")
        assert not list(state.rglob("dev.json"))
        cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
