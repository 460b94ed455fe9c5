from ipaddress import IPv4Address
from typing import Any

import pytest

from pacific_sandbox.pod_network.frames import ICMP, TCP, UDP
from pacific_sandbox.pod_network.policies import Peer, allows, fits
from pacific_sandbox.pod_network.services import ServiceTable
from tests.support.cluster_objects import Object, endpoint, endpoint_slice, policy, service


def packed(text: str) -> bytes:
    return IPv4Address(text).packed


WEB = Peer(packed("10.244.0.10"), "shop", {"app": "web"}, {"team": "blue"}, {(TCP, "http"): 8080})
DATABASE = Peer(packed("10.244.0.11"), "shop", {"app": "db"}, {"team": "blue"})
OTHER = Peer(packed("10.244.0.12"), "data", {"app": "db"}, {"team": "red"})
OUTSIDE = Peer(packed("10.244.0.1"))


def ingress(*rules: Object, **more: Any) -> Object:
    return policy("one", podSelector={"matchLabels": {"app": "web"}}, ingress=list(rules), **more)


def test_without_policies_all_is_allowed() -> None:
    assert allows([], DATABASE, WEB, TCP, 1)
    # Policies are of one namespace, and an address outside is nobody's.
    assert allows([policy("deny")], WEB, OTHER, TCP, 1)
    assert allows([policy("deny")], DATABASE, OUTSIDE, TCP, 1)


def test_deny_by_default_and_what_others_let_in() -> None:
    deny = policy("deny", policyTypes=["Ingress"])
    assert not allows([deny], DATABASE, WEB, TCP, 8080)
    assert not allows([deny], OUTSIDE, WEB, TCP, 8080)
    assert allows([deny, ingress({})], DATABASE, WEB, TCP, 8080)
    assert not allows([deny, ingress({})], WEB, DATABASE, TCP, 8080)
    # To the outside it is no matter of ingress.
    assert allows([deny], WEB, OUTSIDE, TCP, 1)


@pytest.mark.parametrize(
    ("peer", "who"),
    [
        ({"podSelector": {}}, {"database"}),
        ({"podSelector": {"matchLabels": {"app": "web"}}}, set()),
        ({"namespaceSelector": {}}, {"database", "other"}),
        ({"namespaceSelector": {"matchLabels": {"team": "red"}}}, {"other"}),
        (
            {"namespaceSelector": {"matchLabels": {"team": "red"}}, "podSelector": {"matchLabels": {"app": "x"}}},
            set(),
        ),
        ({"ipBlock": {"cidr": "10.244.0.0/24"}}, {"database", "other", "outside"}),
        ({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.244.0.8/29"]}}, {"outside"}),
        ({"ipBlock": {"cidr": "fd00::/8"}}, set()),
    ],
)
def test_peers(peer: Object, who: set[str]) -> None:
    peers = {"database": DATABASE, "other": OTHER, "outside": OUTSIDE}
    policies = [ingress({"from": [peer]})]
    assert {name for name, requirement in peers.items() if allows(policies, requirement, WEB, TCP, 8080)} == who


@pytest.mark.parametrize(
    ("ports", "allowed"),
    [
        ([{"port": 8080}], [(TCP, 8080)]),
        ([{"port": "http", "protocol": "TCP"}], [(TCP, 8080)]),
        ([{"port": "nonesuch"}], []),
        ([{"protocol": "UDP"}], [(UDP, 53)]),
        ([{"port": 8000, "endPort": 9000}], [(TCP, 8080)]),
        ([{"port": 53, "protocol": "UDP"}, {"port": 443}], [(UDP, 53), (TCP, 443)]),
        ([], [(TCP, 8080), (UDP, 53), (TCP, 443), (ICMP, 0)]),
    ],
)
def test_ports(ports: list[Object], allowed: list[tuple[int, int]]) -> None:
    request = [(TCP, 8080), (UDP, 53), (TCP, 443), (ICMP, 0)]
    policies = [ingress({"ports": ports})]
    assert [requirement for requirement in request if allows(policies, DATABASE, WEB, *requirement)] == allowed


def test_both_sides_have_to_agree() -> None:
    way_out = policy("out", egress=[{"to": [{"podSelector": {"matchLabels": {"app": "web"}}}]}], policyTypes=["Egress"])
    assert allows([way_out], DATABASE, WEB, TCP, 8080)
    assert not allows([way_out], DATABASE, OTHER, TCP, 8080)
    assert not allows([way_out, policy("deny")], DATABASE, WEB, TCP, 8080)
    # Rules for egress mean that it is for both, where it does not say.
    assert not allows([policy("both", egress=[{}])], OTHER, WEB, TCP, 8080)


def test_expressions() -> None:
    def requirement(operator: str, *values: str) -> Object:
        return {"matchExpressions": [{"key": "app", "operator": operator, "values": list(values)}]}

    assert [fits(requirement("In", "web"), {"app": "web"}), fits(requirement("In", "web"), {})] == [True, False]
    assert [fits(requirement("NotIn", "web"), {"app": "web"}), fits(requirement("NotIn", "web"), {})] == [False, True]
    assert [fits(requirement("Exists"), {"app": "web"}), fits(requirement("Exists"), {})] == [True, False]
    assert [fits(requirement("DoesNotExist"), {"app": "web"}), fits(requirement("DoesNotExist"), {})] == [False, True]


def test_services_lead_to_ready_endpoints() -> None:
    slices = [endpoint_slice("web", endpoint("10.244.0.10"), endpoint("10.244.0.11", ready=False))]
    balanced = {"status": {"loadBalancer": {"ingress": [{"ip": "10.244.32.9"}]}}}
    table = ServiceTable.of([service("web", "10.96.4.1") | balanced, service("none", "10.96.4.2")], slices)
    for address in ("10.96.4.1", "10.244.32.9"):
        assert table.ports[TCP, packed(address), 80].targets == [(packed("10.244.0.10"), 8080)]
    assert table.ports[TCP, packed("10.96.4.2"), 80].choose(b"") is None
    assert (UDP, packed("10.96.4.1"), 80) not in table.ports


def test_a_client_stays_with_its_endpoint() -> None:
    slices = [endpoint_slice("web", *(endpoint(f"10.244.0.{number}") for number in range(10, 30)))]
    table = ServiceTable.of([service("web", "10.96.4.1", sessionAffinity="ClientIP")], slices)
    result = table.ports[TCP, packed("10.96.4.1"), 80]
    assert len({result.choose(b"\1\2\3\4") for _ in range(20)}) == 1
    assert len({result.choose(bytes([number])) for number in range(20)}) > 1
