"""NetworkPolicies (networking.k8s.io/v1): whether one peer may open a connection to another. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.pod_network.services import PROTOCOLS

Direction = Literal["ingress", "egress"]


@dataclass(frozen=True)
class Peer:
    """One end of a connection: a pod, or an address outside the pod network."""

    address: bytes
    namespace: str | None = None
    labels: Mapping[str, str] | None = None
    """None: not a pod."""
    namespace_labels: Mapping[str, str] | None = None
    ports: Mapping[tuple[int, str], int] | None = None
    """Its named ports by protocol and name."""


def allows(policies: Sequence[Object], source: Peer, destination: Peer, protocol: int, port: int) -> bool:
    """Whether ``source`` may open a connection to ``port`` of ``destination``.

    Both the egress rules for the source and the ingress rules for the destination have to let it through; a pod that no
    policy selects for a direction takes all. ICMP, which rules cannot name, passes where a rule names no port.
    """
    ends = (source, destination)
    return _passes("egress", policies, ends, protocol, port) and _passes("ingress", policies, ends, protocol, port)


def _passes(
    direction: Direction, policies: Sequence[Object], ends: tuple[Peer, Peer], protocol: int, port: int
) -> bool:
    source, destination = ends
    subject, other = (destination, source) if direction == "ingress" else (source, destination)
    selecting = [
        policy for policy in policies if _selects(policy, subject) and direction.capitalize() in _types(policy)
    ]
    return not selecting or any(
        _peer_fits(rule.get({"ingress": "from", "egress": "to"}[direction]), other, policy["metadata"]["namespace"])
        and _port_fits(rule.get("ports"), (protocol, port), destination)
        for policy in selecting
        for rule in policy["spec"].get(direction) or ()
    )


def _types(policy: Object) -> Iterator[str]:
    """The directions that a policy is for; where it does not say: ingress, and egress if it has rules for that."""
    spec = policy["spec"]
    yield from spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def _selects(policy: Object, subject: Peer) -> bool:
    if subject.labels is None or subject.namespace != policy["metadata"]["namespace"]:
        return False
    return fits(policy["spec"].get("podSelector") or {}, subject.labels)


def _peer_fits(peers: Sequence[Object] | None, other: Peer, namespace: str) -> bool:
    return not peers or any(_is_peer(peer, other, namespace) for peer in peers)


def _is_peer(peer: Object, other: Peer, namespace: str) -> bool:
    if "ipBlock" in peer:
        address, block = IPv4Address(other.address), peer["ipBlock"]
        return _within(address, block["cidr"]) and not any(
            _within(address, exception) for exception in block.get("except") or ()
        )
    if other.labels is None:
        return False
    if "namespaceSelector" in peer:
        if not fits(peer["namespaceSelector"] or {}, other.namespace_labels or {}):
            return False
    elif other.namespace != namespace:
        return False
    return fits(peer.get("podSelector") or {}, other.labels)


def _within(address: IPv4Address, cidr: str) -> bool:
    return ":" not in cidr and address in IPv4Network(cidr, strict=False)


def _port_fits(ports: Sequence[Object] | None, target: tuple[int, int], destination: Peer) -> bool:
    return not ports or any(_is_port(port, target, destination) for port in ports)


def _is_port(rule: Object, target: tuple[int, int], destination: Peer) -> bool:
    protocol, port = target
    if PROTOCOLS.get(rule.get("protocol", "TCP")) != protocol:
        return False
    first = rule.get("port")
    if first is None:
        return True
    if isinstance(first, str):
        return (destination.ports or {}).get((protocol, first)) == port
    last: int = rule.get("endPort") or first
    return bool(first <= port <= last)


def fits(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects these labels; an empty one selects everything."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression_fits(expression, labels) for expression in selector.get("matchExpressions") or ())


def _expression_fits(expression: Object, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]
