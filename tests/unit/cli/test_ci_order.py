"""Stacks that take outputs of others come after them, in a plan and when it is applied."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pacific_infra.cli import ci, main
from pacific_infra.cli.ci_stacks import Outcome, Stack, in_order, run_command, stacks_of
from pacific_infra.errors import PacificError
from pacific_infra.forge.repository import Repository
from tests.support.forge_server import ForgeServer, Request, serve_forge
from tests.support.git_repositories import commit_files, git, remote_and_checkout

PULUMI = "name: %s\nruntime: python\nconfig:\n  documents: {default: [documents]}\n"
CLASS = "apiVersion: pacific.infra/v1alpha1\nkind: VirtualMachineClass\nmetadata: {name: %s}\n"
WORKLOAD = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  containers:
    - name: web
      image: registry.example.test/web:1
      environment:
        ADDRESS: {from: %s, output: address}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec: {external: true, supervisor: supervisor-01}
---
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: supervisor-01}
spec: {external: true}
"""
EXTERNAL = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: supervisor-01}
spec: {external: {stack: %s}}
"""
ESTATE = {
    "apps/Pulumi.yaml": PULUMI % "apps",
    "apps/Pulumi.shop.yaml": "config: {}\n",
    "apps/documents/web.yaml": WORKLOAD % "stack/middle/prod",
    "middle/Pulumi.yaml": PULUMI % "middle",
    "middle/Pulumi.prod.yaml": "config: {}\n",
    "middle/documents/supervisor.yaml": EXTERNAL % "platform/prod",
    "platform/Pulumi.yaml": PULUMI % "platform",
    "platform/Pulumi.prod.yaml": "config: {}\n",
    "platform/documents/class.yaml": CLASS % "small" + "spec: {cpuCount: 2, memory: 4Gi}\n",
}


def repository_of(folder: Path, files: Mapping[str, str | None], monkeypatch: pytest.MonkeyPatch) -> Repository:
    _, work = remote_and_checkout(folder, ESTATE)
    commit_files(work, files)
    monkeypatch.chdir(work)
    return Repository(work)


def test_a_stack_comes_after_those_whose_outputs_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = repository_of(tmp_path, {"README.md": "text"}, monkeypatch)
    order = in_order(list(stacks_of(repository)))
    assert list(order.items()) == [
        ("platform/prod", []),
        ("middle/prod", ["platform/prod"]),
        ("apps/shop", ["middle/prod"]),
    ]
    # What does not change needs nobody to wait for it.
    assert in_order(list(stacks_of(repository, ["apps/shop", "platform/prod"]))) == {
        "apps/shop": [],
        "platform/prod": [],
    }


def test_a_stack_that_is_removed_comes_after_those_that_took_its_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retired = "config:\n  {0}:retired: true\n"
    files = {
        "middle/Pulumi.prod.yaml": retired.format("middle"),
        "platform/Pulumi.prod.yaml": retired.format("platform"),
    }
    repository = repository_of(tmp_path, files, monkeypatch)
    assert list(in_order(list(stacks_of(repository)))) == ["apps/shop", "middle/prod", "platform/prod"]


def test_stacks_that_wait_for_each_other_are_named_with_their_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"platform/documents/web.yaml": WORKLOAD % "stack/apps/shop"}
    repository = repository_of(tmp_path, files, monkeypatch)
    with pytest.raises(PacificError) as caught:
        in_order(list(stacks_of(repository)))
    assert str(caught.value) == (
        "these stacks wait for each other, so that none can be the first: "
        "apps/documents/web.yaml:10: apps/shop takes outputs of middle/prod; "
        "middle/documents/supervisor.yaml:4: middle/prod takes outputs of platform/prod; "
        "platform/documents/web.yaml:10: platform/prod takes outputs of apps/shop: "
        "fix: move the documents that the others need into a stack of their own"
    )


def test_documents_that_cannot_be_read_need_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = repository_of(tmp_path, {"apps/documents/web.yaml": "kind: Nonsense\n"}, monkeypatch)
    assert in_order(list(stacks_of(repository)))["apps/shop"] == []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgeServer]:
    with serve_forge("gitea") as server:
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITEA_ACTIONS": "true",
            "GITHUB_API_URL": server.url,
            "GITHUB_REPOSITORY": "platform/estate",
            "GITHUB_TOKEN": "of-the-test",
            "GITHUB_REF": "refs/heads/main",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


def test_what_takes_outputs_of_a_stack_that_failed_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ForgeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    # No stack has a saved plan, and none can be planned: the first fails, the others wait for it.
    monkeypatch.setattr(
        ci, "run_command", lambda stack, *words: Outcome(1, "", f"error: no {words[0]} of {stack.name}")
    )
    files = {path: f"{text}# changed\n" for path, text in ESTATE.items()}
    repository = repository_of(tmp_path, files, monkeypatch)
    commit = repository.commit()
    git(repository.root, "push", "--quiet", "origin", "HEAD:main")
    server.requests[1] = Request(1, commit, state="merged", merge_commit=commit)
    with pytest.raises(SystemExit) as end:
        main(["ci", "apply", "--json"])
    assert end.value.code == 1
    assert json.loads(capsys.readouterr().out)["stacks"] == {
        "platform/prod": "planned-anew",
        "middle/prod": "waiting",
        "apps/shop": "waiting",
    }
    reason = "it takes outputs of platform/prod, and that was not applied"
    assert server.statuses[commit]["pacific/apply (middle/prod)"] == ("failure", f"not applied: {reason}")
    comments = "".join(server.comments[1].values())
    assert f"### `middle/prod` was not applied\n\nAt {commit[:12]}: {reason}. Run the job again when it is." in comments
    assert "no plan of platform/prod" in comments


def test_a_comment_says_what_is_applied_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ForgeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def plan(_stack: Stack, *words: str) -> Outcome:
        Path(words[-1]).write_text("{}")
        return Outcome(0, "**Plan: 1 to update**\n", "")

    monkeypatch.setattr(ci, "run_command", plan)
    monkeypatch.setenv("GITHUB_REF", "refs/pull/1/head")
    files = {path: f"{text}# changed\n" for path, text in ESTATE.items() if not path.startswith("apps")}
    repository = repository_of(tmp_path, files, monkeypatch)
    server.requests[1] = Request(1, repository.commit())
    with pytest.raises(SystemExit) as end:
        main(["ci", "plan", "--json"])
    assert not end.value.code
    assert json.loads(capsys.readouterr().out)["stacks"] == {"platform/prod": "planned", "middle/prod": "planned"}
    assert server.statuses[repository.commit()]["pacific/plan"] == ("success", "2 stacks planned")
    first, second = server.comments[1].values()
    assert "applied after" not in first
    order = "It is applied after `platform/prod`; what that changes is not in this plan yet."
    assert f"{order}\n\n**Plan: 1 to update**" in second


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("platform/documents/class.yaml", ("failure", "platform/prod: failed")),
        ("README.md", ("success", "no stack is concerned")),
    ],
)
def test_a_required_status_is_there_whichever_stacks_a_pull_request_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ForgeServer, file: str, status: tuple[str, str]
) -> None:
    monkeypatch.setattr(ci, "run_command", lambda *_: Outcome(1, "", "error: as the test says\n"))
    monkeypatch.setenv("GITHUB_REF", "refs/pull/1/head")
    repository = repository_of(tmp_path, {file: f"{ESTATE.get(file, '')}# changed\n"}, monkeypatch)
    server.requests[1] = Request(1, repository.commit())
    with pytest.raises(SystemExit) as end:
        main(["ci", "plan"])
    assert bool(end.value.code) == (status[0] == "failure")
    assert server.statuses[repository.commit()]["pacific/plan"] == status


def test_the_checkout_is_in_nothing_that_a_command_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "shared/class.yaml": CLASS % "wrong",
        "apps/Pulumi.shop.yaml": f"config:\n  apps:documents: [{tmp_path}/work/shared]\n",
    }
    repository = repository_of(tmp_path, files, monkeypatch)
    (stack,) = stacks_of(repository, ["apps/shop"])
    outcome = run_command(stack, "policy")
    assert outcome.code == 1
    assert "error: shared/class.yaml:1: " in outcome.messages
    assert str(tmp_path) not in outcome.messages + outcome.output
