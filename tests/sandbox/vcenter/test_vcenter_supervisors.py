"""Supervisors: enable, settings, failure, removal, restart; by the new API and by the old one."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from pacific_sandbox.vcenter import VCenterConfiguration
from pacific_sandbox.vcenter.store import Store
from tests.support.answer_bindings import read
from tests.support.vcenter_client import NAMESPACES, SUPERVISORS, VCenter, enable_specification
from tests.support.vcenter_doubles import GOLD, SILVER, ControlPlanesDouble

CLUSTERS = "/api/vcenter/namespace-management/clusters"
ZONES = "/api/vcenter/consumption-domains/zones"
ENABLE = {"action": "enable_on_compute_cluster"}


def test_enabling_is_asynchronous_and_ends_running(start: Callable[..., VCenter]) -> None:
    planes = ControlPlanesDouble()
    planes.release = threading.Event()
    vcenter = start(planes)
    status, supervisor = vcenter.send("POST", f"{SUPERVISORS}/domain-c1", enable_specification(), **ENABLE)
    assert status == 200
    summary = vcenter.supervisor(supervisor)
    assert (summary["config_status"], "APIEndpoint" in summary) == ("CONFIGURING", False)
    read("vcenter.namespace_management.supervisors:Summary", "get", summary)
    planes.release.set()
    vcenter.eventually(lambda: vcenter.supervisor(supervisor)["config_status"] == "RUNNING")
    info = read("vcenter.namespace_management.supervisors:Summary", "get", vcenter.supervisor(supervisor))
    assert (info.name, info.apiendpoint, info.kubernetes_status) == ("supervisor-01", "127.0.0.1:6443", "READY")
    assert info.stats.cpu_capacity == 256_000
    listed = read("vcenter.namespace_management.supervisors:Summary", "list", vcenter.get(f"{SUPERVISORS}/summaries"))
    assert [item.supervisor for item in listed.items] == [supervisor]
    assert vcenter.get(f"{SUPERVISORS}/summaries", config_status="ERROR") == {"items": []}
    topology = vcenter.get(f"{SUPERVISORS}/{supervisor}/topology")
    assert topology == [{"zone": "domain-c1", "clusters": ["domain-c1"]}]
    conditions = vcenter.get(f"{SUPERVISORS}/{supervisor}/conditions")
    (condition,) = read("vcenter.namespace_management.supervisors:Conditions", "get", conditions)
    assert (condition.type, condition.status) == ("KubernetesReady", "TRUE")
    assert planes.only.description.cluster_name == "cluster-01"
    assert planes.only.description.datacenter == "dc-01"


def test_a_start_that_fails_is_said_and_tried_again(start: Callable[..., VCenter]) -> None:
    planes = ControlPlanesDouble()
    planes.failures = [RuntimeError("no disk left")] * 4
    vcenter = start(planes)
    _, supervisor = vcenter.send("POST", f"{SUPERVISORS}/domain-c1", enable_specification(), **ENABLE)
    vcenter.eventually(lambda: vcenter.supervisor(supervisor)["config_status"] == "ERROR")
    summary = vcenter.supervisor(supervisor)
    assert summary["messages"][0]["details"]["default_message"] == "no disk left"
    assert read("vcenter.namespace_management.supervisors:Summary", "get", summary).kubernetes_status == "ERROR"
    vcenter.eventually(lambda: vcenter.supervisor(supervisor)["config_status"] == "RUNNING")
    assert vcenter.supervisor(supervisor)["messages"] == []


def test_an_unmet_condition_shows_in_the_kubernetes_status(vcenter: VCenter) -> None:
    supervisor = vcenter.enable()
    vcenter.plane.unmet.append({"type": "SchedulerReady", "status": "FALSE", "reason": "down", "severity": "WARNING"})
    vcenter.eventually(lambda: vcenter.supervisor(supervisor)["kubernetes_status"] == "WARNING")
    vcenter.plane.unmet.clear()
    vcenter.eventually(lambda: vcenter.supervisor(supervisor)["kubernetes_status"] == "READY")


def test_a_condition_that_only_informs_leaves_kubernetes_ready(vcenter: VCenter) -> None:
    supervisor = vcenter.enable()
    waiting = {"type": "NamespaceDeleted/shop", "status": "FALSE", "reason": "NotReady", "severity": "INFO"}
    vcenter.plane.unmet.append(waiting)
    conditions = f"{SUPERVISORS}/{supervisor}/conditions"
    vcenter.eventually(lambda: waiting["type"] in [item["type"] for item in vcenter.get(conditions)])
    vcenter.plane.unmet.append({"type": "SchedulerReady", "status": "FALSE", "reason": "down", "severity": "WARNING"})
    vcenter.eventually(lambda: vcenter.supervisor(supervisor)["kubernetes_status"] == "WARNING")
    vcenter.plane.unmet.pop()
    vcenter.eventually(lambda: vcenter.supervisor(supervisor)["kubernetes_status"] == "READY")


def test_one_cluster_runs_one_supervisor(vcenter: VCenter) -> None:
    vcenter.enable()
    refused = vcenter.refused("POST", f"{SUPERVISORS}/domain-c1", enable_specification("other"), **ENABLE)
    assert refused == (400, "ALREADY_EXISTS", "Cluster domain-c1 already runs a Supervisor.")
    refused = vcenter.refused("POST", f"{SUPERVISORS}/domain-c2", enable_specification(), **ENABLE)
    assert refused[1] == "ALREADY_EXISTS"
    assert vcenter.enable("domain-c2", "supervisor-02") != vcenter.get(f"{SUPERVISORS}/summaries")["items"][0]
    compatible = vcenter.get("/api/vcenter/namespace-management/cluster-compatibility", compatible="true")
    assert compatible == []


def change(path: str, value: Any) -> dict[str, Any]:
    specification = enable_specification()
    *parents, last = path.split(".")
    inner = specification
    for name in parents:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return specification


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        ("name", None, (400, "INVALID_ARGUMENT", "Required field name is missing.")),
        ("control_plane.count", 2, (400, "INVALID_ARGUMENT", "control_plane.count has to be 1 or 3.")),
        (
            "control_plane.size",
            "HUGE",
            (
                400,
                "INVALID_ARGUMENT",
                "Value 'HUGE' of control_plane.size has to be one of TINY, SMALL, MEDIUM, LARGE.",
            ),
        ),
        ("control_plane.storage_policy", "x", (404, "NOT_FOUND", "Storage policy x not found.")),
        ("control_plane.network.backing.network", "n-9", (404, "NOT_FOUND", "Network n-9 not found.")),
        (
            "control_plane.network.floating_ip_address",
            "10.0.0.1",
            (
                400,
                "INVALID_ARGUMENT",
                "Unexpected field control_plane.network.floating_ip_address; there are: backing, "
                "floating_IP_address, ip_management, network, proxy, services.",
            ),
        ),
        (
            "workloads.network.network_type",
            "NSXT",
            (400, "INVALID_ARGUMENT", "workloads.network.nsx is missing for NSXT."),
        ),
        (
            "workloads.images.content_libraries",
            [{"content_library": "l-9"}],
            (404, "NOT_FOUND", "Content library l-9 not found."),
        ),
    ],
)
def test_a_wrong_specification_is_refused(vcenter: VCenter, path: str, value: Any, error: tuple[int, str, str]) -> None:
    assert vcenter.refused("POST", f"{SUPERVISORS}/domain-c1", change(path, value), **ENABLE) == error
    assert vcenter.get(f"{SUPERVISORS}/summaries") == {"items": []}


def test_an_unknown_cluster_is_not_found(vcenter: VCenter) -> None:
    refused = vcenter.refused("POST", f"{SUPERVISORS}/domain-c9", enable_specification(), **ENABLE)
    assert refused == (404, "NOT_FOUND", "Cluster domain-c9 not found.")


def test_zones(vcenter: VCenter) -> None:
    assert vcenter.send("POST", ZONES, {"zone": "zone-1", "description": "one"}) == (201, "zone-1")
    specification = {**enable_specification(), "zones": ["zone-1"]}
    refused = vcenter.refused("POST", SUPERVISORS, specification, action="enable_on_zones")
    assert refused[:2] == (400, "INVALID_ARGUMENT")
    associations = f"{ZONES}/cluster/zone-1/associations"
    status, added = vcenter.send("POST", associations, ["domain-c1"], action="add")
    assert (status, added["success"]) == (200, True)
    status, supervisor = vcenter.send("POST", SUPERVISORS, specification, action="enable_on_zones")
    assert status == 200
    assert vcenter.get(f"{SUPERVISORS}/{supervisor}/topology")[0]["zone"] == "zone-1"
    assert vcenter.refused("POST", associations, ["domain-c1"], action="remove")[1] == "NOT_ALLOWED_IN_CURRENT_STATE"
    assert vcenter.refused("DELETE", f"{ZONES}/zone-1")[1] == "NOT_ALLOWED_IN_CURRENT_STATE"
    three = {**enable_specification("x"), "zones": ["a", "b", "c"]}
    assert vcenter.refused("POST", SUPERVISORS, three, action="enable_on_zones")[:2] == (400, "UNSUPPORTED")
    two = {**enable_specification("x"), "zones": ["a", "b"]}
    assert vcenter.refused("POST", SUPERVISORS, two, action="enable_on_zones") == (
        400,
        "INVALID_ARGUMENT",
        "Only one or three zones are supported.",
    )
    assert read("vcenter.consumption_domains:Zones", "list", vcenter.get(ZONES)).items[0].info.description == "one"


def test_settings_are_changed_in_slices(vcenter: VCenter) -> None:
    root = f"{SUPERVISORS}/{vcenter.enable()}"
    base = "vcenter.namespace_management.supervisors"
    vcenter.done("PATCH", f"{root}/control-plane/settings", {"size": {"identifier": "LARGE"}, "login_banner": "hello"})
    info = read(f"{base}.control_plane:Settings", "get", vcenter.get(f"{root}/control-plane/settings"))
    assert (info.size.identifier, info.login_banner, info.count) == ("LARGE", "hello", 1)
    networks = {"network_segments_update_spec": {"dns": {"servers_to_add": ["10.0.0.3"]}}}
    vcenter.done("PATCH", f"{root}/control-plane/networks/settings", networks)
    result = vcenter.get(f"{root}/control-plane/networks/settings")
    segments = read(f"{base}.control_plane.networks:Settings", "get", result).network_segments_info
    assert (segments.dns.servers, segments.port_groups) == (["10.0.0.2", "10.0.0.3"], ["dvportgroup-1"])
    assert result["floating_IP_address"] == "10.0.0.9"
    vcenter.done("PATCH", f"{root}/workloads/storage/policies", {"ephemeral_storage_policy": SILVER})
    assert vcenter.get(f"{root}/workloads/storage/policies") == {
        "ephemeral_storage_policy": SILVER,
        "image_storage_policy": GOLD,
    }
    assert vcenter.refused("PATCH", f"{root}/control-plane/storage/policies", {"default_policy": "x"})[0] == 404
    assert vcenter.refused("PATCH", f"{root}/control-plane/settings", {"count": 2})[1] == "INVALID_ARGUMENT"
    vcenter.eventually(lambda: vcenter.get(f"{root}/summary")["config_status"] == "RUNNING")


@pytest.mark.parametrize("old", [False, True])
def test_vsphere_pods_are_switched_on_for_ever(vcenter: VCenter, old: bool) -> None:
    root = f"{SUPERVISORS}/{vcenter.enable()}"
    path = f"{CLUSTERS}/domain-c1" if old else f"{root}/vsphere-pod-settings"
    assert vcenter.get(f"{root}/vsphere-pod-settings") == {"vsphere_pods_enabled": False}
    vcenter.done("PATCH", path, {"vsphere_pods_enabled": True})
    assert vcenter.get(f"{root}/vsphere-pod-settings") == {"vsphere_pods_enabled": True}
    vcenter.done("PATCH", path, {"vsphere_pods_enabled": True})
    assert vcenter.refused("PATCH", path, {"vsphere_pods_enabled": False}) == (
        400,
        "UNSUPPORTED",
        "Once enabled, support for vSphere Pods cannot be disabled.",
    )


def old_specification() -> dict[str, Any]:
    network = {
        "network": "primary",
        "network_provider": "VSPHERE_NETWORK",
        "vsphere_network": {
            "portgroup": "dvportgroup-2",
            "address_ranges": [{"address": "10.1.0.2", "count": 100}],
            "gateway": "10.1.0.1",
            "subnet_mask": "255.255.255.0",
        },
    }
    return {
        "size_hint": "SMALL",
        "service_cidr": {"address": "10.96.0.0", "prefix": 24},
        "network_provider": "VSPHERE_NETWORK",
        "workload_networks_spec": {"supervisor_primary_workload_network": network},
        "master_management_network": {"network": "dvportgroup-1", "mode": "DHCP"},
        "master_storage_policy": GOLD,
        "ephemeral_storage_policy": GOLD,
        "image_storage": {"storage_policy": GOLD},
        "Master_DNS_names": ["supervisor.test"],
    }


def test_the_old_api(vcenter: VCenter, ca_file: Any) -> None:
    path = f"{CLUSTERS}/domain-c2"
    assert vcenter.refused("GET", path)[:2] == (404, "NOT_FOUND")
    vcenter.done("POST", path, old_specification(), action="enable")
    vcenter.eventually(lambda: vcenter.get(path)["config_status"] == "RUNNING")
    info = read("vcenter.namespace_management:Clusters", "get", vcenter.get(path))
    assert (info.size_hint, info.api_server_cluster_endpoint) == ("SMALL", "127.0.0.1:6443")
    assert info.tls_endpoint_certificate == ca_file.read_text()
    vcenter.done("PATCH", path, {"login_banner": "hello", "master_DNS": ["10.0.0.7"]})
    changed = vcenter.get(path)
    assert (changed["login_banner"], changed["Master_DNS_names"]) == ("hello", ["supervisor.test"])
    required = ("size_hint", "network_provider", "master_storage_policy", "ephemeral_storage_policy", "image_storage")
    vcenter.done("PUT", path, {name: old_specification()[name] for name in required})
    assert "login_banner" not in vcenter.get(path)
    assert vcenter.get(path)["master_DNS"] == []
    (listed,) = read("vcenter.namespace_management:Clusters", "list", vcenter.get(CLUSTERS))
    assert listed.cluster_name == "cluster-02"
    read(
        "vcenter.namespace_management:NamespaceResourceOptions", "get", vcenter.get(f"{path}/workload-resource-options")
    )
    vcenter.done("POST", path, action="disable")
    vcenter.wait_until_gone(path)


def test_removal_takes_namespaces_and_placement_along(vcenter: VCenter) -> None:
    supervisor = vcenter.enable()
    vcenter.create_namespace(supervisor)
    plane = vcenter.plane
    plane.release = threading.Event()
    vcenter.done("DELETE", f"{SUPERVISORS}/{supervisor}")
    assert vcenter.supervisor(supervisor)["config_status"] == "REMOVING"
    assert vcenter.namespace()["config_status"] == "REMOVING"
    refused = vcenter.refused("POST", f"{NAMESPACES}/v2", {"supervisor": supervisor, "namespace": "late"})
    assert refused[1] == "NOT_ALLOWED_IN_CURRENT_STATE"
    plane.release.set()
    vcenter.wait_until_gone(f"{SUPERVISORS}/{supervisor}/summary")
    assert plane.deleted
    assert vcenter.get(NAMESPACES) == []
    assert vcenter.inventory.placed == {}
    assert vcenter.inventory.supervisors_removed == ["domain-c1"]
    assert vcenter.get(ZONES) == {"items": []}
    assert vcenter.enable() == supervisor


def test_a_restart_goes_on_where_it_was(start: Callable[..., VCenter], configuration: VCenterConfiguration) -> None:
    first = start()
    supervisor = first.enable()
    first.create_namespace(supervisor, resource_spec={"cpu_limit": 1000})
    again = start()
    assert not first.plane.deleted
    assert not first.plane.started
    again.eventually(lambda: again.supervisor(supervisor)["config_status"] == "RUNNING")
    again.runs()
    assert again.plane.namespaces["shop"].resource_spec == {"cpu_limit": 1000}
    assert again.inventory.placed["domain-c1", "shop"].cpu == 1000
    text = (configuration.directory / "vcenter.json").read_text()
    assert "very-secret" not in text
    assert Store(configuration.directory / "vcenter.json").supervisors[supervisor]["name"] == "supervisor-01"
