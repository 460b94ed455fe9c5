"""The names of a cluster, as the Kubernetes DNS specification 1.1.0 has them. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.pod_network.cluster import Cluster
from pacific_sandbox.pod_network.dns import ANY, CNAME, PTR, SRV, A, Record
from pacific_sandbox.pod_network.services import ready_endpoints, service_of

CLUSTER_DOMAIN: Final = "cluster.local"
_REVERSE: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa")


@dataclass(frozen=True)
class ClusterNames:
    """Answers for the names of one Supervisor's Services and pods."""

    cluster: Cluster

    def find(self, name: str, kind: int) -> list[Record] | None:
        """The records of ``name`` of this kind, maybe none; None: there is no such name."""
        reverse = _REVERSE.fullmatch(name)
        if reverse:
            name_of_address = self._name_of(".".join(reversed(reverse.groups())))
            return None if name_of_address is None else _only(kind, [Record(name, PTR, name_of_address)])
        if not name.endswith(f".{CLUSTER_DOMAIN}"):
            return None
        return self._cluster_records(name, name.removesuffix(f".{CLUSTER_DOMAIN}").split("."), kind)

    def _cluster_records(self, name: str, labels: list[str], kind: int) -> list[Record] | None:
        match labels:
            case [*rest, service, namespace, "svc"] if len(rest) <= 2:
                return self._service(name, rest, (namespace, service), kind)
            case [dashed, _, "pod"]:
                address = _address(dashed)
                return None if address is None else _only(kind, [Record(name, A, address)])
            case [namespace, "svc"] if self.cluster.namespaces.get(("", namespace)):
                return []
            case ["svc"] | ["pod"]:
                return []
        return None

    def _service(self, name: str, rest: list[str], key: tuple[str, str], kind: int) -> list[Record] | None:
        service = self.cluster.services.get(key)
        if service is None:
            return None
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            return self._elsewhere(name, spec["externalName"].rstrip("."), kind) if not rest else None
        whole = f"{key[1]}.{key[0]}.svc.{CLUSTER_DOMAIN}"
        headless = spec.get("clusterIP") == "None"
        slices = [
            endpoint_slice
            for endpoint_slice in self.cluster.endpoint_slices.list(key[0])
            if service_of(endpoint_slice) == key
        ]
        match rest:
            case []:
                addresses = [text for _, text in _named(slices)] if headless else [spec["clusterIP"]]
                return _only(kind, [Record(name, A, text) for text in addresses])
            case [port, protocol] if port.startswith("_") and protocol.startswith("_"):
                records = list(_ports(name, whole, service, slices, (port[1:], protocol[1:].upper())))
                return _only(kind, records) if records else None
            case [host] if headless:
                addresses = [text for known, text in _named(slices) if known == host]
                return _only(kind, [Record(name, A, text) for text in addresses]) if addresses else None
        return None

    def _elsewhere(self, name: str, target: str, kind: int) -> list[Record]:
        """An ExternalName's answer, with its target's own where that is a Service with an address."""
        alias = Record(name, CNAME, target)
        match target.removesuffix(f".{CLUSTER_DOMAIN}").split("."):
            case [service, namespace, "svc"]:
                known = self.cluster.services.get((namespace, service))
                if known is not None and known["spec"].get("type") != "ExternalName":
                    return [alias, *(self._service(target, [], (namespace, service), kind) or [])]
        return [alias]

    def _name_of(self, address: str) -> str | None:
        for service in self.cluster.services.list():
            metadata = service["metadata"]
            whole = f"{metadata['name']}.{metadata['namespace']}.svc.{CLUSTER_DOMAIN}"
            if service["spec"].get("clusterIP") == address:
                return whole
        for endpoint_slice in self.cluster.endpoint_slices.list():
            namespace, service_name = service_of(endpoint_slice)
            for host, text in _named([endpoint_slice]):
                if text == address and service_name:
                    return f"{host}.{service_name}.{namespace}.svc.{CLUSTER_DOMAIN}"
        return None


def _named(slices: Sequence[Object]) -> Iterator[tuple[str, str]]:
    """Each ready endpoint's name under its Service, and its address; without a host name it is its address."""
    for endpoint in ready_endpoints(slices):
        for address in endpoint["addresses"]:
            yield endpoint.get("hostname") or address.replace(".", "-"), address


def _ports(
    name: str, whole: str, service: Object, slices: Sequence[Object], port_name: tuple[str, str]
) -> Iterator[Record]:
    def is_it(port: Object) -> bool:
        return (port.get("name"), port.get("protocol", "TCP")) == port_name

    if service["spec"].get("clusterIP") != "None":
        yield from (
            Record(name, SRV, (port["port"], whole)) for port in service["spec"].get("ports", ()) if is_it(port)
        )
        return
    for endpoint_slice in slices:
        for port in endpoint_slice.get("ports") or ():
            if is_it(port):
                for host, _ in _named([endpoint_slice]):
                    yield Record(name, SRV, (port["port"], f"{host}.{whole}"))


def _only(kind: int, records: list[Record]) -> list[Record]:
    return [record for record in records if kind in (record.kind, ANY)]


def _address(dashed: str) -> str | None:
    try:
        return str(IPv4Address(dashed.replace("-", ".")))
    except AddressValueError:
        return None
