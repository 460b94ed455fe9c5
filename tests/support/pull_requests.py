"""A repository on a stand-in of a forge, from pull request to merge, with a real git and commands by script."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pacific_infra.cli.ci_review import Review, Reviewed
from pacific_infra.cli.ci_stacks import Outcome, Stack, stacks_of
from pacific_infra.forge.repository import Repository
from tests.support.forge_server import ForgeServer, Request
from tests.support.git_repositories import commit_files, git

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
    words: list[tuple[str, ...]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    """Commands that fail."""
    drifted: bool = False
    meanwhile: Callable[[], object] | None = None
    """What happens while the next command runs."""

    def run(self, stack: Stack, *words: str) -> Outcome:
        self.calls.append(f"{words[0]} {stack.name}")
        self.words.append(words)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
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
