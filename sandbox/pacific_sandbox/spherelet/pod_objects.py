"""Looks up what pods need. Secrets and ConfigMaps are asked for, not watched: few are needed, and many may be there."""

import time
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.pod_needs import Need, Problem, needs, refused, unmet

_RESOURCES: Final = {"configmap": Resource("v1", "configmaps"), "secret": Resource("v1", "secrets")}
_KEPT = 5.0
"""Seconds for which an object's keys are remembered: a Deployment's pods ask for the same ones at the same time."""


class PodObjects:
    """The objects that pods refer to."""

    def __init__(self, api: KubernetesAPI, claims: WatchedObjects) -> None:
        self._api = api
        self._claims = claims
        self._seen: dict[tuple[str, str, str], tuple[float, Object]] = {}

    async def problem(self, pod: Object) -> Problem | None:
        """The first thing that keeps the pod from starting."""
        problem = refused(pod)
        namespace = pod["metadata"]["namespace"]
        for need in needs(pod):
            problem = problem or unmet(need, namespace, await self._find(need, namespace))
        return problem

    async def _find(self, need: Need, namespace: str) -> Object | None:
        if need.kind == "persistentvolumeclaim":
            return self._claims.get((namespace, need.name))
        key, now = (need.kind, namespace, need.name), time.monotonic()
        if key in self._seen and self._seen[key][0] > now:
            return self._seen[key][1]
        stored = await self._api.get(_RESOURCES[need.kind], need.name, namespace)
        self._seen = {key: kept for key, kept in self._seen.items() if kept[0] > now}
        if stored is None:
            return None
        # Names only: the values of Secrets are not needed here.
        names = {part: dict.fromkeys(stored.get(part, {}), "") for part in ("data", "binaryData")}
        self._seen[key] = (now + _KEPT, names)
        return names
