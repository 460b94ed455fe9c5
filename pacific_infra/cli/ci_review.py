"""One change reviewed on a forge: its stacks planned, locked, applied as planned, and what is said of each."""

import json
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pacific_infra.cli.ci_stacks import Outcome, Stack
from pacific_infra.errors import PacificError
from pacific_infra.forge.forge import Forge, PullRequest, close_issues, mark_of, put_comment, put_issue
from pacific_infra.forge.repository import Repository

Runner = Callable[..., Outcome]
"""Runs a command of ours for a stack: ``run(stack, *words)``."""
WAITING = frozenset({"failed", "fork", "locked", "planned-anew", "waiting"})
"""What happened to a stack, where somebody has to do something."""


@dataclass(frozen=True)
class Reviewed:
    """What was planned for a pull request; it lies beside the plan."""

    pull_request: int
    head: str
    """SHA of the pull request's newest commit at that time."""
    base: str
    """SHA of the commit that it was compared with."""
    tree: str
    """SHA of all files as they would be after the merge."""


class Review:
    """The steps of a pipeline for one repository."""

    def __init__(self, forge: Forge, repository: Repository, run: Runner) -> None:
        self.forge = forge
        self.repository = repository
        self._run = run

    def plan(self, request: PullRequest, stack: Stack, reviewed: Reviewed, needed: Collection[str] = ()) -> str:
        """Plan one stack and say so on the forge: planned, locked, fork, failed, or overtaken by a newer commit or the
        merge. ``needed``: stacks of the same pull request that are applied before it.
        """
        context, mark = _context("plan", stack), mark_of("plan", stack.name)
        if request.from_fork:
            outcome = self._run(stack, "policy")
            verdict = "No credentials are given to a fork: only the documents were checked, nothing was planned."
            put_comment(self.forge, request.number, mark, _comment(stack, reviewed, f"{verdict}\n\n{_block(outcome)}"))
            self.forge.set_status(request.head, "failure", context, "not planned: push the branch to this repository")
            return "fork"
        holder = self._lock(stack, request.number)
        if holder != request.number:
            text = f"Locked: #{holder} has a plan of this stack. Merge or close it, then plan again."
            put_comment(self.forge, request.number, mark, _comment(stack, reviewed, text))
            self.forge.set_status(request.head, "failure", context, f"locked by #{holder}")
            return "locked"
        self.forge.set_status(request.head, "pending", context, "planning")
        outcome, saved = self._make_plan(stack)
        now = self.forge.pull_request(request.number)
        if now.head != request.head or not now.open:
            # Another job plans or applies what is there now, and may have said so already.
            self.forge.set_status(request.head, "failure", context, "overtaken while it was planned")
            return "overtaken"
        names = ", ".join(f"`{name}`" for name in needed)
        order = f"It is applied after {names}; what that changes is not in this plan yet.\n\n" if names else ""
        put_comment(self.forge, request.number, mark, _comment(stack, reviewed, order + _text_of_plan(outcome)))
        if outcome.code != 0:
            self.repository.remove(_plan_ref(stack, request.number))
            self.forge.set_status(request.head, "failure", context, "the plan failed")
            return "failed"
        self._store(stack, reviewed, saved)
        self.forge.set_status(request.head, "success", context, _headline(outcome))
        return "planned"

    def saved_plan(self, stack: Stack, number: int) -> Mapping[str, str] | None:
        """What is stored of a pull request's plan of a stack; None: nothing."""
        return self.repository.read(_plan_ref(stack, number))

    def planned_stacks(self, number: int) -> Collection[str]:
        """The refs of the stacks of which a pull request has a plan."""
        names = self.repository.names(f"plans/*/*/{number}")
        return frozenset(name.removeprefix("plans/").rpartition("/")[0] for name in names)

    def postpone(self, request: PullRequest, stack: Stack, needed: Sequence[str]) -> str:
        """Say on the forge that a stack waits for those whose outputs it takes: waiting. Its plan is kept."""
        commit, names = self.repository.commit(), ", ".join(needed)
        text = f"it takes outputs of {names}, and that was not applied"
        body = f"### `{stack.name}` was not applied\n\nAt {commit[:12]}: {text}. Run the job again when it is."
        put_comment(self.forge, request.number, mark_of("apply", stack.name), body)
        self.forge.set_status(commit, "failure", _context("apply", stack), f"not applied: {text}")
        return "waiting"

    def apply(self, request: PullRequest, stack: Stack) -> str:
        """Converge one stack as it was planned and say so on the forge: applied, failed or planned-anew.

        What cannot be applied is planned anew, and applied when this is run again for the same commit. A stack that an
        earlier run for this commit has applied is left as it is, and said to be applied: that run may not have come so
        far.
        """
        commit, tree = self.repository.commit(), self.repository.tree()
        base = next(iter(self.repository.parents()), commit)
        context, mark = _context("apply", stack), mark_of("apply", stack.name)
        saved = self.saved_plan(stack, request.number)
        if saved is None and (self.repository.read(_applied_ref(stack)) or {}).get("commit") == commit:
            return self._say_applied(request, stack, commit)
        reason = _refusal(saved, request, tree, base)
        if reason is None and saved is not None:
            self.forge.set_status(commit, "pending", context, "converging")
            outcome = self._converge(stack, saved["plan.json"])
            if outcome.code == 0:
                # Before the forge is asked, which may be away: a plan that has been applied cannot be again.
                self.repository.write(_applied_ref(stack), {"commit": commit}, replace=True)
                self.repository.remove(_plan_ref(stack, request.number))
                self._unlock(_lock_ref(stack), request.number)
                return self._say_applied(request, stack, commit)
            text = f"### Applying `{stack.name}` failed\n\nAt {commit[:12]}.\n\n{_block(outcome)}"
        else:
            text = f"### `{stack.name}` was not applied\n\nAt {commit[:12]}: {reason}."
        planned, plan_file = self._make_plan(stack)
        if planned.code == 0:
            self._store(stack, Reviewed(request.number, request.head, base, tree), plan_file)
            text += "\n\nThis is what is left to do. **Run the job again to apply it.**\n\n" + _text_of_plan(planned)
        else:
            text += "\n\nA new plan could not be made.\n\n" + _block(planned)
        put_comment(self.forge, request.number, mark, text)
        self.forge.set_status(commit, "failure", context, f"not applied: {reason or 'the run failed'}")
        return "planned-anew" if reason else "failed"

    def _say_applied(self, request: PullRequest, stack: Stack, commit: str) -> str:
        text = f"### Applied `{stack.name}`\n\nAt {commit[:12]}."
        put_comment(self.forge, request.number, mark_of("apply", stack.name), text)
        self.forge.set_status(commit, "success", _context("apply", stack), "applied")
        return "applied"

    def look_for_drift(self, stack: Stack) -> str:
        """Open, edit or close the issue about a stack's drift: clean, drift, or failed where nobody knows."""
        outcome = self._run(stack, "drift", "--markdown", "--detailed-exitcode")
        mark = mark_of("drift", stack.name)
        if outcome.code == 2:
            advice = "Where the drift is wanted, change the documents."
            put_issue(self.forge, mark, f"Drift of {stack.name}", f"{outcome.output}\n{advice}\n")
            return "drift"
        if outcome.code != 0:
            return "failed"
        close_issues(self.forge, mark)
        return "clean"

    def forget(self, request: PullRequest, stack: Stack) -> str:
        """Remove what is stored of a stack that an earlier commit of the pull request has changed: unchanged."""
        self.repository.remove(_plan_ref(stack, request.number))
        self._unlock(_lock_ref(stack), request.number)
        text = f"### Plan of `{stack.name}`\n\nThe pull request changes nothing of it any more."
        put_comment(self.forge, request.number, mark_of("plan", stack.name), text)
        return "unchanged"

    def release(self, number: int) -> None:
        """Remove the plans and locks of a pull request that was closed."""
        for name in self.repository.names(f"plans/*/*/{number}"):
            self.repository.remove(name)
        for name in self.repository.names("locks/*/*"):
            self._unlock(name, number)

    def _make_plan(self, stack: Stack) -> tuple[Outcome, str]:
        """The plan as markdown, and as ``up`` takes it; of a stack that is to be removed, what would go."""
        if stack.retired:
            outcome = self._run(stack, "down", "--preview-only")
            return outcome, outcome.output
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "plan.json"
            options = [
                word
                for option in ("site", "prices")
                if (stack.project.directory / f"{option}.yaml").is_file()
                for word in (f"--{option}", f"{option}.yaml")
            ]
            outcome = self._run(stack, "plan", "--markdown", *options, "--save", str(file))
            return outcome, file.read_text() if outcome.code == 0 else ""

    def _converge(self, stack: Stack, saved: str) -> Outcome:
        if stack.retired:
            preview = self._run(stack, "down", "--preview-only")
            if preview.code != 0 or preview.output != saved:
                return Outcome(preview.code or 1, preview.output, "what would go now is not what the plan says:\n")
            return self._run(stack, "down", "--yes")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "plan.json"
            file.write_text(saved)
            return self._run(stack, "up", "--yes", "--plan", str(file))

    def _store(self, stack: Stack, reviewed: Reviewed, saved: str) -> None:
        content = {"review.json": json.dumps(asdict(reviewed), indent=2), "plan.json": saved}
        if not self.repository.write(_plan_ref(stack, reviewed.pull_request), content, replace=True):
            raise PacificError("another job has just stored a plan of this stack", value=stack.name, fix="run it again")

    def _lock(self, stack: Stack, number: int) -> int:
        """The number of the pull request that holds the stack, which is ``number`` where nobody else does.

        The lock of a pull request that is neither open nor about to be applied is taken over.
        """
        content = {"pull-request": str(number)}
        for _ in range(5):
            lock = self.repository.read(_lock_ref(stack))
            if lock is None:
                if self.repository.write(_lock_ref(stack), content, replace=False):
                    return number
                continue
            holder = int(lock["pull-request"])
            if holder == number or self._needs_lock(stack, holder):
                return holder
            self.repository.remove(_lock_ref(stack))
        raise PacificError("the lock of the stack changes hands again and again", value=stack.name, fix="run it again")

    def _needs_lock(self, stack: Stack, holder: int) -> bool:
        request = self.forge.pull_request(holder)
        return request.open or (request.merged and self.saved_plan(stack, holder) is not None)

    def _unlock(self, name: str, number: int) -> None:
        lock = self.repository.read(name)
        if lock is not None and lock["pull-request"] == str(number):
            self.repository.remove(name)


