"""The load balancer of a Supervisor that runs, of each kind, and what of it cannot be changed."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from com.vmware.vcenter.namespace_management.supervisors.networks_client import Edges
from com.vmware.vcenter.namespace_management_client import LoadBalancers

from pacific_infra.vcenter.errors import VCenterError
from tests.support.answer_bindings import read_as
from tests.support.request_bindings import through_bindings
from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR, VERSIONS, simulated
from tests.support.vcenter_doubles import SILVER
from tests.support.vcenter_resources import AVI, EDGES, HAPROXY, OTHER, RANGES, changed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
_SERVICES = {"dns": {"servers": ["10.0.0.4"], "search_domains": []}, "ntp": {"servers": ["10.0.0.3"]}}
_KEY = {"default_ingress_tls_certificate": "PEM", "default_ingress_tls_private_key": "KEY"}
CHANGES: list[tuple[str, str, Any, dict[str, Any]]] = [
    ("HAPROXY", "haproxy.username", "other", {"haproxy": {"username": "other"}}),
    ("HAPROXY", "haproxy.password", "other", {"haproxy": {"password": "other"}}),
    ("NSX_ADVANCED", "nsxAdvanced.username", "other", {"avi": {"username": "other"}}),
    ("NSX_ADVANCED", "nsxAdvanced.password", "other", {"avi": {"password": "other"}}),
    ("NSX_ADVANCED", "nsxAdvanced.certificateAuthorityChain", "P", {"avi": {"certificate_authority_chain": "P"}}),
    ("NSX", "nsx.defaultIngressTlsCertificate", "P", {"nsx": {**_KEY, "default_ingress_tls_certificate": "P"}}),
    ("NSX", "nsx.defaultIngressTlsPrivateKey", "K", {"nsx": {**_KEY, "default_ingress_tls_private_key": "K"}}),
    (
        "VSPHERE_FOUNDATION",
        "foundation.vipSubnets",
        ["10.0.2.0/24"],
        {"foundation": {"vip_subnets": ["10.0.2.0/24"]}},
    ),
    (
        "VSPHERE_FOUNDATION",
        "foundation.deploymentTarget.deploymentSize",
        "LARGE",
        {"foundation": {"deployment_target": {"size": "LARGE"}}},
    ),
    (
        "VSPHERE_FOUNDATION",
        "foundation.deploymentTarget.storagePolicy",
        "Silver Store",
        {"foundation": {"deployment_target": {"storage_policy": SILVER}}},
    ),
    (
        "VSPHERE_FOUNDATION",
        "foundation.networkServices.dns.servers",
        ["10.0.0.4"],
        {"foundation": {"network_services": _SERVICES}},
    ),
    (
        "VSPHERE_FOUNDATION",
        "foundation.deploymentTarget.availability",
        "ACTIVE_PASSIVE",
        {"foundation": {"deployment_target": {"availability": "ACTIVE_PASSIVE"}}},
    ),
]
WIRE = {"HAPROXY": "HAPROXY", "NSX_ADVANCED": "AVI", "NSX": "NSX_LB", "VSPHERE_FOUNDATION": "VSPHERE_FOUNDATION"}


def with_edge(edge: dict[str, Any]) -> dict[str, Any]:
    return {**SUPERVISOR, "workloads": {**SUPERVISOR["workloads"], "edge": edge}}


@pytest.mark.parametrize("version", ["9.0", "9.1"])
@pytest.mark.parametrize("provider", EDGES)
def test_each_setting_alone_is_changed_and_its_drift_is_seen(tmp_path: Path, version: str, provider: str) -> None:
    plain = with_edge(EDGES[provider])

    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine, other = await site.engine(), await site.engine()
            await engine.create("Supervisor", "supervisor-01", plain)
            assert "Tls" not in str(site.sent[0][2])
            assert "private_key" not in str(site.sent[0][2])
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", plain)).detailed_diff == {}
            other.identifier, other.state, other.inputs = engine.identifier, engine.state, engine.inputs
            for _, path, value, expected in [change for change in CHANGES if change[0] == provider]:
                place = f"workloads.edge.{path}"
                different = changed(plain, place, value)
                answer = await other.diff("Supervisor", "supervisor-01", different)
                assert answer.replaces == []
                assert answer.detailed_diff
                assert all(item.startswith(place) for item in answer.detailed_diff), answer.detailed_diff
                site.sent.clear()
                await other.update("Supervisor", "supervisor-01", different)
                ((method, where, sent),) = site.sent
                assert (method, where.rpartition("/")[0]) == (
                    "PATCH",
                    f"{MANAGEMENT}/supervisors/{engine.identifier}/networks/edges",
                )
                assert sent == {"provider": WIRE[provider], **expected}
                assert through_bindings(sent, Edges.UpdateSpec) == sent
                await other.refresh("Supervisor", "supervisor-01")
                assert (await other.diff("Supervisor", "supervisor-01", different)).detailed_diff == {}, path
                if path.endswith("availability"):
                    continue
                await engine.refresh("Supervisor", "supervisor-01")
                drift = (await engine.diff("Supervisor", "supervisor-01", plain)).detailed_diff
                assert bool(drift) != path.endswith(("password", "PrivateKey")), path
                assert all(item.startswith(place) for item in drift), drift
                await other.update("Supervisor", "supervisor-01", plain)
            shown = [item[3] for item in site.exchanged if item[0] == "GET" and item[1].endswith("/networks/edges")]
            assert shown
            for reply in shown:
                read_as(Edges.ListResult.get_binding_type(), "edges", reply.json())

    asyncio.run(body())


async def refused(tmp_path: Path, version: str, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    async with simulated(tmp_path, version) as site:
        engine = await site.engine()
        await engine.create("Supervisor", "supervisor-01", with_edge(before))
        site.sent.clear()
        result = await engine.check("Supervisor", "supervisor-01", with_edge(after))
        assert site.sent == []
        return result


def test_what_the_kind_cannot_change_is_said_at_preview(tmp_path: Path) -> None:
    before = EDGES["NSX_ADVANCED"]
    after = {**before, "nsxAdvanced": {**AVI, "cloudName": "other"}}
    assert asyncio.run(refused(tmp_path, "9.1", before, after)) == [
        (
            "workloads.edge.nsxAdvanced.cloudName",
            "cannot be changed on a running Supervisor; allowed with provider NSX_ADVANCED: "
            "workloads.edge.nsxAdvanced.server, "
            "workloads.edge.nsxAdvanced.username, workloads.edge.nsxAdvanced.password, "
            "workloads.edge.nsxAdvanced.certificateAuthorityChain",
        )
    ]


def test_a_load_balancer_that_was_vcenters_choice_is_left_alone(tmp_path: Path) -> None:
    reason = "cannot be changed on a running Supervisor that was enabled without a provider; remove it"
    process = asyncio.run(refused(tmp_path, "9.1", {}, {"provider": "NSX", "nsx": {"t0Gateway": "t0"}}))
    assert process == [("workloads.edge.provider", reason), ("workloads.edge.nsx.t0Gateway", reason)]


def test_a_single_node_does_not_come_back(tmp_path: Path) -> None:
    target = {"availability": "ACTIVE_PASSIVE"}
    before = {"provider": "VSPHERE_FOUNDATION", "foundation": {"deploymentTarget": target}}
    after = {"provider": "VSPHERE_FOUNDATION", "foundation": {"deploymentTarget": {"availability": "SINGLE_NODE"}}}
    assert asyncio.run(refused(tmp_path, "9.0", before, after)) == [
        (
            "workloads.edge.foundation.deploymentTarget.availability",
            "got 'SINGLE_NODE'; allowed on a running Supervisor: ACTIVE_PASSIVE",
        )
    ]


def test_a_setting_that_came_with_9_0_names_the_version(tmp_path: Path) -> None:
    before = {"provider": "NSX", "nsx": {"defaultIngressTlsCertificate": "PEM"}}
    after = {**before, "nsx": {"defaultIngressTlsCertificate": "other"}}
    assert asyncio.run(refused(tmp_path, "8.0.3", before, after)) == [
        (
            "workloads.edge.nsx.defaultIngressTlsCertificate",
            "can be changed on a running Supervisor since vCenter 9.0, this one is 8.0.3; upgrade vCenter",
        )
    ]


_PASSWORDS = {"username": "admin", "password": "secret", "certificate_authority_chain": "PEM"}
_NEW_SERVER = {"host": "10.0.0.6", "port": 5556}
BY_CLUSTER: list[tuple[str, str, Any, str, dict[str, Any], tuple[str, ...]]] = [
    (
        "HAPROXY",
        "haproxy.servers",
        [_NEW_SERVER],
        "PUT",
        {
            "provider": "HA_PROXY",
            "address_ranges": RANGES,
            "ha_proxy_config_set_spec": {**_PASSWORDS, "servers": [_NEW_SERVER]},
        },
        ("8.0.3", "9.0", "9.1"),
    ),
    (
        "NSX_ADVANCED",
        "nsxAdvanced.server",
        _NEW_SERVER,
        "PUT",
        {"provider": "AVI", "address_ranges": [], "avi_config_set_spec": {**_PASSWORDS, "server": _NEW_SERVER}},
        ("8.0.3", "9.0", "9.1"),
    ),
    (
        "HAPROXY",
        "haproxy.username",
        "other",
        "PATCH",
        {"provider": "HA_PROXY", "ha_proxy_config_update_spec": {"username": "other"}},
        ("8.0.3",),
    ),
    (
        "NSX_ADVANCED",
        "nsxAdvanced.password",
        "other",
        "PATCH",
        {"provider": "AVI", "avi_config_update_spec": {"password": "other"}},
        ("8.0.3",),
    ),
    (
        "NSX_ADVANCED",
        "nsxAdvanced.certificateAuthorityChain",
        "P",
        "PATCH",
        {"provider": "AVI", "avi_config_update_spec": {"certificate_authority_chain": "P"}},
        ("8.0.3",),
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("provider", ["HAPROXY", "NSX_ADVANCED"])
def test_what_only_the_clusters_api_changes(tmp_path: Path, version: str, provider: str) -> None:
    """Servers in every version, since ``LoadBalancers.SetSpec`` alone takes them; before 9.0 all the rest too."""
    plain = with_edge(EDGES[provider])

    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine, other = await site.engine(), await site.engine()
            await engine.create("Supervisor", "supervisor-01", plain)
            other.identifier, other.state, other.inputs = engine.identifier, engine.state, engine.inputs
            for kind, path, value, how, expected, versions in BY_CLUSTER:
                if kind != provider or version not in versions:
                    continue
                different = changed(plain, f"workloads.edge.{path}", value)
                answer = await other.diff("Supervisor", "supervisor-01", different)
                assert answer.replaces == []
                assert answer.detailed_diff
                site.sent.clear()
                await other.update("Supervisor", "supervisor-01", different)
                identifier = "lb-1" if provider == "HAPROXY" else "edge"
                assert site.sent == [(how, f"{MANAGEMENT}/clusters/domain-c1/load-balancers/{identifier}", expected)]
                shape = LoadBalancers.SetSpec if how == "PUT" else LoadBalancers.UpdateSpec
                assert through_bindings(expected, shape) == expected
                await other.refresh("Supervisor", "supervisor-01")
                assert (await other.diff("Supervisor", "supervisor-01", different)).detailed_diff == {}, path
                await engine.refresh("Supervisor", "supervisor-01")
                drift = (await engine.diff("Supervisor", "supervisor-01", plain)).detailed_diff
                assert bool(drift) != path.endswith("password"), path
                assert all(item.startswith(f"workloads.edge.{path}") for item in drift), drift
                await other.update("Supervisor", "supervisor-01", plain)

    asyncio.run(body())


@pytest.mark.parametrize(
    ("version", "provider", "expected"),
    [
        ("8.0.3", "HAPROXY", {"provider": "HA_PROXY", "address_ranges": [*RANGES, *OTHER]}),
        ("9.0", "HAPROXY", {"provider": "HAPROXY", "haproxy": {"address_ranges": [*RANGES, *OTHER]}}),
        ("9.0", "VSPHERE_FOUNDATION", {"provider": "VSPHERE_FOUNDATION", "foundation": {"vip_ranges": OTHER}}),
        ("9.1", "VSPHERE_FOUNDATION", {"provider": "VSPHERE_FOUNDATION", "foundation": {"vip_ranges": OTHER}}),
    ],
)
def test_addresses_are_added_and_never_taken(
    tmp_path: Path, version: str, provider: str, expected: dict[str, Any]
) -> None:
    """A Foundation Load Balancer takes the new ranges alone, and refuses those that it has."""
    plain = with_edge(EDGES[provider])

    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", plain)
            wider = with_edge({**EDGES[provider], "loadBalancerAddressRanges": [*OTHER, *RANGES]})
            answer = await engine.diff("Supervisor", "supervisor-01", wider)
            assert [*answer.detailed_diff] == ["workloads.edge.loadBalancerAddressRanges[0]"]
            site.sent.clear()
            await engine.update("Supervisor", "supervisor-01", wider)
            ((_, _, sent),) = site.sent
            place = sent.get("haproxy", sent)
            if "address_ranges" in place:
                place["address_ranges"].sort(key=lambda item: item["address"])
            assert sent == expected
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", wider)).detailed_diff == {}
            assert await engine.check("Supervisor", "supervisor-01", plain) == [
                (
                    "workloads.edge.loadBalancerAddressRanges",
                    "addresses cannot be removed from a running load balancer: 16 from 10.0.2.1; "
                    "keep them, and add others",
                )
            ]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        (
            {**EDGES["HAPROXY"], "loadBalancerAddressRanges": [*RANGES, {"address": "10.0.1.8", "count": 1}]},
            ("workloads.edge.loadBalancerAddressRanges", "the ranges from 10.0.1.1 and 10.0.1.8 overlap"),
        ),
        (
            {**EDGES["HAPROXY"], "loadBalancerAddressRanges": [{"address": "10.0.1.256", "count": 1}]},
            (
                "workloads.edge.loadBalancerAddressRanges[0].address",
                "got '10.0.1.256'; allowed: an IPv4 or IPv6 address",
            ),
        ),
        (
            {"provider": "HAPROXY", "haproxy": HAPROXY},
            ("workloads.edge.loadBalancerAddressRanges", "is required with provider HAPROXY"),
        ),
        (
            {"provider": "VSPHERE_FOUNDATION", "foundation": {"vipSubnets": ["10.0.2.1/24"]}},
            (
                "workloads.edge.foundation.vipSubnets[0]",
                "got '10.0.2.1/24'; allowed: a subnet in its canonical form, for example 192.168.0.0/24",
            ),
        ),
    ],
)
def test_addresses_are_checked(tmp_path: Path, edge: dict[str, Any], expected: tuple[str, str]) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await site.engine()
            assert await engine.check("Supervisor", "supervisor-01", with_edge(edge)) == [expected]

    asyncio.run(body())


def test_an_edge_beside_the_supervisors_own_does_not_disturb_it(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await site.engine()
            plain = with_edge(EDGES["HAPROXY"])
            await engine.create("Supervisor", "supervisor-01", plain)
            path = f"{MANAGEMENT}/supervisors/{engine.identifier}/networks/edges"
            ranges = {"vip_ranges": [{"address": "10.0.3.1", "count": 4}]}
            neighbour = {"name": "beside", "provider": "VSPHERE_FOUNDATION", "foundation": ranges}
            assert through_bindings(neighbour, Edges.CreateSpec) == neighbour
            identifier = await site.by_hand.post(path, neighbour)
            reply = await site.by_hand.get(path)
            read_as(Edges.ListResult.get_binding_type(), "edges", reply)
            assert [edge["edge"] for edge in reply["edges"]] == ["lb-1", identifier]
            for refused, reason in (
                (neighbour, "An edge named beside exists already"),
                ({"name": "other", "provider": "HAPROXY"}, "provider HAPROXY cannot be created"),
                ({**neighbour, "name": "Other"}, "has to be an RFC 1123 label"),
            ):
                with pytest.raises(VCenterError, match=reason):
                    await site.by_hand.post(path, refused)
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", plain)).detailed_diff == {}

    asyncio.run(body())
