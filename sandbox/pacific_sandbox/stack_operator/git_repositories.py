"""GitRepositories: which commit a branch has, asked again and again, as Flux' source-controller says it."""

import asyncio
import os
import shutil
import subprocess
import time
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.reconcile.status import report
from pacific_sandbox.reconcile.times import rfc3339, seconds_of_duration
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue

REQUEST: Final = "reconcile.fluxcd.io/requestedAt"
"""The annotation by which ``flux reconcile`` asks for a look now."""
_WITHIN = 60.0


class GitRepositories:
    """Reconciles every GitRepository."""

    def __init__(self, api: KubernetesAPI, repositories: WatchedObjects) -> None:
        self._api, self._repositories = api, repositories
        self._looks: dict[Key, tuple[object, float]] = {}
        """The last look at each: for what, and when in seconds since the epoch."""
        self._queue: WorkQueue[Key] = WorkQueue("gitrepository", self._reconcile)
        repositories.listen(lambda item, _: self._queue.add(key_of(item)))

    async def run(self) -> None:
        """Nothing is to be done beside what the objects ask for."""
        await self._repositories.wait_synced()

    async def _reconcile(self, key: Key) -> float | None:
        item = self._repositories.get(key)
        if item is None or "deletionTimestamp" in item["metadata"]:
            self._looks.pop(key, None)
            return None
        spec, now = item["spec"], time.time()
        request = (item["metadata"].get("annotations") or {}).get(REQUEST)
        interval = max(seconds_of_duration(spec["interval"]), 1.0)
        wish, at = self._looks.get(key, (None, 0.0))
        if wish == (spec, request) and now < at + interval:
            return at + interval - now
        branch = (spec.get("ref") or {}).get("branch", "master")
        commit, problem = await _commit(spec["url"], branch)
        await report(self._api, self._repositories, item, _status(item, branch, commit, problem, request), now)
        self._looks[key] = ((spec, request), now)
        return interval


async def _commit(url: str, branch: str) -> tuple[str, str]:
    """The commit of a branch, and why it is not known; one of both is empty."""
    git = shutil.which("git")
    if git is None:
        return "", "git is not on PATH"
    # In a thread: a process of asyncio that is cancelled while it starts is waited for for ever.
    process = subprocess.Popen(  # noqa: ASYNC220 - it starts at once
        [git, "ls-remote", "--exit-code", "--", url, f"refs/heads/{branch}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
    )
    try:
        output, errors = await asyncio.to_thread(process.communicate, timeout=_WITHIN)
    except subprocess.TimeoutExpired:
        return "", f"{url} did not answer within {_WITHIN:.0f} s"
    finally:
        process.kill()  # also where the controller is ended meanwhile; nothing where git has ended
    if process.returncode == 2:
        return "", f'couldn\'t find remote ref "refs/heads/{branch}"'
    if process.returncode:
        return "", errors.decode(errors="replace").strip()
    return output.decode().split()[0], ""


def _status(item: Object, branch: str, commit: str, problem: str, request: str | None) -> Object:
    status: Object = {"observedGeneration": item["metadata"]["generation"], "lastHandledReconcileAt": request}
    if problem:
        message = f"failed to checkout and determine revision: {problem}"
        return {**status, "conditions": [_ready("False", "GitOperationFailed", message)]}
    revision = f"{branch}@sha1:{commit}"
    before = (item.get("status") or {}).get("artifact") or {}
    changed = before.get("revision") != revision
    at = rfc3339(time.time()) if changed else before.get("lastUpdateTime")
    artifact = {"revision": revision, "url": item["spec"]["url"], "lastUpdateTime": at}
    message = f"stored artifact for revision '{revision}'"
    return {**status, "artifact": artifact, "conditions": [_ready("True", "Succeeded", message)]}


def _ready(status: str, reason: str, message: str) -> Object:
    return {"type": "Ready", "status": status, "reason": reason, "message": message}
