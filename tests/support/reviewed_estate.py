"""An estate of one VM class in a repository, whose changes are reviewed by pull requests."""

from pathlib import Path

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject
from tests.support.git_repositories import commit_files, git

DOCUMENT = "stacks/estate/documents/class.yaml"
CONTEXT = "pacific/{} (estate/dev)"


def machine_class(cpus: int) -> str:
    """The document."""
    return f"""\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {{name: reviewed}}
spec: {{cpuCount: {cpus}, memory: 2Gi}}
"""


def reviewed_estate(sandbox: Sandbox, folder: Path, remote: str) -> EstateProject:
    """A project on the sandbox's vCenter, its first commit pushed to the branch main of ``remote``."""
    documents = folder / "documents"
    documents.mkdir()
    (documents / "class.yaml").write_text(machine_class(2))
    project = EstateProject.on(sandbox, documents, folder)
    commit_project(project, remote)
    return project


def commit_project(project: EstateProject, remote: str) -> None:
    """Make the project's folder a checkout of ``remote``, and push it to the branch main."""
    git(project.folder, "init", "--quiet", "--initial-branch=main")
    git(project.folder, "remote", "add", "origin", remote)
    commit_files(project.folder, {".gitignore": ".pacific/\n"})
    git(project.folder, "push", "--quiet", "--force", "origin", "main")


def as_job(project: EstateProject, number: int | None, commit: str, *, api: str, repository: str, token: str) -> None:
    """Be a job of Gitea Actions for a pull request, or without a number for a push, with this commit checked out."""
    git(project.folder, "fetch", "--quiet", "origin")
    git(project.folder, "checkout", "--quiet", "--detach", commit)
    project.environment |= {
        "GITHUB_ACTIONS": "true",
        "GITEA_ACTIONS": "true",
        "GITHUB_API_URL": api,
        "GITHUB_REPOSITORY": repository,
        "GITHUB_TOKEN": token,
        "GITHUB_REF": f"refs/pull/{number}/head" if number else "refs/heads/main",
    }
