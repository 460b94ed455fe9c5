"""A pull request from its plan to its merge, on a stand-in of each forge, with a real git and commands by script."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pacific_infra import __version__
from pacific_infra.cli import main
from pacific_infra.cli.ci_stacks import stacks_of
from pacific_infra.forge.client import ForgeError
from pacific_infra.forge.repository import Repository
from tests.support.forge_server import FORGES, serve_forge
from tests.support.git_repositories import commit_files, git, remote_and_checkout
from tests.support.pull_requests import PROJECT, Circle

EVERY_FORGE = pytest.mark.parametrize("circle", FORGES, indirect=True)
"""For what a forge answers. What is between git and the commands is the same with each, and told on the first."""


@pytest.fixture
def circle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Circle]:
    remote, work = remote_and_checkout(tmp_path, PROJECT)
    with serve_forge(getattr(request, "param", FORGES[0])) as server:
        yield Circle(server, remote, work)


DEV = {"estate/overlays/dev/size.yaml": "medium\n"}
SHOP = {"estate/documents/shop.yaml": "replicas: 2\n"}


@EVERY_FORGE
def test_a_change_is_planned_merged_and_applied_as_it_was_planned(circle: Circle) -> None:
    head = circle.open(1, SHOP)
    assert circle.plan(1) == {"estate/dev": "planned", "estate/prod": "planned"}
    assert len(circle.comments(1)) == 2
    assert all("**Plan: 1 to update (replicas: 2)**" in comment for comment in circle.comments(1))
    assert {description for _, description in circle.statuses(head).values()} == {"Plan: 1 to update (replicas: 2)"}
    assert {state for state, _ in circle.statuses(head).values()} == {"success"}

    merged = circle.merge(1)
    assert circle.apply(1) == "applied"
    assert circle.statuses(merged)["pacific/apply (estate/dev)"] == ("success", "applied")
    repository = Repository(circle.folder)
    assert [*repository.names("plans/estate/dev/*"), *repository.names("locks/estate/dev")] == []
    assert repository.names("plans/estate/prod/*") == ["plans/estate/prod/1"]


@pytest.mark.parametrize(
    ("files", "stacks"),
    [
        (SHOP, ["estate/dev", "estate/prod"]),
        (DEV, ["estate/dev"]),
        ({"estate/Pulumi.prod.yaml": "config: {}\n"}, ["estate/prod"]),
        ({"estate/__main__.py": "run()\n"}, ["estate/dev", "estate/prod"]),
        ({"README.md": "other", "estate/README.md": "text", "elsewhere/shop.yaml": "x"}, []),
    ],
)
def test_only_stacks_are_planned_whose_inputs_changed(
    tmp_path: Path, files: Mapping[str, str | None], stacks: list[str]
) -> None:
    _, work = remote_and_checkout(tmp_path, PROJECT)
    repository = Repository(work)
    before = repository.commit()
    commit_files(repository.root, files)
    changed = repository.changed(before)
    assert [stack.name for stack in stacks_of(repository) if stack.concerned(changed)] == stacks


def test_what_documents_include_from_elsewhere_concerns_their_stack(tmp_path: Path) -> None:
    include = "apiVersion: pacific.infra/v1alpha1\nkind: Include\npaths: [%s]\n"
    estate = {
        **PROJECT,
        "estate/documents/include.yaml": include % "../../shared/teams/*.yaml",
        "shared/teams/blue.yaml": include % "../classes",
        "shared/classes/small.yaml": "kind: Nonsense\n",
        "shared/other/large.yaml": "kind: Nonsense\n",
    }
    _, work = remote_and_checkout(tmp_path, estate)
    repository = Repository(work)

    def concerned(file: str) -> list[str]:
        return [stack.name for stack in stacks_of(repository) if stack.concerned([repository.root / file])]

    assert concerned("shared/classes/small.yaml") == ["estate/dev", "estate/prod"]
    assert concerned("shared/teams/cloud-init.conf") == ["estate/dev", "estate/prod"]
    assert concerned("shared/other/large.yaml") == []


def test_site_and_prices_of_the_project_are_put_into_the_plan(circle: Circle) -> None:
    circle.open(1, {**DEV, "estate/prices.yaml": "{currency: EUR, cpu: 10}\n", "estate/site.yaml": "clusters: []\n"})
    circle.plan(1)
    assert [words[1:-1] for words in circle.commands.words] == [
        ("--markdown", "--site", "site.yaml", "--prices", "prices.yaml", "--save")
    ] * 2


@EVERY_FORGE
def test_a_newer_commit_edits_the_comment_and_its_plan(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    circle.open(1, {**DEV, **SHOP})
    circle.plan(1)
    assert len(circle.comments(1)) == 2
    circle.merge(1)
    assert circle.apply(1) == "applied"


def test_a_job_that_is_run_again_leaves_what_it_has_applied(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    merged = circle.merge(1)
    assert [circle.apply(1), circle.apply(1)] == ["applied", "applied"]
    assert circle.commands.calls.count("up estate/dev") == 1
    assert circle.statuses(merged)["pacific/apply (estate/dev)"] == ("success", "applied")


@EVERY_FORGE
def test_a_forge_that_is_away_when_a_run_ends_is_told_by_the_next_try_and_nothing_is_applied_twice(
    circle: Circle,
) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    merged = circle.merge(1)

    def go_away() -> None:
        circle.server.refused = dict.fromkeys(("GET", "POST", "PATCH", "PUT"), 503)

    circle.commands.meanwhile = go_away
    with pytest.raises(ForgeError):
        circle.apply(1)
    circle.server.refused = {}
    assert circle.statuses(merged)["pacific/apply (estate/dev)"][1] == "converging"
    assert circle.apply(1) == "applied"
    assert circle.commands.calls.count("up estate/dev") == 1
    assert circle.statuses(merged)["pacific/apply (estate/dev)"] == ("success", "applied")
    assert circle.comments(1)[-1].partition("\n")[2].startswith("### Applied `estate/dev`")


def test_a_forge_that_is_away_when_a_plan_is_made_leaves_the_stack_to_the_next_try(circle: Circle) -> None:
    circle.open(1, DEV)

    def go_away() -> None:
        circle.server.refused = dict.fromkeys(("GET", "POST", "PATCH", "PUT"), 500)

    circle.commands.meanwhile = go_away
    with pytest.raises(ForgeError):
        circle.plan(1)
    assert Repository(circle.folder).names("plans/*/*/1") == []
    circle.server.refused = {}
    assert circle.plan(1) == {"estate/dev": "planned"}
    assert len(circle.comments(1)) == 1


def test_two_jobs_of_one_merge_apply_it_once(circle: Circle) -> None:
    """The second one finds the stack locked by the engine; what it says is what the first has left to do."""
    circle.open(1, DEV)
    circle.plan(1)
    circle.merge(1)
    outcomes: list[str] = []
    circle.commands.meanwhile = lambda: outcomes.append(circle.apply(1))
    circle.apply(1)
    assert outcomes == ["applied"]
    assert circle.apply(1) == "applied"
    assert circle.comments(1)[-1].partition("\n")[2].startswith("### Applied `estate/dev`")


@EVERY_FORGE
def test_a_second_pull_request_waits_until_the_first_is_merged_or_closed(circle: Circle) -> None:
    circle.open(1, DEV)
    assert circle.plan(1) == {"estate/dev": "planned"}
    head = circle.open(2, {"estate/overlays/dev/size.yaml": "huge\n"})
    assert circle.plan(2) == {"estate/dev": "locked"}
    assert circle.statuses(head)["pacific/plan (estate/dev)"][1] == "locked by #1"
    assert "Locked: #1 has a plan of this stack. Merge or close it, then plan again." in circle.comments(2)[0]
    circle.server.requests[1].state = "closed"
    assert circle.plan(2) == {"estate/dev": "planned"}


def test_a_merged_request_keeps_the_stack_until_it_is_applied(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    circle.merge(1)
    circle.open(2, {"estate/overlays/dev/size.yaml": "huge\n"})
    assert circle.plan(2) == {"estate/dev": "locked"}
    git(circle.folder, "checkout", "--quiet", "main")
    assert circle.apply(1) == "applied"
    assert circle.plan(2) == {"estate/dev": "planned"}


def test_of_two_jobs_at_once_only_the_first_gets_the_stack(circle: Circle) -> None:
    circle.open(1, DEV)
    second = circle.open(2, {"estate/overlays/dev/size.yaml": "huge\n"})
    outcomes: list[dict[str, str]] = []
    circle.commands.meanwhile = lambda: outcomes.append(circle.plan(2))
    assert circle.plan(1) == {"estate/dev": "planned"}
    assert outcomes == [{"estate/dev": "locked"}]
    assert circle.statuses(second)["pacific/plan (estate/dev)"][1] == "locked by #1"


def test_a_newer_commit_that_was_planned_meanwhile_keeps_its_plan_and_comment(circle: Circle) -> None:
    older = circle.open(1, DEV)
    request = circle.server.requests[1]

    def push_and_plan() -> None:
        circle.open(1, {"estate/overlays/dev/size.yaml": "huge\n"})
        assert circle.plan(1) == {"estate/dev": "planned"}

    circle.commands.meanwhile = push_and_plan
    assert circle.plan(1) == {"estate/dev": "overtaken"}
    assert circle.statuses(older)["pacific/plan (estate/dev)"][1] == "overtaken while it was planned"
    newer = circle.server.requests[1].head
    assert request.head == older != newer
    assert f"Of {newer[:12]}" in circle.comments(1)[0]
    circle.merge(1)
    assert circle.apply(1) == "applied"


def test_a_merge_while_a_plan_is_made_is_planned_by_the_job_of_the_merge(circle: Circle) -> None:
    circle.open(1, DEV)
    applied: list[str] = []

    def merge_and_apply() -> None:
        circle.merge(1)
        applied.extend([circle.apply(1), circle.apply(1)])

    circle.commands.meanwhile = merge_and_apply
    assert circle.plan(1) == {"estate/dev": "overtaken"}
    assert applied == ["planned-anew", "applied"]
    repository = Repository(circle.folder)
    assert [*repository.names("plans/*/*/*"), *repository.names("locks/*/*")] == []


def test_a_base_that_moved_is_refused_planned_anew_and_then_applied(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    planned_on = Repository(circle.folder).merge_base("main")
    circle.open(2, {"README.md": "other"})
    base = circle.merge(2)
    merged = circle.merge(1)
    assert circle.apply(1) == "planned-anew"
    assert "up estate/dev" not in circle.commands.calls
    reason = f"the plan was made on {planned_on[:12]}, and it was merged on {base[:12]}"
    assert f"At {merged[:12]}: {reason}." in circle.comments(1)[-1]
    assert "**Run the job again to apply it.**" in circle.comments(1)[-1]
    assert circle.statuses(merged)["pacific/apply (estate/dev)"][1] == f"not applied: {reason}"
    assert circle.apply(1) == "applied"


def test_another_head_than_the_planned_is_refused(circle: Circle) -> None:
    planned = circle.open(1, DEV)
    circle.plan(1)
    newer = circle.open(1, {"estate/overlays/dev/size.yaml": "huge\n"})
    circle.merge(1)
    assert circle.apply(1) == "planned-anew"
    assert f"the plan is of {planned[:12]}, and {newer[:12]} was merged." in circle.comments(1)[-1]


def test_a_merge_without_a_plan_is_planned_and_waits(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.merge(1)
    assert circle.apply(1) == "planned-anew"
    assert "it has no saved plan" in circle.comments(1)[-1]
    assert circle.apply(1) == "applied"


def test_a_plan_that_fails_is_said_and_nothing_is_kept(circle: Circle) -> None:
    head = circle.open(1, DEV)
    circle.commands.failing = {"plan"}
    assert circle.plan(1) == {"estate/dev": "failed"}
    assert "**The plan failed.**\n\n```text\nerror: as the test says\n```" in circle.comments(1)[0]
    state, description = circle.statuses(head)["pacific/plan (estate/dev)"]
    assert (state[:4], description) == ("fail", "the plan failed")
    assert Repository(circle.folder).names("plans/*/*/1") == []


def test_a_run_that_fails_shows_what_is_left_to_do(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    circle.merge(1)
    circle.commands.failing = {"up"}
    assert circle.apply(1) == "failed"
    assert "### Applying `estate/dev` failed" in circle.comments(1)[-1]
    circle.commands.failing = set()
    assert circle.apply(1) == "applied"
    assert circle.comments(1)[-1].partition("\n")[2].startswith("### Applied `estate/dev`")


@EVERY_FORGE
def test_a_fork_is_checked_without_credentials_and_not_planned(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.server.requests[1].fork = True
    assert circle.plan(1) == {"estate/dev": "fork"}
    assert circle.commands.calls == ["policy estate/dev"]
    assert Repository(circle.folder).names("*/*/*") == []


def test_a_retired_stack_is_removed_by_a_reviewed_step(circle: Circle) -> None:
    circle.open(1, {"estate/Pulumi.dev.yaml": "config:\n  estate:retired: true\n"})
    assert circle.plan(1) == {"estate/dev": "planned"}
    assert "**Removes the stack.**\n\n```text\ndown of estate/dev\n```" in circle.comments(1)[0]
    circle.merge(1)
    assert circle.apply(1) == "applied"
    assert circle.commands.calls == ["down estate/dev"] * 3


def test_a_change_that_is_taken_back_frees_the_stack(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    circle.open(1, {"README.md": "other"})
    git(circle.folder, "checkout", "--quiet", "change-1")
    review = circle.review()
    (stack,) = stacks_of(review.repository, ["estate/dev"])
    assert review.forget(review.forge.pull_request(1), stack) == "unchanged"
    assert review.repository.names("*/estate/dev*") == []
    assert "The pull request changes nothing of it any more." in circle.comments(1)[0]


def test_a_closed_request_leaves_neither_plans_nor_locks(circle: Circle) -> None:
    circle.open(1, SHOP)
    circle.plan(1)
    review = circle.review()
    review.release(2)
    assert len(review.repository.names("locks/*/*")) == 2
    review.release(1)
    assert [*review.repository.names("locks/*/*"), *review.repository.names("plans/*/*/*")] == []


@EVERY_FORGE
def test_drift_has_an_issue_until_it_is_gone(circle: Circle) -> None:
    review = circle.review()
    (stack,) = stacks_of(review.repository, ["estate/prod"])
    circle.commands.drifted = True
    assert [review.look_for_drift(stack), review.look_for_drift(stack)] == ["drift", "drift"]
    (issue,) = circle.server.open_issues()
    assert issue["title"] == "Drift of estate/prod"
    assert "Drift: 1 object" in issue["body"]
    circle.commands.failing = {"drift"}
    assert review.look_for_drift(stack) == "failed"
    assert len(circle.server.open_issues()) == 1
    circle.commands.failing, circle.commands.drifted = set(), False
    assert review.look_for_drift(stack) == "clean"
    assert circle.server.open_issues() == []


def test_a_stored_plan_says_what_it_was_made_of(circle: Circle) -> None:
    head = circle.open(1, DEV)
    circle.plan(1)
    stored = Repository(circle.folder).read("plans/estate/dev/1")
    assert stored is not None
    assert json.loads(stored["review.json"]) == {
        "pull_request": 1,
        "head": head,
        "base": git(circle.folder, "rev-parse", "origin/main"),
        "tree": git(circle.folder, "rev-parse", f"{head}^{{tree}}"),
    }


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea"])
def test_init_writes_three_pipelines_and_nothing_over_another(
    forge: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["ci", "init", forge, str(tmp_path), "--json"])
    assert not end.value.code
    written = json.loads(capsys.readouterr().out)["files"]
    assert written == sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.yml"))
    assert len(written) == 3
    assert all(f'"pacific-infra=={__version__}"' in (tmp_path / path).read_text() for path in written)
    with pytest.raises(SystemExit) as end:
        main(["ci", "init", forge, str(tmp_path)])
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path}: the repository has pipelines of these names already, none was written: "
        f"got '{', '.join(written)}'; fix: remove them first\n"
    )
