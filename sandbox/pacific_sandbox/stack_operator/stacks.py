"""Stacks: a workspace converges each when its source, its spec or the time asks for it, and destroys it at its end."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Object, Resource
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.status import report
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue
from pacific_sandbox.stack_operator import stack_status, workspace
from pacific_sandbox.stack_operator.stack_status import Outcome, is_deleted

FINALIZER: Final = "finalizer.stack.pulumi.com"
COMPONENT: Final = "pulumi-kubernetes-operator-stand-in"
_PODS: Final = Resource("v1", "pods")
_LOOK = 1.0
"""Seconds between two looks at a workspace that runs, and at what a Stack waits for."""
_log = logging.getLogger(__name__)


class Stacks:
    """Reconciles every Stack, each in its own time. ``say`` gets a line when a run begins or ends."""

    def __init__(
        self,
        api: KubernetesAPI,
        *,
        stacks: WatchedObjects,
        sources: WatchedObjects,
        events: EventRecorder,
        say: Callable[[str], object],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api, self._stacks, self._sources = api, stacks, sources
        self._events, self._say, self._clock = events, say, clock
        self._queue: WorkQueue[Key] = WorkQueue("stack", self._reconcile)
        stacks.listen(lambda stack, _: self._queue.add(key_of(stack)))
        sources.listen(lambda source, _: self._look_at_all(source["metadata"]["namespace"]))

    async def run(self) -> None:
        """Begin once everything has been seen."""
        await self._stacks.wait_synced()
        await self._sources.wait_synced()
        self._look_at_all(None)

    def _look_at_all(self, namespace: str | None) -> None:
        for stack in self._stacks.list(namespace):
            self._queue.add(key_of(stack))

    async def _reconcile(self, key: Key) -> float | None:
        stack = self._stacks.get(key)
        if stack is None or not (self._sources.synced and self._stacks.synced):
            return None
        finalizers = stack["metadata"].get("finalizers", [])
        if FINALIZER not in finalizers:
            if not is_deleted(stack):
                await self._set_finalizers(stack, [*finalizers, FINALIZER])
            return None
        if (stack.get("status") or {}).get("currentUpdate"):
            return await self._follow(stack)
        return await self._compare(stack)

    async def _compare(self, stack: Object) -> float | None:
        """Begin a run where the Stack's source, spec or time asks for it; else say how the last one was."""
        if is_deleted(stack) and not stack["spec"].get("destroyOnFinalize"):
            await self._finalize(stack)
            return None
        source = self._source(stack)
        commit = stack_status.revision_of(source)
        if commit is None:
            name = stack["spec"]["fluxSource"]["sourceRef"]["name"]
            missing = f'could not resolve sourceRef: gitrepositories.source.toolkit.fluxcd.io "{name}" not found'
            message = missing if source is None else "Flux source has no artifact"
            await self._report(stack, {"conditions": stack_status.stalled("SourceUnavailable", message)})
            return _LOOK
        wait = stack_status.seconds_until_due(stack, commit, self._clock())
        if wait == 0:
            return await self._begin(stack, commit)
        last = stack["status"]["lastUpdate"]
        if is_deleted(stack) and last["state"] == "succeeded":
            await self._finalize(stack)
            return None
        await self._report(stack, {"conditions": stack_status.result(last)})
        return wait

    async def _begin(self, stack: Object, commit: str) -> float | None:
        """Note that a run is under way; its workspace is made when that is looked at."""
        metadata = stack["metadata"]
        problems = {} if is_deleted(stack) else self._problems(stack)
        if problems:
            text = stack_status.not_satisfied(problems)
            await self._report(stack, {"conditions": stack_status.reconciling("PrerequisiteNotSatisfied", text)})
            return _LOOK
        update = {
            "generation": metadata["generation"],
            "reconcileRequest": stack_status.requested(stack),
            "name": f"{metadata['name']}-{uuid.uuid4().hex[:8]}",
            "commit": commit,
        }
        conditions = stack_status.reconciling("StackProcessing", stack_status.WORKSPACE)
        await self._report(stack, {"currentUpdate": update, "conditions": conditions})
        self._say(f"{stack['spec']['stack']}: {stack_status.type_of(stack, update)} of {commit}")
        return 0.01

    async def _follow(self, stack: Object) -> float | None:
        """Make the workspace of the run that is under way, or take over how it has ended."""
        metadata, update = stack["metadata"], stack["status"]["currentUpdate"]
        name, namespace = workspace.workspace_name(stack), metadata["namespace"]
        pod = await self._api.get(_PODS, name, namespace)
        if pod is not None and (pod["metadata"].get("annotations") or {}).get(workspace.UPDATE) != update["name"]:
            await self._api.delete(_PODS, name, namespace, grace_period_seconds=0, uid=pod["metadata"]["uid"])
            return _LOOK
        if pod is None:
            source = self._source(stack)
            if source is not None:
                await self._api.create(_PODS, workspace.workspace(stack, source, update))
            return _LOOK
        outcome = workspace.outcome(pod, await self._log_of(pod))
        if outcome is None:
            conditions = stack_status.reconciling("StackProcessing", stack_status.UPDATE)
            await self._report(stack, {"conditions": conditions})
            return _LOOK
        await self._end(stack, outcome)
        if stack["spec"].get("workspaceReclaimPolicy") == "Delete":
            await self._api.delete(_PODS, name, namespace, uid=pod["metadata"]["uid"])
        return 0.01

    async def _end(self, stack: Object, outcome: Outcome) -> None:
        status = stack_status.finished(stack, outcome, self._clock())
        await self._report(stack, status)
        last = status["lastUpdate"]
        self._say(f"{stack['spec']['stack']}: {last['type']} {last['state']}")
        if outcome.succeeded:
            self._events.record(stack, "StackCreated", "Successfully updated stack", component=COMPONENT)
        else:
            text = f"Failed to update stack: {outcome.message}"[:1024]
            self._events.record(stack, "StackUpdateFailure", text, component=COMPONENT, type_="Warning")

    async def _finalize(self, stack: Object) -> None:
        await self._set_finalizers(stack, [name for name in stack["metadata"]["finalizers"] if name != FINALIZER])

    async def _set_finalizers(self, stack: Object, names: list[str]) -> None:
        metadata = stack["metadata"]
        version = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "finalizers": names}
        await self._api.patch(self._stacks.resource, metadata["name"], {"metadata": version}, metadata["namespace"])

    async def _report(self, stack: Object, status: Object) -> None:
        observed = {
            "observedGeneration": stack["metadata"]["generation"],
            "observedReconcileRequest": stack_status.requested(stack),
        }
        await report(self._api, self._stacks, stack, {**observed, **status}, self._clock())

    async def _log_of(self, pod: Object) -> str:
        """What a workspace that has ended has written; empty while it runs."""
        if pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
            return ""
        path = f"{_PODS.path(pod['metadata']['namespace'], pod['metadata']['name'])}/log"
        try:
            return await self._api.raw("GET", path, container=workspace.CONTAINER)
        except KubernetesError as error:
            _log.warning("log of %s: %s", pod["metadata"]["name"], error)
            return error.message

    def _source(self, stack: Object) -> Object | None:
        reference = stack["spec"]["fluxSource"]["sourceRef"]
        return self._sources.get((stack["metadata"]["namespace"], reference["name"]))

    def _problems(self, stack: Object) -> dict[str, str]:
        """Which prerequisites are not fulfilled, and why."""
        problems = {}
        for prerequisite in stack["spec"].get("prerequisites", ()):
            name = prerequisite["name"]
            other = self._stacks.get((stack["metadata"]["namespace"], name))
            requirement = prerequisite.get("requirement") or {}
            problem = "not found" if other is None else stack_status.unmet(requirement, other, self._clock())
            if problem is not None:
                problems[name] = problem
        return problems
