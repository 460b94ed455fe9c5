"""How the Jobs of a backup's schedule ended, and what the status says of that. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pacific_mongodb.database import Object

BACKED_UP = "BackedUp"
"""The condition: whether the Job that ended last has written a dump. It is absent until the first one has ended."""
_LAST_WORDS = 300


class _Ended(NamedTuple):
    time: str
    """RFC 3339 in UTC: a later one is greater."""
    job: str
    failed: bool
    reason: str
    message: str


def last_backup(jobs: Sequence[Object], pods: Sequence[Object], before: Mapping[str, Any] | None) -> Object | None:
    """Time, Job and file of the newest dump; ``before``, that of the status, where no newer one is known.

    Jobs and their pods go with time: what was read from them once stays.
    """
    done = max((job for job in _ended(jobs) if not job.failed), default=None)
    if done is None or (before is not None and (before["job"] == done.job or before["time"] > done.time)):
        return dict(before) if before is not None else None
    file = _last_words(pods, done.job)
    return {"time": done.time, "job": done.job, **({"file": file} if file else {})}


def backup_condition(
    jobs: Sequence[Object], pods: Sequence[Object], before: Mapping[str, Any] | None
) -> tuple[str, bool, str, str] | None:
    """Type, value, reason and message; ``before``, that of the status, where no other Job has ended since."""
    ended = max(_ended(jobs), default=None)
    if before is not None and (ended is None or before["message"].startswith(f"Job {ended.job} ")):
        return BACKED_UP, before["status"] == "True", before["reason"], before["message"]
    if ended is None:
        return None
    words = _last_words(pods, ended.job)
    if ended.failed:
        last_words = f"; its pod said: {words}" if words else ""
        return BACKED_UP, False, ended.reason, f"Job {ended.job} failed: {ended.message}{last_words}"
    return BACKED_UP, True, "DumpWritten", f"Job {ended.job} wrote {words or 'a dump'}"


def _ended(jobs: Sequence[Object]) -> Iterator[_Ended]:
    for job in jobs:
        status = job.get("status") or {}
        for condition in status.get("conditions") or ():
            if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
                reason, message = condition.get("reason") or "Failed", condition.get("message") or "no reason is given"
                failed = condition["type"] == "Failed"
                at = (
                    status.get("completionTime") or condition["lastTransitionTime"]
                )  # the former of successful ones alone
                yield _Ended(at, job["metadata"]["name"], failed, reason, message)


def _last_words(pods: Sequence[Object], job: str) -> str:
    """What the newest pod of a Job that ended left behind, in one line; empty where nothing is known."""
    message = ""
    for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"])):
        if (pod["metadata"].get("labels") or {}).get("batch.kubernetes.io/job-name") != job:
            continue
        for container in (pod.get("status") or {}).get("containerStatuses") or ():
            ended = container["state"].get("terminated") or {}
            message = " ".join((ended.get("message") or "").split())[-_LAST_WORDS:] or message
    return message
