"""What a Stack's status says, and whether it is to be converged again. Pure.

Words and rules are those of the operator: its "ready protocol", ``isSynced``, ``markStackResult``, ``cooldown``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import rfc3339, seconds_of, seconds_of_duration

REQUEST: Final = "pulumi.com/reconciliation-request"
"""The annotation that asks for a run now: any other value than the last one does."""
WORKSPACE: Final = "waiting for workspace readiness"
UPDATE: Final = "stack is being processed"
_SHORTEST_RESYNC = 60.0
_MOST_FAILURES = 3
_FIRST_COOLDOWN = 10.0


@dataclass(frozen=True)
class Outcome:
    """How a run in a workspace has ended."""

    succeeded: bool
    message: str = ""
    """For a failure: what the run has written last."""
    outputs: Mapping[str, Any] = field(default_factory=dict)


def reconciling(reason: str, message: str) -> list[Object]:
    """The conditions of a Stack that is being processed."""
    return [_not_ready("NotReadyInProgress", "reconciliation is in progress"), _true("Reconciling", reason, message)]


def stalled(reason: str, message: str) -> list[Object]:
    """The conditions of a Stack that waits for a change of its spec or its source."""
    return [_not_ready("NotReadyStalled", "reconciliation is stalled"), _true("Stalled", reason, message)]


def result(last: Object) -> list[Object]:
    """The conditions after a run."""
    failures = last.get("failures", 0)
    if last["state"] == "succeeded":
        return [_true("Ready", "ProcessingCompleted", "the stack has been processed and is up to date")]
    if failures >= _MOST_FAILURES:
        message = f"{last['type']} failed {failures} times; not retrying until the spec or source changes"
        return stalled("UpdateFailed", message)
    return reconciling("RetryingAfterFailure", f"{failures} update failure(s)")


def finished(stack: Object, outcome: Outcome, now: float) -> Object:
    """The status fields after the run that the Stack's status names as the current one."""
    status = stack["status"]
    current, last = status["currentUpdate"], status.get("lastUpdate") or {}
    update: Object = {
        "generation": current["generation"],
        "reconcileRequest": current.get("reconcileRequest", ""),
        "name": current["name"],
        "type": type_of(stack, current),
        "state": "succeeded" if outcome.succeeded else "failed",
        "message": outcome.message,
        "lastAttemptedCommit": current["commit"],
        "lastSuccessfulCommit": current["commit"] if outcome.succeeded else last.get("lastSuccessfulCommit", ""),
        "lastResyncTime": rfc3339(now),
        "failures": 0,
    }
    same = all(last.get(name, "") == update[name] for name in ("generation", "reconcileRequest"))
    if not outcome.succeeded:
        update["failures"] = last.get("failures", 0) + 1 if same else 1
    changed: Object = {"lastUpdate": update, "currentUpdate": None, "conditions": result(update)}
    return changed | ({"outputs": dict(outcome.outputs)} if outcome.succeeded else {})


def seconds_until_due(stack: Object, commit: str, now: float) -> float | None:
    """Seconds until the Stack is to be converged again, 0 now; None: not until something changes."""
    last = stack.get("status", {}).get("lastUpdate")
    if last is None or _is_changed(stack, last):
        return 0.0
    period = _resync_period(stack) if last["state"] == "succeeded" else _retry_period(last)
    is_new = last["lastAttemptedCommit"] != commit and not is_deleted(stack)
    if is_new or period is None:
        return 0.0 if is_new else None
    return max(0.0, seconds_of(last["lastResyncTime"]) + period - now)


def _is_changed(stack: Object, last: Object) -> bool:
    """Whether the spec, or the wish for a run, is another one than that of the last run."""
    is_of_generation = last["generation"] == stack["metadata"]["generation"]
    return not is_of_generation or last.get("reconcileRequest", "") != requested(stack)


def _resync_period(stack: Object) -> float | None:
    if is_deleted(stack) or not stack["spec"].get("continueResyncOnCommitMatch"):
        return None
    return max(float(stack["spec"].get("resyncFrequencySeconds", 0)), _SHORTEST_RESYNC)


def _retry_period(last: Object) -> float | None:
    """Seconds between a failure and the next try; None: no more tries."""
    failures = int(last["failures"])
    return None if failures >= _MOST_FAILURES else _FIRST_COOLDOWN * 3.0 ** (failures - 1)


def unmet(requirement: Mapping[str, str], prerequisite: Object, now: float) -> str | None:
    """Why a Stack does not fulfil what another one asks of it; None: it does."""
    last = prerequisite.get("status", {}).get("lastUpdate")
    if last is None:
        return "prerequisite has not run to completion"
    if last["state"] != "succeeded":
        return "prerequisite failed"
    within = requirement.get("succeededWithinDuration")
    if within is not None and now - seconds_of(last["lastResyncTime"]) > seconds_of_duration(within):
        return "prerequisite succeeded but not recently enough"
    return None


def not_satisfied(problems: Mapping[str, str]) -> str:
    """What the condition says; ``problems``: reasons by the names of prerequisites."""
    if len(problems) > 1:
        return f"multiple prerequisites were not satisfied {', '.join(problems)}"
    (name, problem), *_ = problems.items()
    return f'prerequisite not satisfied for "{name}": {problem}'


def type_of(stack: Object, update: Object) -> str:
    """What a run does: ``destroy`` where it began after the Stack's deletion, which makes a generation of its own."""
    return "destroy" if is_deleted(stack) and update["generation"] == stack["metadata"]["generation"] else "up"


def is_deleted(stack: Object) -> bool:
    """Whether the Stack is on its way out."""
    return "deletionTimestamp" in stack["metadata"]


def requested(stack: Object) -> str:
    """The last wish for a run."""
    return str((stack["metadata"].get("annotations") or {}).get(REQUEST, ""))


def revision_of(source: Object | None) -> str | None:
    """The commit that a GitRepository has last seen, as ``main@sha1:...``."""
    artifact = ((source or {}).get("status") or {}).get("artifact") or {}
    return artifact.get("revision")


def _true(type_: str, reason: str, message: str) -> Object:
    return {"type": type_, "status": "True", "reason": reason, "message": message}


def _not_ready(reason: str, message: str) -> Object:
    return {"type": "Ready", "status": "False", "reason": reason, "message": message}
