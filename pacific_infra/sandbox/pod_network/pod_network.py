"""The network of one Supervisor's machines with all that keeps it up to date."""

import asyncio
import logging
from typing import Final

import httpx2

from pacific_infra.sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Object
from pacific_infra.sandbox.load_balancer import SERVICES
from pacific_infra.sandbox.pod_network.cluster import ENDPOINT_SLICES, NETWORK_POLICIES, Cluster
from pacific_infra.sandbox.pod_network.load_balancer_ports import LoadBalancerPorts
from pacific_infra.sandbox.pod_network.router import NetworkPlan, Router
from pacific_infra.sandbox.reconcile.watched_objects import WatchedObjects

_AGAIN: Final = 5.0
_log = logging.getLogger(__name__)


class PodNetwork:
    """A router and what it watches. It ends with the machines: both belong to the controllers' process."""

    def __init__(
        self,
        api: KubernetesAPI,
        plan: NetworkPlan,
        *,
        services: WatchedObjects,
        pods: WatchedObjects,
        namespaces: WatchedObjects,
    ) -> None:
        self._api = api
        self._slices = WatchedObjects(api, ENDPOINT_SLICES)
        self._policies = WatchedObjects(api, NETWORK_POLICIES)
        self.router = Router(plan, Cluster(services, self._slices, self._policies, pods, namespaces))
        # It listens by itself.
        self._ports = LoadBalancerPorts(api, self.router, services)

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for part in (self._slices, self._policies, self.router):
                tasks.create_task(part.run())
            tasks.create_task(self._announce())

    async def _announce(self) -> None:
        """Let kubectl see the name server's Service, and nobody else have its address."""
        while True:
            try:
                await self._api.apply(SERVICES, name_service(self.router.plan))
            except (KubernetesError, httpx2.TransportError) as error:
                _log.warning("Service kube-dns: %s", error)
                await asyncio.sleep(_AGAIN)
            else:
                return


def name_service(plan: NetworkPlan) -> Object:
    """The Service kube-dns as a Supervisor has it; without endpoints, since the router itself answers."""
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}]
    metadata = {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}
    spec = {"clusterIP": plan.names, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
