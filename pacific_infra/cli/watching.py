"""Looks, while the engine runs, at why rows do not come to their end."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.live_reasons import LiveReasons
from pacific_infra.converge.progress import Reason
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificError
from pacific_infra.steady_time import steady_time
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile
from pacific_infra.vcenter.kubernetes_connection import Connection, kubeconfig_connection, supervisor_connection
from pacific_infra.vcenter.settings import VCenterSettings

if TYPE_CHECKING:
    from pacific_infra.documents import Estate

INTERVAL = 4.0
"""Seconds between two looks."""


def live_reasons(session: Session, stack: EstateStack, recorded: Sequence[Recorded]) -> LiveReasons:
    """What a run of ``stack`` waits for; the stack has ``recorded`` resources."""

    @cache
    def settings() -> VCenterSettings:
        return vcenter_settings(session.project, session.settings, stack.secret)

    def connect(endpoint: str) -> Connection | None:
        try:
            return supervisor_connection(endpoint, settings())
        except PacificError:
            return None

    return LiveReasons(_connections(session, recorded, connect), connect, steady_time())


def _connections(
    session: Session, recorded: Sequence[Recorded], connect: Callable[[str], Connection | None]
) -> Mapping[str, Connection]:
    """To the Supervisors that are recorded, and to those that a kubeconfig of the project reaches."""
    connections: dict[str, Connection | None] = {}
    for resource in recorded:
        endpoint = (
            (resource.get("outputs") or {}).get("endpoint")
            if resource["type"] == "pacific:vcenter:Supervisor"
            else None
        )
        if endpoint:
            connections[f"{resource['urn'].rpartition('::')[2].removesuffix('-supervisor')}-kubernetes"] = connect(
                str(endpoint)
            )
    if session.project.kubeconfig is not None:
        connections |= _by_kubeconfig(session.project.kubeconfig, session.graph.estate)
    return {name: connection for name, connection in connections.items() if connection is not None}


def _by_kubeconfig(kubeconfig: KubeconfigFile, estate: "Estate") -> Mapping[str, Connection]:
    """To the Supervisors of the estate that ``kubeconfig`` reaches."""
    from pacific_infra.documents import ExternalSupervisorCluster, SupervisorCluster  # noqa: PLC0415 - few have one

    connections = {}
    for document in (*estate.of(SupervisorCluster), *estate.of(ExternalSupervisorCluster)):
        with suppress(PacificError):
            content = kubeconfig.of_supervisor(document.name)
            connections[f"{document.name}-kubernetes"] = kubeconfig_connection(json.loads(content))
    return connections


@contextmanager
def watching(reasons: LiveReasons, tell: Callable[[Mapping[str, Reason]], object]) -> Iterator[None]:
    """While inside, ``tell`` gets the reasons by URN every few seconds."""
    over = threading.Event()

    async def watch() -> None:
        try:
            while not await asyncio.to_thread(over.wait, INTERVAL):
                known = await reasons.look(steady_time())
                if not over.is_set():
                    tell(known)
        finally:
            await reasons.close()

    thread = threading.Thread(target=lambda: asyncio.run(watch()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
