"""Where the addresses of Services lead: to the ready ones of their EndpointSlices. Pure."""

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.pod_network.frames import TCP, UDP

PROTOCOLS: Mapping[str, int] = {"TCP": TCP, "UDP": UDP}
Target = tuple[bytes, int]
"""Address and port of an endpoint."""


@dataclass(frozen=True)
class ServicePort:
    """One port of a Service, with those that answer there."""

    service: Object
    port: Object
    targets: Sequence[Target]

    def choose(self, client: bytes) -> Target | None:
        """One of them: any, or always the same one for a client where the Service asks for that."""
        if not self.targets:
            return None
        if self.service["spec"].get("sessionAffinity") == "ClientIP":
            return self.targets[zlib.crc32(client) % len(self.targets)]
        return random.choice(self.targets)  # noqa: S311 - nothing depends on its not being guessed


@dataclass(frozen=True)
class ServiceTable:
    """All Services of a Supervisor."""

    ports: Mapping[tuple[int, bytes, int], ServicePort] = field(default_factory=dict)
    """By protocol, address (ClusterIP, load balancer's, external) and port."""
    addresses: frozenset[bytes] = frozenset()

    @classmethod
    def of(cls, services: Sequence[Object], slices: Sequence[Object]) -> "ServiceTable":
        """The table of these objects."""
        by_service: dict[tuple[str, str], list[Object]] = {}
        for endpoint_slice in slices:
            by_service.setdefault(service_of(endpoint_slice), []).append(endpoint_slice)
        ports: dict[tuple[int, bytes, int], ServicePort] = {}
        for service in services:
            metadata = service["metadata"]
            endpoint_slices = by_service.get((metadata["namespace"], metadata["name"]), [])
            for port in service["spec"].get("ports", ()):
                protocol = PROTOCOLS.get(port.get("protocol", "TCP"))
                if protocol is None:
                    continue
                service_port = ServicePort(service, port, sorted(set(_targets(endpoint_slices, port))))
                for address in service_addresses(service):
                    ports[protocol, address, port["port"]] = service_port
        return cls(ports, frozenset(address for _, address, _ in ports))


def service_of(endpoint_slice: Object) -> tuple[str, str]:
    """Namespace and name of the Service that a slice belongs to."""
    metadata = endpoint_slice["metadata"]
    return metadata["namespace"], metadata.get("labels", {}).get("kubernetes.io/service-name", "")


def service_addresses(service: Object) -> Iterator[bytes]:
    """The addresses at which a Service answers."""
    spec = service["spec"]
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    texts = [spec.get("clusterIP"), *spec.get("externalIPs", ()), *(address.get("ip") for address in ingress)]
    yield from (IPv4Address(text).packed for text in texts if text and text != "None" and ":" not in text)


def ready_endpoints(slices: Sequence[Object]) -> Iterator[Object]:
    """The endpoints that take connections; not knowing counts as ready, as the API has it."""
    for endpoint_slice in slices:
        if endpoint_slice.get("addressType") == "IPv4":
            yield from (
                end
                for end in endpoint_slice.get("endpoints") or ()
                if end.get("conditions", {}).get("ready") is not False
            )


def _targets(slices: Sequence[Object], port: Object) -> Iterator[Target]:
    for endpoint_slice in slices:
        for known in endpoint_slice.get("ports") or ():
            same = (known.get("name") or "", known.get("protocol", "TCP")) == (
                port.get("name") or "",
                port.get("protocol", "TCP"),
            )
            if same and known.get("port"):
                for endpoint in ready_endpoints([endpoint_slice]):
                    yield from ((IPv4Address(text).packed, known["port"]) for text in endpoint["addresses"])
