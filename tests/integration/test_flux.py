"""Objects that real Flux applies from git, by what `pacific render flux` writes: in order, healed, pruned.

Not part of every run: it needs what `pacific toolchain install --gitops` builds.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.flux import CONTROLLERS
from pacific_sandbox.git_server import git_server
from pacific_sandbox.sandbox import Sandbox
from tests.support.code_blocks import ROOT
from tests.support.estate_project import EstateProject
from tests.support.git_repositories import IDENTITY, commit_files, git, make_remote
from tests.support.gitops_circle import Cluster, page_documents, run_page, sandbox_part
from tests.support.needs import Need
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.gitops]
FLUX = Need("Flux", "./run pacific toolchain install --gitops")
PAGE = ROOT / "docs" / "gitops.md"
SUPERVISOR = "apiVersion: pacific.infra/v1alpha1\nkind: SupervisorCluster\nmetadata: {name: supervisor-01}\n"
PLATFORM = f"""\
{SUPERVISOR}spec: {{external: true}}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: platform-web}}
spec:
  supervisor: supervisor-01
  storagePolicies: [{{name: gold}}]
  virtualMachineClasses: [platform-web-small]
  contentLibraries: [linux-images]
  deletionPolicy: Delete
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {{name: platform-web-small}}
spec: {{cpuCount: 2, memory: 4Gi}}
"""


@dataclass
class FluxCluster(Cluster):
    """With what Flux has there."""

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self.kubectl("get", *arguments, "-o", "json"))["items"]
        return items

    def ready_since(self) -> dict[str, str]:
        """When each Kustomization got ready, by its name; those that are not are left out."""
        return {
            item["metadata"]["name"]: condition["lastTransitionTime"]
            for item in self.items("kustomizations", "-n", "flux-system")
            for condition in item.get("status", {}).get("conditions", ())
            if condition["type"] == "Ready" and condition["status"] == "True"
        }

    def look_now(self) -> None:
        """Have Flux look at the repository at once."""
        words = ("annotate", "gitrepository", "team", "-n", "flux-system", "--overwrite")
        self.kubectl(*words, f"reconcile.fluxcd.io/requestedAt={os.urandom(4).hex()}")

    def replicas(self) -> list[int]:
        return [item["spec"]["replicas"] for item in self.items("deployments", "-n", "platform-web")]


@pytest.fixture
def platform(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> Iterator[None]:
    """The namespace, as another team makes it."""
    folder = tmp_path / "platform"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "platform.yaml").write_text(PLATFORM)
    project = EstateProject.on(sandbox, folder / "documents", folder)
    project.pacific("up", "--yes")
    yield
    project.pacific("down", "--yes", "--keep-sandbox")


@pytest.fixture
def team(platform: None, sandbox: Sandbox, tmp_path: Path) -> EstateProject:
    """The team's project of the page, in a repository."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "estate.yaml").write_text(page_documents(PAGE, "team"))
    project = EstateProject.on(sandbox, folder, tmp_path / "projects")
    (project.folder / "Pulumi.yaml").write_text(
        (project.folder / "Pulumi.yaml").read_text().replace("name: estate", "name: team", 1)
    )
    (project.folder / ".gitignore").write_text(".pacific/\n__pycache__/\n")
    (tmp_path / "served").mkdir()
    make_remote(tmp_path / "served" / "team.git", {"README.md": "text"})
    git(project.folder, "init", "--quiet", "--initial-branch=main")
    git(project.folder, "remote", "add", "origin", str(tmp_path / "served" / "team.git"))
    return project


@pytest.fixture
def flux(team: EstateProject, sandbox: Sandbox) -> Iterator[None]:
    """Flux' controllers, as a user starts them."""
    for name in CONTROLLERS:
        FLUX.installed(lambda name=name: team.toolchain.program(name))  # type: ignore[misc]
    with sandbox_part(team, sandbox, "flux"):
        yield


def push(project: EstateProject, url: str, text: str) -> None:
    """Change the documents, render them and push both."""
    (project.documents / "estate.yaml").write_text(text)
    project.pacific("render", "flux", "--out", "gitops", "--repository", f"{url}/team.git", "--resync", "60")
    commit_files(project.folder, {})
    git(project.folder, "push", "--quiet", "--force", "origin", "main")


def test_flux_applies_in_order_heals_and_prunes(
    team: EstateProject, flux: None, sandbox: Sandbox, supervisor: str, tmp_path: Path
) -> None:
    kubectl = team.toolchain.program("kubectl")
    cluster = FluxCluster(sandbox.directory / "supervisors" / supervisor / "admin.kubeconfig", str(kubectl))
    wait_until("Flux' definitions", lambda: "kustomizations" in cluster.kubectl("api-resources"))
    with git_server(tmp_path / "served") as url:
        team.environment |= {
            **IDENTITY,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(kubectl.parent), os.environ["PATH"]]),
            "KUBECONFIG": str(cluster.kubeconfig),
            "URL": url,
        }
        header, *rows = run_page(team, __file__).splitlines()[-5:]
        assert header.split() == ["NAME", "AGE", "READY", "STATUS", "WAVE"]
        assert [row.split()[2] for row in rows] == ["True"] * 4
        ready = cluster.ready_since()
        order = [f"team.{name}" for name in ("virtualmachine.platform-web.stock", "crxworkload.platform-web.prepare")]
        assert [ready[name] for name in order] == sorted(ready[name] for name in order)
        assert ready[order[1]] <= ready["team.crxworkload.platform-web.shop"]
        (machine,) = cluster.items("virtualmachines", "-n", "platform-web")
        assert machine["status"]["network"]["primaryIP4"]
        (job,) = cluster.items("jobs", "-n", "platform-web")
        (deployment,) = cluster.items("deployments", "-n", "platform-web")
        assert job["status"]["completionTime"] <= deployment["metadata"]["creationTimestamp"]

        push(team, url, page_documents(PAGE, "team").replace("replicas: 2", "replicas: 3"))
        cluster.look_now()
        wait_until("the second commit", lambda: cluster.replicas() == [3])

        cluster.kubectl("scale", "deployment", "-n", "platform-web", "--all", "--replicas=7")
        wait_until("the drift's end", lambda: cluster.replicas() == [3])

        uid = machine["metadata"]["uid"]
        first, *others = page_documents(PAGE, "team").split("---\n")
        no_job = [text for text in others if "name: prepare" not in text and "CrxWorkload/prepare" not in text]
        web = next(text for text in others if "name: shop" in text).replace("  dependsOn: [CrxWorkload/prepare]\n", "")
        push(team, url, "---\n".join([first, *no_job, web]))
        cluster.look_now()
        wait_until("the end of the Job", lambda: not cluster.items("jobs", "-n", "platform-web"))
        assert [item["metadata"]["uid"] for item in cluster.items("virtualmachines", "-n", "platform-web")] == [uid]
        (moved,) = cluster.items("deployments", "-n", "platform-web")
        assert moved["metadata"]["uid"] == deployment["metadata"]["uid"]

        cluster.kubectl("delete", "kustomization", "team", "-n", "flux-system", "--wait=false")
        wait_until("the end of all", lambda: not cluster.items("kustomizations", "-n", "flux-system"))
        assert not cluster.items("deployments,virtualmachines", "-n", "platform-web")
        cluster.kubectl("delete", "gitrepository", "team", "-n", "flux-system")
