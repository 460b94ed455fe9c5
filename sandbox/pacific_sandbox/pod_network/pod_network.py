"""The network of one Supervisor's machines with all that keeps it up to date."""

import asyncio
import logging
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object
from pacific_sandbox.load_balancer import SERVICES
from pacific_sandbox.pod_network.cluster import ENDPOINT_SLICES, NETWORK_POLICIES, Cluster
from pacific_sandbox.pod_network.load_balancer_ports import LoadBalancerPorts
from pacific_sandbox.pod_network.router import NetworkPlan, Router
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor.resources import NAMESPACES

_AGAIN: Final = 5.0
FUNCTIONS_GATEWAY: Final = ("knative-local-gateway", "knative-serving")
"""Name and namespace of the Service that all functions answer at."""
_KNATIVE: Final[Object] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FUNCTIONS_GATEWAY[1]}}
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
        """Show the Services that the router itself answers in Kubernetes, which reserves their addresses."""
        plan = self.router.plan
        while True:
            try:
                await self._api.apply(SERVICES, name_service(plan))
                if plan.functions is not None:
                    await self._api.apply(NAMESPACES, _KNATIVE)
                    await self._api.apply(SERVICES, functions_service(plan))
            except (KubernetesError, KubernetesUnreachable) as error:
                _log.warning("Services of the router: %s", error)
                await asyncio.sleep(_AGAIN)
            else:
                return


def name_service(plan: NetworkPlan) -> Object:
    """The Service kube-dns as a Supervisor has it; without endpoints, since the router itself answers."""
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}]
    metadata = {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}
    spec = {"clusterIP": plan.names, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def functions_service(plan: NetworkPlan) -> Object:
    """Where the names of functions lead; the router joins it to the activator."""
    ports = [{"name": "http", "port": 80, "protocol": "TCP"}]
    metadata = {"name": FUNCTIONS_GATEWAY[0], "namespace": FUNCTIONS_GATEWAY[1]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"clusterIP": plan.functions_service, "ports": ports},
    }