def _refusal(saved: Mapping[str, str] | None, request: PullRequest, tree: str, base: str) -> str | None:
    """Why the saved plan is not what may be applied now; None: it is."""
    if saved is None:
        return "it has no saved plan"
    reviewed = Reviewed(**json.loads(saved["review.json"]))
    if reviewed.tree == tree:
        return None
    if reviewed.head != request.head:
        return f"the plan is of {reviewed.head[:12]}, and {request.head[:12]} was merged"
    return f"the plan was made on {reviewed.base[:12]}, and it was merged on {base[:12]}"


def _text_of_plan(outcome: Outcome) -> str:
    if outcome.code != 0:
        return f"**The plan failed.**\n\n{_block(outcome)}"
    return outcome.output if outcome.output.startswith("**") else f"**Removes the stack.**\n\n{_fenced(outcome.output)}"


def _headline(outcome: Outcome) -> str:
    return outcome.output.partition("\n")[0].strip("*") if outcome.output.startswith("**") else "removes the stack"


def _comment(stack: Stack, reviewed: Reviewed, text: str) -> str:
    return f"### Plan of `{stack.name}`\n\nOf {reviewed.head[:12]} on {reviewed.base[:12]}.\n\n{text}"


def _block(outcome: Outcome) -> str:
    return _fenced(outcome.messages + outcome.output)


def _fenced(text: str) -> str:
    return "```text\n" + text.strip().replace("```", "` ` `") + "\n```"


def _context(step: str, stack: Stack) -> str:
    return f"pacific/{step} ({stack.name})"


def _plan_ref(stack: Stack, number: int) -> str:
    return f"plans/{stack.ref}/{number}"


def _applied_ref(stack: Stack) -> str:
    return f"applied/{stack.ref}"


def _lock_ref(stack: Stack) -> str:
    return f"locks/{stack.ref}"
