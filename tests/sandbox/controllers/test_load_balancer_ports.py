import asyncio
import json
from ipaddress import IPv4Network
from typing import Any

from pacific_sandbox.load_balancer import SERVICES
from pacific_sandbox.pod_network.computer_ports import PORTS_ANNOTATION
from pacific_sandbox.pod_network.load_balancer_ports import LoadBalancerPorts
from pacific_sandbox.pod_network.router import NetworkPlan, Router
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from tests.support.cluster_objects import InMemoryCluster, endpoint, endpoint_slice, service
from tests.support.controller_fakes import FakeKubernetes, eventually

BALANCED = {"status": {"loadBalancer": {"ingress": [{"ip": "10.244.32.9"}]}}}


def test_a_load_balancers_port_is_said_and_leads_to_a_ready_endpoint() -> None:
    async def scene() -> None:
        kubernetes, cluster = FakeKubernetes(), InMemoryCluster()
        plan = NetworkPlan(IPv4Network("10.244.0.0/20"), IPv4Network("10.96.0.0/20"), "127.0.0.1:1")
        router = Router(plan, cluster)
        services = WatchedObjects(kubernetes, SERVICES)  # type: ignore[arg-type]  # as much of one as is asked for
        LoadBalancerPorts(kubernetes, router, services)  # type: ignore[arg-type]
        watching = asyncio.create_task(services.run())
        cable = router.attach("10.244.0.10", ("shop", "web"))

        def message() -> Any:
            result = kubernetes.read(SERVICES, "web", "shop") or {}
            annotations = result["metadata"].get("annotations") or {}
            return json.loads(annotations.get(PORTS_ANNOTATION, "{}"))

        try:
            balanced = service("web", "10.96.4.1", type="LoadBalancer") | BALANCED
            kubernetes.put(SERVICES, balanced)
            cluster.services.put(balanced)
            cluster.endpoint_slices.put(endpoint_slice("web", endpoint("10.244.0.10")))
            await eventually(message)
            host, _, port = message()["80/tcp"].rpartition(":")
            assert host == "127.0.0.1"
            _, writer = await asyncio.open_connection(host, int(port))
            greeting = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(cable.machine_end, 2000), 60)
            assert greeting[26:34] == b"\x0a\xf4\0\1\x0a\xf4\0\x0a"  # from the router to the pod
            writer.close()
            kubernetes.put(SERVICES, service("web", "10.96.4.1") | {"metadata": kubernetes_metadata(kubernetes)})
            await eventually(lambda: not message())
        finally:
            watching.cancel()
            router.detach(cable)
            await asyncio.sleep(0.01)

    asyncio.run(scene())


def kubernetes_metadata(kubernetes: FakeKubernetes) -> Any:
    """The metadata that the Service has now."""
    return (kubernetes.read(SERVICES, "web", "shop") or {})["metadata"]
