"""Finds out whether the recorded Supervisors and workload clusters exist, are lost, or do not answer.

vCenter knows whether a Supervisor exists, and the Supervisor whether a workload cluster does. A Kubernetes API that
does not answer proves neither: then nothing is forgotten, and no run starts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.lost import (
    NAMESPACE,
    VIRTUAL_MACHINE_CLASS,
    Lost,
    RecordedCluster,
    RecordedName,
    RecordedSupervisor,
    held_by,
    recorded_clusters,
    recorded_names,
    recorded_supervisors,
)
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import Unauthorized
from pacific_infra.vcenter.kubeconfig import KUBERNETES_PORT
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.login import split_endpoint
from pacific_infra.vcenter.namespaces import read_namespace
from pacific_infra.vcenter.supervisors import list_supervisors
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_class

OnWait = Callable[[str, float], object]
"""Called with what does not answer and why, and the seconds until the wait ends."""

VCENTER_PATIENCE = 120.0
"""Seconds until a vCenter that does not answer is given up."""
API_PATIENCE = 60.0
"""Seconds until a Kubernetes API that does not answer is given up: its server may just be started again."""
HTTPS_PORT = 443
_ANSWER = 5.0
"""Seconds for one answer."""
_PAUSE = 2.0
_AT_A_TIME = 8
_NAMES: Mapping[str, tuple[str, Callable[[VCenterClient, str], Awaitable[object]]]] = {
    NAMESPACE: ("vSphere Namespace", read_namespace),
    VIRTUAL_MACHINE_CLASS: ("VM class", read_virtual_machine_class),
}


class NoAnswer(PacificError):
    """A Supervisor or workload cluster that exists and does not answer."""

    def __init__(self, urn: str, silence: str) -> None:
        self.urn = urn
        super().__init__(silence, fix="nothing was changed or forgotten; run the same command again when it answers")


@dataclass(frozen=True)
class Holders:
    """The recorded Supervisors and workload clusters that are lost or do not answer."""

    lost: Sequence[Lost] = ()
    silent: Sequence[NoAnswer] = ()

    def require_answers(self) -> None:
        """Raises PacificErrors where an existing one does not answer."""
        if self.silent:
            raise PacificErrors(self.silent)


async def look_up_holders(
    client: VCenterClient, resources: Sequence[Recorded], on_wait: OnWait, *, patience: float = API_PATIENCE
) -> Holders:
    """Which Supervisors and workload clusters in ``resources`` are lost, and which do not answer.

    ``patience``: seconds until a Kubernetes API counts as silent. vCenter is read even where nothing is recorded yet.
    Raises Unreachable where it does not answer, and PacificError where it refuses the login.
    """
    settings = client.settings
    supervisors, clusters = recorded_supervisors(resources), recorded_clusters(resources)
    try:
        present = await list_supervisors(client)
    except Unauthorized:
        return Holders()  # a user of some namespaces only: there is nothing of theirs that could be lost
    lost = list(lost_supervisors(supervisors, present, settings.server))
    times: Any = {"on_wait": on_wait, "patience": patience}
    lost_urns = {holder.urn for holder in lost}
    living = {supervisor.identifier: supervisor for supervisor in supervisors if supervisor.urn not in lost_urns}
    external = {cluster.supervisor for cluster in clusters} - {supervisor.identifier for supervisor in supervisors}
    for identifier in external & set(present):
        # Somebody else's, with a workload cluster of this stack on it.
        info = present[identifier]
        living[identifier] = RecordedSupervisor("", identifier, str(info["name"]), str(info.get("apiendpoint") or ""))
    probes = [
        api_silence(
            supervisor.urn, f"Supervisor {supervisor.name}", address(supervisor.endpoint, KUBERNETES_PORT), **times
        )
        for supervisor in living.values()
        if supervisor.endpoint and held_by(resources, supervisor.urn)
    ]
    lost_names, silences = await asyncio.gather(_lost_names(client, resources, lost), asyncio.gather(*probes))
    lost += lost_names
    silent = [silence for silence in silences if silence is not None]
    silent_urns = {silence.urn for silence in silent}
    living = {key: supervisor for key, supervisor in living.items() if supervisor.urn not in silent_urns}
    for identifier, supervisor in living.items():
        clusters_on_it = [cluster for cluster in clusters if cluster.supervisor == identifier]
        if clusters_on_it:
            async with KubernetesAPI.of_supervisor(supervisor.endpoint, settings) as api:
                lost += await lost_clusters(api, supervisor.name, clusters_on_it)
    lost_urns = {holder.urn for holder in lost}
    probes = [
        api_silence(cluster.urn, f"workload cluster {cluster.id}", address(cluster.endpoint, HTTPS_PORT), **times)
        for cluster in clusters
        if cluster.supervisor in living
        and cluster.urn not in lost_urns
        and cluster.endpoint
        and held_by(resources, cluster.urn)
    ]
    silent += [silence for silence in await asyncio.gather(*probes) if silence is not None]
    return Holders(lost, silent)


def lost_supervisors(
    supervisors: Sequence[RecordedSupervisor], present: Mapping[str, Mapping[str, Any]], server: str
) -> Iterator[Lost]:
    """The Supervisors that vCenter ``server`` does not have, or is removing. ``present``: summaries of those it has."""
    for supervisor in supervisors:
        info = present.get(supervisor.identifier)
        name = f"Supervisor {supervisor.name}"
        if info is None:
            yield Lost(supervisor.urn, name, f"vCenter {server} does not have it any more")
        elif info.get("config_status") == "REMOVING":
            yield Lost(supervisor.urn, name, f"vCenter {server} is removing it")


async def _lost_names(client: VCenterClient, resources: Sequence[Recorded], lost: Sequence[Lost]) -> list[Lost]:
    """The vSphere Namespaces and VM classes that vCenter does not have, except those lost with a Supervisor.

    Each is read individually, because a list contains only what the user may see.
    """
    covered = {resource["urn"] for holder in lost for resource in held_by(resources, holder.urn)}
    names = [recorded for recorded in recorded_names(resources) if recorded.urn not in covered]
    gate = asyncio.Semaphore(_AT_A_TIME)

    async def look(recorded: RecordedName) -> Lost | None:
        kind, read = _NAMES[recorded.type]
        try:
            async with gate:
                if await read(client, recorded.name) is not None:
                    return None
        except Unauthorized:
            return None  # it may well be there
        why = f"vCenter {client.settings.server} does not have it any more"
        return Lost(recorded.urn, f"{kind} {recorded.name}", why)

    return [holder for holder in await asyncio.gather(*map(look, names)) if holder is not None]


async def lost_clusters(api: KubernetesAPI, supervisor: str, clusters: Collection[RecordedCluster]) -> list[Lost]:
    """The clusters that the Supervisor does not have, or has replaced by another of the same name."""
    lost = []
    for cluster in clusters:
        if await api.resource(cluster.api_version, "Cluster") is None:
            continue  # the kind is not served just now, which says nothing of the cluster
        live = await api.get(cluster.api_version, "Cluster", cluster.name, cluster.namespace)
        name = f"workload cluster {cluster.id}"
        if live is None:
            lost.append(Lost(cluster.urn, name, f"Supervisor {supervisor} does not have it any more"))
        elif (uid := str(live["metadata"]["uid"])) != cluster.uid:
            lost.append(Lost(cluster.urn, name, f"Supervisor {supervisor} has another cluster of this name", uid=uid))
    return lost


def address(endpoint: str, default_port: int) -> str:
    """HOST:PORT of an endpoint that may lack the port. Raises PacificError."""
    host, port = split_endpoint(endpoint, default_port)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def api_silence(urn: str, name: str, server: str, *, on_wait: OnWait, patience: float) -> NoAnswer | None:
    """None where ``/readyz`` at ``server``, HOST:PORT, is answered by anything but a failure of the server.

    ``urn`` and ``name``: of the Supervisor or workload cluster. ``patience``: seconds until it is given up.
    """
    # Nothing is sent and nothing believed: whether anybody is there needs neither login nor certificate.
    async with httpx2.AsyncClient(verify=False, timeout=_ANSWER, trust_env=False) as client:
        end = time.monotonic() + patience
        while True:
            try:
                status = (await client.get(f"https://{server}/readyz")).status_code
                if status < 500:
                    return None
                reason = f"HTTP status {status}"
            except httpx2.TransportError as error:
                reason = str(error) or type(error).__name__
            left = end - time.monotonic()
            if left <= 0:
                return NoAnswer(urn, f"{name} at {server} does not answer: {reason}")
            on_wait(f"{name} at {server} does not answer ({reason})", left)
            await asyncio.sleep(min(_PAUSE, left))
