"""Services of type LoadBalancer on this computer: a port of 127.0.0.1 for each of theirs."""

import json
from ipaddress import IPv4Address

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.load_balancer import SERVICES, ingress, is_load_balancer
from pacific_sandbox.pod_network.computer_ports import PORTS_ANNOTATION, ComputerPorts
from pacific_sandbox.pod_network.router import Router
from pacific_sandbox.pod_network.services import PROTOCOLS, Target
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue


class LoadBalancerPorts:
    """Each connection goes to a ready endpoint, where the policies let it. The Service's annotation names the ports."""

    def __init__(self, api: KubernetesAPI, router: Router, services: WatchedObjects) -> None:
        self._api, self._router, self._services = api, router, services
        self._open: dict[Key, tuple[dict[str, str], ComputerPorts]] = {}
        self._queue: WorkQueue[Key] = WorkQueue("load balancer's ports", self._reconcile)
        services.listen(lambda service, exists: self._queue.add(key_of(service)))

    async def _reconcile(self, key: Key) -> None:
        service = self._services.get(key)
        desired = _ports(service) if service is not None else set()
        reported, ports = self._open.get(key, ({}, None))
        if {f"{port}/{protocol.lower()}" for protocol, port in desired} != reported.keys():
            if ports is not None:
                ports.close()
                del self._open[key]
            reported = await self._listen(key, service, desired) if service is not None and desired else {}
        if service is None or _reported_ports(service) == reported:
            return
        annotations = {PORTS_ANNOTATION: json.dumps(reported) if reported else None}
        metadata = {"uid": service["metadata"]["uid"], "annotations": annotations}
        self._services.note(await self._api.patch(SERVICES, key[1], {"metadata": metadata}, key[0]))

    async def _listen(self, key: Key, service: Object, desired: set[tuple[str, int]]) -> dict[str, str]:
        """Open the ports, where it can be those that the Service had before the sandbox was restarted."""
        ports, before = ComputerPorts(self._router), _reported_ports(service)
        reported: dict[str, str] = {}
        self._open[key] = (reported, ports)
        for protocol, port in sorted(desired):
            name, number = f"{port}/{protocol.lower()}", PROTOCOLS[protocol]
            last = before.get(name, "").rpartition(":")[2]

            def choose(number: int = number, port: int = port) -> Target | None:
                return self._choose(key, number, port)

            opened = await ports.open(number, choose, int(last) if last.isdigit() else None)
            reported[name] = f"127.0.0.1:{opened}"
        return reported

    def _choose(self, key: Key, protocol: int, port: int) -> Target | None:
        service = self._services.get(key)
        address = ingress(service) if service is not None else None
        if address is None:
            return None
        service_port = self._router.services.ports.get((protocol, IPv4Address(address).packed, port))
        target = service_port.choose(b"") if service_port is not None else None
        return target if target is not None and self._router.allows_computer(protocol, target) else None


def _ports(service: Object) -> set[tuple[str, int]]:
    if not is_load_balancer(service) or ingress(service) is None:
        return set()
    ports = ((port.get("protocol", "TCP"), port["port"]) for port in service["spec"].get("ports", ()))
    return {(protocol, port) for protocol, port in ports if protocol in PROTOCOLS}


def _reported_ports(service: Object) -> dict[str, str]:
    """What the Service's annotation says now."""
    try:
        ports = json.loads((service["metadata"].get("annotations") or {}).get(PORTS_ANNOTATION, "{}"))
    except ValueError:
        return {}
    return ports if isinstance(ports, dict) else {}
