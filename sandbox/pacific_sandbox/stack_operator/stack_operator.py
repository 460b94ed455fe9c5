"""The stand-in as a whole: defines its kinds in a cluster, and reconciles them until it is cancelled."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.stack_operator.definitions import GIT_REPOSITORIES, STACKS, define, definitions
from pacific_sandbox.stack_operator.git_repositories import GitRepositories
from pacific_sandbox.stack_operator.stacks import COMPONENT, Stacks


async def run_stack_operator(kubeconfig: Path, say: Callable[[str], object]) -> None:
    """Reconcile the Stacks and GitRepositories of a cluster until cancelled.

    Raises PacificError where the cluster does not answer, or has these kinds from somebody else.
    """
    async with KubernetesAPI.from_kubeconfig(kubeconfig, field_manager=COMPONENT) as api:
        try:
            await define(api, definitions())
        except (KubernetesError, KubernetesUnreachable) as error:
            raise PacificError(f"the definitions cannot be made: {error}", place=str(kubeconfig)) from None
        events = EventRecorder(api)
        stacks, repositories = WatchedObjects(api, STACKS), WatchedObjects(api, GIT_REPOSITORIES)
        sources = GitRepositories(api, repositories)
        controller = Stacks(api, stacks=stacks, sources=repositories, events=events, say=say)
        async with asyncio.TaskGroup() as tasks:
            for runner in (events, stacks, repositories, sources, controller):
                tasks.create_task(runner.run(), name=type(runner).__name__)
