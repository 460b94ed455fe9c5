import asyncio
from typing import Any

import pytest

from pacific_infra.provider.property_values import UNKNOWN
from tests.support.provider_engine import engine_on
from tests.support.wire_double import WireDouble

NAMESPACE: dict[str, Any] = {"supervisor": "supervisor-01"}


@pytest.mark.parametrize(
    ("plain", "failure"),
    [
        (
            {"name": "Shop_1"},
            (
                "name",
                "got 'Shop_1'; allowed: a label of RFC 1123: 1 to 63 of a-z, 0-9 and -, with no - at either end",
            ),
        ),
        (
            {"name": "a" * 64},
            (
                "name",
                f"got {'a' * 64!r}; allowed: a label of RFC 1123: 1 to 63 of a-z, 0-9 and -, with no - at either end",
            ),
        ),
        (
            {"name": "vmware-system-x"},
            ("name", "got 'vmware-system-x'; a namespace's name must not begin with vmware-system"),
        ),
        ({"resourceSpec": {"cpuLimit": 9}}, ("resourceSpec.cpuLimit", "got 9; allowed: 10 or more")),
        ({"resourceSpec": {"podCount": 1.5}}, ("resourceSpec.podCount", "got 1.5; allowed: a whole number")),
        ({"resourceSpec": {"podCount": "60"}}, ("resourceSpec.podCount", "got '60'; allowed: a whole number")),
        (
            {"resourceSpec": {"podCout": 1}},
            ("resourceSpec.podCout", "is not known; nearest: podCount, jobCount"),
        ),
        (
            {"accessList": [{"subjectType": "USER", "subject": "a", "domain": "d", "role": "ADMIN"}]},
            ("accessList[0].role", "got 'ADMIN'; allowed: OWNER, EDIT, VIEW"),
        ),
        (
            {
                "accessList": [
                    {"subjectType": "USER", "subject": "a", "domain": "d", "role": "OWNER", "identityProvider": "x"}
                ]
            },
            (
                "accessList[0].role",
                "got 'OWNER', which is only for subjects of vCenter Single Sign-On; allowed with identityProvider: "
                "EDIT, VIEW",
            ),
        ),
        (
            {"storageSpecs": [{"policy": "gold"}, {"policy": "gold", "limit": 1}]},
            ("storageSpecs[1]", "is named twice: gold"),
        ),
        (
            {"storageSpecs": [{"policy": "golt"}]},
            ("storageSpecs[0].policy", "no such storage policy in vCenter: got 'golt'; allowed: gold"),
        ),
        (
            {"vmServiceSpec": {"vmClasses": ["smal"]}},
            (
                "vmServiceSpec.vmClasses[0]",
                "no such VM class in vCenter: got 'smal'; allowed: small; fix: name one that exists, or let this "
                "resource depend on the resource that creates it",
            ),
        ),
        (
            {"edges": [{"id": "a", "edgeProvider": "NSX_REGISTERED_AVI"}, {"id": "b", "edgeProvider": "AVI"}]},
            ("edges", "got 2; allowed: 1 at most"),
        ),
        ({"deletionPolicy": "Keep"}, ("deletionPolicy", "got 'Keep'; allowed: Delete, Retain")),
        ({"supervisor": None}, ("supervisor", "is required")),
    ],
)
def test_each_rule_with_path_and_reason(double: WireDouble, plain: dict[str, Any], failure: tuple[str, str]) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        assert await engine.check("Namespace", "shop", {**NAMESPACE, **plain}) == [failure]
        assert double.writes() == []

    asyncio.run(body())


@pytest.mark.parametrize(
    "plain",
    [
        {"name": UNKNOWN},
        {"resourceSpec": UNKNOWN},
        {"resourceSpec": {"cpuLimit": UNKNOWN}},
        {"accessList": [UNKNOWN, {"subjectType": "USER", "subject": UNKNOWN, "domain": "d", "role": UNKNOWN}]},
        {"storageSpecs": [{"policy": UNKNOWN}, {"policy": UNKNOWN}]},
    ],
)
def test_unknown_values_pass(double: WireDouble, plain: dict[str, Any]) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        assert await engine.check("Namespace", "shop", {**NAMESPACE, **plain}) == []

    asyncio.run(body())


def test_a_known_fault_is_found_beside_an_unknown(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        plain = {**NAMESPACE, "resourceSpec": {"cpuLimit": UNKNOWN, "memoryLimit": 0}}
        assert await engine.check("Namespace", "shop", plain) == [
            ("resourceSpec.memoryLimit", "got 0; allowed: 1 or more")
        ]

    asyncio.run(body())


def test_ambiguous_name(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        plane = {"network": {"backing": {"backing": "NETWORK", "network": "twin"}}}
        workloads = {"network": {"networkType": "VSPHERE", "vsphere": {"dvpg": "workload-01"}}, "edge": {}}
        plain = {"cluster": "cluster-01", "controlPlane": plane, "workloads": workloads}
        assert await engine.check("Supervisor", "s", plain) == [
            (
                "controlPlane.network.backing.network",
                "2 objects of kind network have that name: got 'twin'; allowed: network-13, network-14; fix: give the "
                "identifier",
            )
        ]

    asyncio.run(body())
