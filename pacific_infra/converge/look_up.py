"""Asks whether the recorded Supervisors and workload clusters are there, gone, or do not answer.

vCenter says whether a Supervisor is there, and the Supervisor whether a workload cluster is. That the Kubernetes API of
one is silent says neither: then nothing is forgotten, and nothing is begun.
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
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_class

OnWait = Callable[[str, float], object]
"""Gets what does not answer, with the reason, and the seconds until it is given up."""

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
    """A Supervisor or workload cluster that is there and does not answer."""

    def __init__(self, urn: str, what: str) -> None:
        self.urn = urn
        super().__init__(
            what, fix="nothing was changed, and nothing is forgotten; run the same command again when it answers"
        )


@dataclass(frozen=True)
class Holders:
    """What became of the recorded Supervisors and workload clusters."""

    lost: Sequence[Lost] = ()
    silent: Sequence[NoAnswer] = ()

    def require_answers(self) -> None:
        """Raises PacificErrors where one that is there does not answer."""
        if self.silent:
            raise PacificErrors(self.silent)


async def look_up(
    settings: VCenterSettings,
    resources: Sequence[Recorded],
    on_wait: OnWait,
    *,
    vcenter_patience: float = VCENTER_PATIENCE,
    patience: float = API_PATIENCE,
) -> Holders:
    """What of the Supervisors and workload clusters in ``resources`` is gone, and what does not answer.

    ``vcenter_patience`` and ``patience``: seconds until vCenter and a Kubernetes API are taken for silent. vCenter is
    asked also where nothing is recorded yet. Raises Unreachable where it does not answer, and PacificError where it
    refuses the login.
    """
    supervisors, clusters = recorded_supervisors(resources), recorded_clusters(resources)
    client = VCenterClient(settings, patience=vcenter_patience, on_wait=on_wait)
    try:
        present = await list_supervisors(client)
        lost = list(lost_supervisors(supervisors, present, settings.server))
        lost += await _lost_names(client, resources, lost)
    except Unauthorized:
        return Holders()  # a user of some namespaces only: there is nothing of theirs that could be lost
    finally:
        await client.close()
    gone = {one.urn for one in lost}
    living = {one.identifier: one for one in supervisors if one.urn not in gone}
    others = {one.supervisor for one in clusters} - {one.identifier for one in supervisors}
    for identifier in others & set(present):
        # Somebody else's, with a workload cluster of this stack on it.
        info = present[identifier]
        living[identifier] = RecordedSupervisor("", identifier, str(info["name"]), str(info.get("apiendpoint") or ""))
    asked = [
        api_silence(one.urn, f"Supervisor {one.name}", one.endpoint, KUBERNETES_PORT, on_wait, patience)
        for one in living.values()
        if one.endpoint and held_by(resources, one.urn)
    ]
    silent = [one for one in await asyncio.gather(*asked) if one is not None]
    answering = {key: one for key, one in living.items() if one.urn not in {each.urn for each in silent}}
    for identifier, supervisor in answering.items():
        mine = [one for one in clusters if one.supervisor == identifier]
        if mine:
            async with KubernetesAPI.of_supervisor(supervisor.endpoint, settings) as api:
                lost += await lost_clusters(api, supervisor.name, mine)
    gone = {one.urn for one in lost}
    asked = [
        api_silence(one.urn, f"WorkloadCluster {one.id}", one.endpoint, HTTPS_PORT, on_wait, patience)
        for one in clusters
        if one.supervisor in answering and one.urn not in gone and one.endpoint and held_by(resources, one.urn)
    ]
    silent += [one for one in await asyncio.gather(*asked) if one is not None]
    return Holders(lost, silent)


def lost_supervisors(
    supervisors: Sequence[RecordedSupervisor], present: Mapping[str, Mapping[str, Any]], server: str
) -> Iterator[Lost]:
    """Those that vCenter ``server`` does not have, or is removing. ``present``: the summary of each that it has."""
    for one in supervisors:
        info = present.get(one.identifier)
        if info is None:
            yield Lost(one.urn, f"Supervisor {one.name}", f"vCenter {server} does not have it any more")
        elif info.get("config_status") == "REMOVING":
            yield Lost(one.urn, f"Supervisor {one.name}", f"vCenter {server} is removing it")


async def _lost_names(client: VCenterClient, resources: Sequence[Recorded], lost: Sequence[Lost]) -> list[Lost]:
    """The vSphere Namespaces and VM classes that vCenter does not have; what went with a Supervisor is said with that.

    Each is read by itself: a list has only what the user may see.
    """
    covered = {one["urn"] for gone in lost for one in held_by(resources, gone.urn)}
    asked = [one for one in recorded_names(resources) if one.urn not in covered]
    gate = asyncio.Semaphore(_AT_A_TIME)

    async def gone(one: RecordedName) -> Lost | None:
        what, read = _NAMES[one.type]
        try:
            async with gate:
                if await read(client, one.name) is not None:
                    return None
        except Unauthorized:
            return None  # it may well be there
        return Lost(one.urn, f"{what} {one.name}", f"vCenter {client.settings.server} does not have it any more")

    return [one for one in await asyncio.gather(*map(gone, asked)) if one is not None]


async def lost_clusters(api: KubernetesAPI, supervisor: str, clusters: Collection[RecordedCluster]) -> list[Lost]:
    """Those that the Supervisor does not have, or has another of their name in place of. ``api``: the Supervisor's."""
    lost = []
    for one in clusters:
        if await api.resource(one.api_version, "Cluster") is None:
            continue  # the kind is not served just now, which says nothing of this one
        live = await api.get(one.api_version, "Cluster", one.name, one.namespace)
        what = f"WorkloadCluster {one.id}"
        if live is None:
            lost.append(Lost(one.urn, what, f"Supervisor {supervisor} does not have it any more"))
        elif (uid := str(live["metadata"]["uid"])) != one.uid:
            lost.append(Lost(one.urn, what, f"Supervisor {supervisor} has another cluster of this name", uid=uid))
    return lost


async def api_silence(  # noqa: PLR0917 - what, where and how long
    urn: str, what: str, endpoint: str, default_port: int, on_wait: OnWait, patience: float
) -> NoAnswer | None:
    """None where ``/readyz`` at the endpoint is answered by anything but a failure of the server."""
    host, port = split_endpoint(endpoint, default_port)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # Nothing is sent and nothing believed: whether anybody is there needs neither login nor certificate.
    async with httpx2.AsyncClient(verify=False, timeout=_ANSWER, trust_env=False) as client:
        end = time.monotonic() + patience
        while True:
            try:
                status = (await client.get(f"https://{address}/readyz")).status_code
                if status < 500:
                    return None
                reason = f"HTTP status {status}"
            except httpx2.TransportError as error:
                reason = str(error) or type(error).__name__
            left = end - time.monotonic()
            if left <= 0:
                return NoAnswer(urn, f"{what} at {address} does not answer: {reason}")
            on_wait(f"{what} at {address} does not answer ({reason})", left)
            await asyncio.sleep(min(_PAUSE, left))
