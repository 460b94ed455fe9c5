"""A pull request from its plan to its merge, on a stand-in of each forge, with a real git and commands by script."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pacific_infra import __version__
from pacific_infra.cli import main
from pacific_infra.cli.ci_review import Review, Reviewed
from pacific_infra.cli.ci_stacks import Outcome, Stack, stacks_of
from pacific_infra.forge.repository import Repository
from tests.support.forge_server import FORGES, ForgeServer, Request, serve_forge
from tests.support.git_repositories import commit_files, git, make_remote

PROJECT = {
    "README.md": "text",
    "estate/Pulumi.yaml": "name: estate\nruntime: python\nconfig:\n  documents: {default: [documents]}\n",
    "estate/Pulumi.dev.yaml": "config:\n  estate:overlays: [overlays/dev]\n",
    "estate/Pulumi.prod.yaml": "config:\n  estate:overlays: [overlays/prod]\n",
    "estate/documents/shop.yaml": "replicas: 1\n",
    "estate/overlays/dev/size.yaml": "small\n",
    "estate/overlays/prod/size.yaml": "large\n",
}


@dataclass
class Commands:
    """Runs no command: says what a plan, run or look for drift of these documents would."""

    calls: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    """Commands that fail."""
    drifted: bool = False

    def run(self, stack: Stack, *words: str) -> Outcome:
        self.calls.append(f"{words[0]} {stack.name}")
        if words[0] in self.failing:
            return Outcome(1, "", "error: as the test says\n")
        documents = (stack.project.directory / "documents" / "shop.yaml").read_text().strip()
        if words[0] == "plan":
            Path(words[-1]).write_text(documents)
            return Outcome(0, f"**Plan: 1 to update ({documents})**\n", "")
        if words[0] == "up":
            saved = Path(words[-1]).read_text()
            return Outcome(0, "", "") if saved == documents else Outcome(1, "", "error: not what the plan says\n")
        if words[0] == "drift":
            return Outcome(2, "Drift: 1 object\n", "") if self.drifted else Outcome(0, "No drift\n", "")
        return Outcome(0, f"{words[0]} of {stack.name}\n", "")


@dataclass
class Circle:
    """A repository on a forge, and what its pipeline would do."""

    server: ForgeServer
    remote: Path
    folder: Path
    """A checkout of main."""
    commands: Commands = field(default_factory=Commands)

    def open(self, number: int, files: Mapping[str, str | None]) -> str:
        """Push a branch with these files, and open a pull request of it; the SHA of its head."""
        git(self.folder, "fetch", "--quiet", "origin")
        git(self.folder, "checkout", "--quiet", "-B", f"change-{number}", "origin/main")
        head = commit_files(self.folder, files)
        git(self.folder, "push", "--quiet", "--force", "origin", f"change-{number}")
        self.server.requests[number] = Request(number, head)
        return head

    def merge(self, number: int) -> str:
        """Merge a pull request, as the forge does; the SHA of main's new head, which is checked out."""
        git(self.folder, "fetch", "--quiet", "origin")
        git(self.folder, "checkout", "--quiet", "-B", "main", "origin/main")
        git(self.folder, "-c", "user.name=forge", "-c", "user.email=f@x.test", "merge", "--quiet", "--no-ff",
            "-m", f"merge {number}", f"origin/change-{number}")  # fmt: skip
        git(self.folder, "push", "--quiet", "origin", "main")
        request = self.server.requests[number]
        request.state, request.merge_commit = "merged", git(self.folder, "rev-parse", "HEAD")
        return request.merge_commit

    def review(self) -> Review:
        return Review(self.server.forge(), Repository(self.folder), self.commands.run)

    def plan(self, number: int) -> dict[str, str]:
        """What `pacific ci plan` does for the checkout of the pull request."""
        git(self.folder, "checkout", "--quiet", f"change-{number}")
        review, request = self.review(), self.server.forge().pull_request(number)
        base = review.repository.merge_base("main")
        reviewed = Reviewed(number, request.head, base, review.repository.tree())
        changed = review.repository.changed(base)
        stacks = [stack for stack in stacks_of(review.repository) if stack.concerned(changed)]
        return {stack.name: review.plan(request, stack, reviewed) for stack in stacks}

    def apply(self, number: int, stack: str = "estate/dev") -> str:
        review = self.review()
        (chosen,) = stacks_of(review.repository, [stack])
        return review.apply(review.forge.pull_request(number), chosen)

    def comments(self, number: int) -> list[str]:
        return list(self.server.comments.get(number, {}).values())

    def statuses(self, commit: str) -> dict[str, tuple[str, str]]:
        return self.server.statuses[commit]


@pytest.fixture(params=FORGES)
def circle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Circle]:
    remote = make_remote(tmp_path / "remote.git", PROJECT)
    git(tmp_path, "clone", "--quiet", str(remote), "work")
    with serve_forge(request.param) as server:
        yield Circle(server, remote, tmp_path / "work")


DEV = {"estate/overlays/dev/size.yaml": "medium\n"}
SHOP = {"estate/documents/shop.yaml": "replicas: 2\n"}


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
    assert repository.names("*/estate/dev*") == []
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
    make_remote(tmp_path / "remote.git", PROJECT)
    git(tmp_path, "clone", "--quiet", "remote.git", "work")
    repository = Repository(tmp_path / "work")
    before = repository.commit()
    commit_files(repository.root, files)
    changed = repository.changed(before)
    assert [stack.name for stack in stacks_of(repository) if stack.concerned(changed)] == stacks


def test_a_newer_commit_edits_the_comment_and_its_plan(circle: Circle) -> None:
    circle.open(1, DEV)
    circle.plan(1)
    circle.open(1, {**DEV, **SHOP})
    circle.plan(1)
    assert len(circle.comments(1)) == 2
    circle.merge(1)
    assert circle.apply(1) == "applied"


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
