"""A pull request planned, merged, applied and looked at for drift by `pacific ci`: real runs, a stand-in forge."""

import os
from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject
from tests.support.forge_server import REPOSITORY, ForgeServer, Request, serve_forge
from tests.support.git_repositories import commit_files, git, make_remote

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(900)]
CLASS = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {{name: reviewed}}
spec: {{cpuCount: {cpus}, memory: 2Gi}}
"""
CONTEXT = "pacific/{} (estate/dev)"


def job(project: EstateProject, server: ForgeServer, number: int | None, commit: str) -> None:
    """Be a job of Gitea Actions for a pull request, or for a push, with this commit checked out."""
    git(project.folder, "fetch", "--quiet", "origin")
    git(project.folder, "checkout", "--quiet", "--detach", commit)
    project.environment |= {
        "GITHUB_ACTIONS": "true",
        "GITEA_ACTIONS": "true",
        "GITHUB_API_URL": server.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_TOKEN": "of-the-test",
        "GITHUB_REF": f"refs/pull/{number}/head" if number else "refs/heads/main",
    }


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> EstateProject:
    """A project of no documents yet, in a repository."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "class.yaml").write_text(CLASS.format(cpus=2))
    project = EstateProject.on(sandbox, documents, tmp_path)
    make_remote(tmp_path / "remote.git", {"README.md": "text"})
    git(project.folder, "init", "--quiet", "--initial-branch=main")
    git(project.folder, "remote", "add", "origin", str(tmp_path / "remote.git"))
    commit_files(project.folder, {".gitignore": ".pacific/\n"})
    git(project.folder, "push", "--quiet", "--force", "origin", "main")
    return project


def test_what_was_reviewed_is_applied_and_then_has_no_drift(project: EstateProject) -> None:
    documents = os.path.relpath(project.documents / "class.yaml", project.folder)
    with serve_forge("gitea") as server:
        project.pacific("up", "--yes")
        head = commit_files(project.folder, {documents: CLASS.format(cpus=4)})
        git(project.folder, "push", "--quiet", "origin", "HEAD:change")
        server.requests[1] = Request(1, head)

        job(project, server, 1, head)
        assert project.json("ci", "plan")["stacks"] == {"estate/dev": "planned"}
        assert server.statuses[head][CONTEXT.format("plan")] == (
            "success",
            "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 1 unchanged",
        )
        (comment,) = server.comments[1].values()
        assert f"({documents}:1)" in comment
        assert "-   cpuCount: 2\n+   cpuCount: 4\n" in comment

        git(project.folder, "push", "--quiet", "origin", f"{head}:main")
        server.requests[1].state, server.requests[1].merge_commit = "merged", head
        job(project, server, None, head)
        assert project.json("ci", "apply")["stacks"] == {"estate/dev": "applied"}
        assert server.statuses[head][CONTEXT.format("apply")] == ("success", "applied")
        project.pacific("plan", "--engine", "--detailed-exitcode")

        assert project.json("ci", "drift")["stacks"] == {"estate/dev": "clean"}
        project.pacific("down", "--yes", "--keep-sandbox")
