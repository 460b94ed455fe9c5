"""Pull requests on a real Gitea: by the commands, and by the workflow files and Gitea's own runner.

Not part of every run: it needs what `pacific toolchain install --forge` builds, and PostgreSQL.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.estate_project import EstateProject
from tests.support.git_repositories import commit_files, git
from tests.support.gitea import NAME, OWNER, REQUIRED, Gitea, running_gitea
from tests.support.reviewed_estate import CONTEXT, DOCUMENT, as_job, machine_class, reviewed_estate
from tests.support.sandbox_clients import VCenter
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.forge]
CLASS = "/api/vcenter/namespace-management/virtual-machine-classes/reviewed"
PLANNED = "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 1 unchanged"
CHECKOUT = """\
name: checkout
runs: {using: composite, steps: [{shell: bash, run: "STEPS"}]}
"""
FETCH = (
    "git init --quiet && git remote add origin $URL && git fetch --quiet origin '+refs/*:refs/remotes/all/*' "
    "'+refs/heads/*:refs/remotes/origin/*' && git checkout --quiet --detach $GITHUB_SHA"
)


@pytest.fixture(scope="module")
def gitea(toolchain: BuiltToolchain) -> Iterator[Gitea]:
    with running_gitea(toolchain) as running:
        yield running


@pytest.fixture
def estate(gitea: Gitea, sandbox: Sandbox, tmp_path: Path) -> Iterator[EstateProject]:
    project = reviewed_estate(sandbox, tmp_path, gitea.repository())
    project.pacific("up", "--yes")
    yield project
    project.pacific("down", "--yes", "--keep-sandbox")
    gitea.call("DELETE", f"repos/{OWNER}/{NAME}")


def propose(project: EstateProject, gitea: Gitea, cpus: int) -> tuple[int, str]:
    """Open a pull request with another number of CPUs: its number and its head."""
    head = commit_files(project.folder, {DOCUMENT: machine_class(cpus)})
    git(project.folder, "push", "--quiet", "origin", f"HEAD:cpus-{cpus}")
    return gitea.open_pull_request(f"cpus-{cpus}", f"Give the class {cpus} CPUs"), head


def test_the_circle_by_commands(gitea: Gitea, estate: EstateProject, vcenter: VCenter) -> None:
    def run(step: str, number: int | None, commit: str) -> Any:
        forge = {"api": f"{gitea.url}/api/v1", "repository": f"{OWNER}/{NAME}", "token": gitea.token}
        as_job(estate, number, commit, **forge)
        return estate.json("ci", step)["stacks"]

    number, head = propose(estate, gitea, 4)
    assert run("plan", number, head) == {"estate/dev": "planned"}
    assert gitea.statuses(head)[CONTEXT.format("plan")] == ("success", PLANNED)
    assert gitea.heading(number) == "All checks were successful"
    (comment,) = gitea.comments(number)
    assert "-   cpuCount: 2\n+   cpuCount: 4\n" in comment

    merged = gitea.merge(number)
    assert run("apply", None, merged) == {"estate/dev": "applied"}
    assert gitea.statuses(merged)[CONTEXT.format("apply")] == ("success", "applied")

    vcenter.call("PATCH", CLASS, {"cpu_count": 8}, expect=204)
    assert run("drift", None, merged) == {"estate/dev": "drift"}
    ((title, body),) = gitea.open_issues()
    assert "estate/dev" in title
    assert "cpuCount" in body
    estate.pacific("up", "--yes", "--refresh")
    assert run("drift", None, merged) == {"estate/dev": "clean"}
    assert gitea.open_issues() == []


def test_the_circle_by_the_workflow_files_and_the_runner(gitea: Gitea, estate: EstateProject, tmp_path: Path) -> None:
    """Nothing of others can be fetched: the two actions that the files use are ours, in Gitea itself."""
    for name, tag, steps in (("checkout", "v4", FETCH), ("setup-python", "v5", "true")):
        folder = tmp_path / name
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")
        url = gitea.repository("actions", name)
        source = f"{gitea.url.replace('://', f'://{OWNER}:{gitea.token}@')}/{OWNER}/{NAME}.git"
        commit_files(folder, {"action.yml": CHECKOUT.replace("STEPS", steps.replace("$URL", source))})
        git(folder, "tag", tag)
        git(folder, "push", "--quiet", url, "main", tag)
    estate.pacific("ci", "init", "gitea")
    commit_files(estate.folder, {}, "Review changes by pull requests")
    git(estate.folder, "push", "--quiet", "origin", "HEAD:main")
    state = f"file://{estate.state}/pacific-infra/pulumi"
    secrets = {"PULUMI_BACKEND_URL": state, "PULUMI_CONFIG_PASSPHRASE": passphrase(estate)}
    for name, value in secrets.items():
        gitea.call("PUT", f"repos/{OWNER}/{NAME}/actions/secrets/{name}", {"data": value})
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with gitea.runner({**estate.environment, "PATH": path}) as log:
        number, head = propose(estate, gitea, 4)

        def success(commit: str, context: str) -> tuple[str, str] | None:
            states = gitea.statuses(commit)
            failed = [context for context, (state, _) in states.items() if state in ("failure", "error")]
            assert not failed, f"{states}\n{gitea.job_logs()}\n{log.read_text()[-2000:]}"
            state = states.get(context)
            return state if state and state[0] == "success" else None

        wait_until("the plan", lambda: success(head, REQUIRED))
        assert success(head, CONTEXT.format("plan")) == ("success", PLANNED)
        merged = gitea.merge(number)
        wait_until("the apply", lambda: success(merged, CONTEXT.format("apply")))
    assert [text.splitlines()[0] for text in gitea.comments(number)] == [
        "<!-- pacific:plan:estate/dev -->",
        "<!-- pacific:apply:estate/dev -->",
    ]
    estate.pacific("plan", "--engine", "--detailed-exitcode")


def passphrase(project: EstateProject) -> str:
    """That of the project's local state."""
    return (project.state / "pacific-infra" / "passphrase").read_text()
