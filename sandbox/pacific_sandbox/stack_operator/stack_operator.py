"""The stand-in as a whole: defines its kinds in a cluster, and reconciles them until it is cancelled."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx2

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Resource
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.stack_operator.definitions import GIT_REPOSITORIES, STACKS, STAND_IN, definitions
from pacific_sandbox.stack_operator.git_repositories import GitRepositories
from pacific_sandbox.stack_operator.stacks import COMPONENT, Stacks

_DEFINITIONS: Final = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False)
_SERVED_WITHIN = 30.0


async def run_stack_operator(kubeconfig: Path, say: Callable[[str], object]) -> None:
    """Reconcile the Stacks and GitRepositories of a cluster until cancelled.

    Raises PacificError where the cluster does not answer, or has these kinds from somebody else.
    """
    async with KubernetesAPI.from_kubeconfig(kubeconfig, field_manager=COMPONENT) as api:
        try:
            await _define(api)
        except (KubernetesError, httpx2.TransportError) as error:
            raise PacificError(f"the definitions cannot be made: {error}", place=str(kubeconfig)) from None
        events = EventRecorder(api)
        stacks, repositories = WatchedObjects(api, STACKS), WatchedObjects(api, GIT_REPOSITORIES)
        sources = GitRepositories(api, repositories)
        controller = Stacks(api, stacks=stacks, sources=repositories, events=events, say=say)
        async with asyncio.TaskGroup() as tasks:
            for runner in (events, stacks, repositories, sources, controller):
                tasks.create_task(runner.run(), name=type(runner).__name__)


async def _define(api: KubernetesAPI) -> None:
    for written in definitions():
        name = written["metadata"]["name"]
        present = await api.get(_DEFINITIONS, name)
        if present is not None and STAND_IN not in (present["metadata"].get("annotations") or {}):
            raise PacificError(
                "the cluster has this definition from a real controller, which the stand-in leaves alone",
                value=name,
                fix="let that controller converge the stacks",
            )
        await api.apply(_DEFINITIONS, written)
    for resource in (STACKS, GIT_REPOSITORIES):
        await _served(api, resource)


async def _served(api: KubernetesAPI, resource: Resource) -> None:
    """Wait until the API server serves a kind that was just defined."""
    deadline = asyncio.get_running_loop().time() + _SERVED_WITHIN
    while True:
        try:
            await api.list(resource)
        except KubernetesError as error:
            if error.code != 404 or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return
