"""Asks whether the recorded Supervisors and workload clusters are there, gone, or do not answer.

vCenter says whether a Supervisor is there, and the Supervisor whether a workload cluster is. That the Kubernetes API of
one is silent says neither: then nothing is forgotten, and nothing is begun.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.lost import (
    Lost,
    RecordedCluster,
    RecordedSupervisor,
    held_by,
    recorded_clusters,
    recorded_supervisors,
)
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import Unauthorized
from pacific_infra.vcenter.kubeconfig import KUBERNETES_PORT
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.login import split_endpoint
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors

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
    except Unauthorized:
        return Holders()  # a user of some namespaces only: there is nothing of theirs that could be lost
    finally:
        await client.close()
    lost = list(_lost_supervisors(supervisors, present, settings.server))
    gone = {one.urn for one in lost}
    living = {one.identifier: one for one in supervisors if one.urn not in gone}
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
            lost += await _lost_clusters(supervisor, mine, settings)
    gone = {one.urn for one in lost}
    asked = [
        api_silence(one.urn, f"WorkloadCluster {one.id}", one.endpoint, HTTPS_PORT, on_wait, patience)
        for one in clusters
        if one.supervisor in answering and one.urn not in gone and one.endpoint and held_by(resources, one.urn)
    ]
    silent += [one for one in await asyncio.gather(*asked) if one is not None]
    return Holders(lost, silent)


def _lost_supervisors(
    supervisors: Sequence[RecordedSupervisor], present: Mapping[str, Mapping[str, Any]], server: str
) -> Iterator[Lost]:
    for one in supervisors:
        info = present.get(one.identifier)
        if info is None:
            yield Lost(one.urn, f"Supervisor {one.name}", f"vCenter {server} does not have it any more")
        elif info.get("config_status") == "REMOVING":
            yield Lost(one.urn, f"Supervisor {one.name}", f"vCenter {server} is removing it")


async def _lost_clusters(
    supervisor: RecordedSupervisor, clusters: Collection[RecordedCluster], settings: VCenterSettings
) -> list[Lost]:
    lost = []
    async with KubernetesAPI.of_supervisor(supervisor.endpoint, settings) as api:
        for one in clusters:
            if await api.resource(one.api_version, "Cluster") is None:
                continue  # the kind is not served just now, which says nothing of this one
            live = await api.get(one.api_version, "Cluster", one.name, one.namespace)
            what = f"WorkloadCluster {one.id}"
            if live is None:
                lost.append(Lost(one.urn, what, f"Supervisor {supervisor.name} does not have it any more"))
            elif (uid := str(live["metadata"]["uid"])) != one.uid:
                why = f"Supervisor {supervisor.name} has another cluster of this name"
                lost.append(Lost(one.urn, what, why, uid=uid))
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
