"""What Ingress and HTTPRoute have in common: annotations, the NetworkPolicy of their pods, addresses."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from pacific_components.kubernetes import Wire
from pacific_components.values import applied, port_reference
from pacific_infra.documents.routing import RoutedPods

SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}


def policy_spec(pods: Sequence[RoutedPods], controller_namespace: Any) -> Wire:
    """The NetworkPolicy that lets the controller in to the pods behind the routes."""
    names = list(dict.fromkeys(routed.name for routed in pods))
    ports = [{"port": _reference(routed.port), "protocol": routed.protocol} for routed in pods]
    labels = {} if controller_namespace is None else {"kubernetes.io/metadata.name": controller_namespace}
    peer: dict[str, Any] = {"namespaceSelector": {"matchLabels": labels} if labels else {}}
    return {
        "podSelector": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": names}]},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [peer], "ports": ports}],
    }


def _reference(port: Any) -> Any:
    return applied(port_reference, port)


def port_number(port: Any) -> Any:
    """A port by its number; whole numbers come from the engine as floats."""
    return applied(int, port)


def first_host(hosts: Iterable[str | None]) -> str:
    """The first name that is not a wildcard; empty where all are."""
    return next((host for host in hosts if host and not host.startswith("*")), "")


def url_of(scheme: str, host: str, address: str) -> str:
    """The URL by the host's name, or by the address where no name is known; empty without either."""
    return f"{scheme}://{host or address}" if host or address else ""


def ingress_address(status: Mapping[str, Any] | None) -> str:
    """The first address or host name in an Ingress's status, or empty."""
    for entry in ((status or {}).get("loadBalancer") or {}).get("ingress") or ():
        return str(entry.get("ip") or entry.get("hostname") or "")
    return ""


def gateway_address(status: Mapping[str, Any] | None) -> str:
    """The first address in a Gateway's status, or empty."""
    for entry in (status or {}).get("addresses") or ():
        return str(entry.get("value") or "")
    return ""


def outputs_of(
    name: pulumi.Output[str], scheme: str, host: pulumi.Output[str], address: pulumi.Output[str]
) -> dict[str, pulumi.Output[str]]:
    """The outputs of a way in."""
    url = pulumi.Output.all(host, address).apply(lambda known: url_of(scheme, *known))
    return {"name": name, "host": host, "address": address, "url": url}
