"""Each setting of a running Supervisor, by the API that the version has for it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from com.vmware.vcenter.namespace_management.supervisors.control_plane.networks_client import Settings as Networks
from com.vmware.vcenter.namespace_management.supervisors.control_plane.storage_client import Policies as PlanePolicies
from com.vmware.vcenter.namespace_management.supervisors.control_plane_client import Settings as ControlPlane
from com.vmware.vcenter.namespace_management.supervisors.workloads.images_client import Settings as Images
from com.vmware.vcenter.namespace_management.supervisors.workloads.storage_client import Policies
from com.vmware.vcenter.namespace_management.supervisors.workloads_client import KubeApiServerSettings
from com.vmware.vcenter.namespace_management_client import Clusters

from tests.support.request_bindings import through_bindings
from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR, VERSIONS, simulated
from tests.support.vcenter_doubles import LIBRARY, SILVER
from tests.support.vcenter_resources import AVI, FULL, changed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
_SHAPES = {
    "control-plane/settings": ControlPlane.UpdateSpec,
    "control-plane/storage/policies": PlanePolicies.UpdateSpec,
    "control-plane/networks/settings": Networks.UpdateSpec,
    "workloads/kube-api-server-settings": KubeApiServerSettings.UpdateSpec,
    "workloads/images/settings": Images.UpdateSpec,
    "workloads/storage/policies": Policies.UpdateSpec,
}
CHANGES: list[tuple[str, Any, str, dict[str, Any], dict[str, Any]]] = [
    ("controlPlane.loginBanner", "Hello", "control-plane/settings", {"login_banner": "Hello"}, {}),
    ("controlPlane.loginBanner", None, "control-plane/settings", {"login_banner": ""}, {}),
    ("controlPlane.size", "LARGE", "control-plane/settings", {"size": {"identifier": "LARGE"}}, {"size_hint": "LARGE"}),
    (
        "controlPlane.storagePolicy",
        "Silver Store",
        "control-plane/storage/policies",
        {"default_policy": SILVER},
        {"master_storage_policy": SILVER},
    ),
    (
        "controlPlane.network.services.dns.servers",
        ["10.0.0.2", "10.0.0.4"],
        "control-plane/networks/settings",
        {
            "backing": "NETWORK_SEGMENTS",
            "network_segments_update_spec": {"dns": {"servers_to_add": ["10.0.0.4"], "servers_to_remove": []}},
        },
        {"master_DNS": ["10.0.0.2", "10.0.0.4"]},
    ),
    (
        "controlPlane.network.services.ntp.servers",
        ["10.0.0.5"],
        "control-plane/networks/settings",
        {
            "backing": "NETWORK_SEGMENTS",
            "network_segments_update_spec": {
                "ntp": {"servers_to_add": ["10.0.0.5"], "servers_to_remove": ["10.0.0.3"]}
            },
        },
        {"master_NTP_servers": ["10.0.0.5"]},
    ),
    (
        "workloads.kubeApiServerOptions.security.certificateDnsNames",
        ["b.example.com"],
        "workloads/kube-api-server-settings",
        {
            "certificate_dns_names_to_add_list": ["b.example.com"],
            "certificate_dns_names_to_remove_list": ["a.example.com"],
        },
        {"Master_DNS_names": ["b.example.com"]},
    ),
    (
        "workloads.images.registry.port",
        5001,
        "workloads/images/settings",
        {"registry": {"hostname": "registry.example.com", "port": 5001}},
        {"default_image_registry": {"hostname": "registry.example.com", "port": 5001}},
    ),
    (
        "workloads.images.repository",
        "other",
        "workloads/images/settings",
        {"repository": "other"},
        {"default_image_repository": "other"},
    ),
    (
        "workloads.images.contentLibraries",
        [{"contentLibrary": "linux-images"}],
        "workloads/images/settings",
        {"content_libraries": [{"content_library": LIBRARY}]},
        {},
    ),
    (
        "workloads.storage.imageStoragePolicy",
        "Silver Store",
        "workloads/storage/policies",
        {"image_storage_policy": SILVER},
        {"image_storage": {"storage_policy": SILVER}},
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_setting_alone_by_the_api_of_the_version(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", FULL)
            assert (await engine.diff("Supervisor", "supervisor-01", FULL)).changes is False
            for path, value, part, by_part, by_cluster in CHANGES:
                plain = changed(FULL, path, value)
                answer = await engine.diff("Supervisor", "supervisor-01", plain)
                assert answer.replaces == []
                assert all(item.startswith(path) for item in answer.detailed_diff), answer.detailed_diff
                site.sent.clear()
                await engine.update("Supervisor", "supervisor-01", plain)
                ((method, where, sent),) = site.sent
                if version == "9.1":
                    expected = f"{MANAGEMENT}/supervisors/{engine.identifier}/{part}"
                    assert (method, where, sent) == ("PATCH", expected, by_part)
                    assert through_bindings(sent, _SHAPES[part]) == sent
                else:
                    desired = by_cluster or by_part
                    assert (method, where, sent) == ("PATCH", f"{MANAGEMENT}/clusters/domain-c1", desired)
                    assert through_bindings(sent, Clusters.UpdateSpec) == sent
                await engine.refresh("Supervisor", "supervisor-01")
                assert (await engine.diff("Supervisor", "supervisor-01", plain)).changes is False, path
                await engine.update("Supervisor", "supervisor-01", FULL)

    asyncio.run(body())


@pytest.mark.parametrize("version", VERSIONS)
def test_import_shows_every_setting_and_then_no_difference(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await (await site.engine()).create("Supervisor", "supervisor-01", FULL)
            engine = await site.engine()
            engine.identifier = "supervisor-01"
            state = await engine.refresh("Supervisor", "supervisor-01")
            assert state is not None
            assert state["controlPlane"]["network"]["services"] == FULL["controlPlane"]["network"]["services"]
            for name in ("loginBanner", "size", "storagePolicy"):
                assert state["controlPlane"][name] == FULL["controlPlane"][name]
            assert state["controlPlane"]["network"]["backing"] == FULL["controlPlane"]["network"]["backing"]
            assert state["workloads"]["network"] == FULL["workloads"]["network"]
            for name in ("images", "kubeApiServerOptions", "storage"):
                assert state["workloads"][name] == FULL["workloads"][name]
            written = {**FULL, "workloads": {key: FULL["workloads"][key] for key in FULL["workloads"] if key != "edge"}}
            for plain in (
                FULL,
                written,
                {**FULL, "workloads": {**FULL["workloads"], "edge": {"provider": "NSX_ADVANCED", "nsxAdvanced": AVI}}},
            ):
                kept = {**plain, "deletionPolicy": "Retain"}
                assert (await engine.diff("Supervisor", "supervisor-01", kept)).changes is False
            other = {**changed(FULL, "controlPlane.size", "LARGE"), "deletionPolicy": "Retain"}
            assert [*(await engine.diff("Supervisor", "supervisor-01", other)).detailed_diff] == ["controlPlane.size"]

    asyncio.run(body())


@pytest.mark.parametrize("version", ["9.0", "9.1"])
def test_pods_are_switched_on_once_by_the_api_of_the_version(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", FULL)
            site.sent.clear()
            plain = {**FULL, "vspherePodsEnabled": True}
            await engine.update("Supervisor", "supervisor-01", plain)
            part = f"supervisors/{engine.identifier}/vsphere-pod-settings" if version == "9.1" else "clusters/domain-c1"
            assert site.sent[-1] == ("PATCH", f"{MANAGEMENT}/{part}", {"vsphere_pods_enabled": True})
            site.sent.clear()
            await engine.update("Supervisor", "supervisor-01", changed(plain, "controlPlane.size", "LARGE"))
            assert len(site.sent) == 1
            assert await engine.check("Supervisor", "supervisor-01", {**FULL, "vspherePodsEnabled": False}) == [
                ("vspherePodsEnabled", "vSphere Pods cannot be disabled again; allowed: true")
            ]
            await engine.delete("Supervisor", "supervisor-01")
            method, path = ("DELETE", f"supervisors/{engine.identifier}")
            if version != "9.1":
                method, path = ("POST", "clusters/domain-c1?action=disable")
            assert site.sent[-1][:2] == (method, f"{MANAGEMENT}/{path}")

    asyncio.run(body())


def test_what_cannot_be_changed_is_refused_at_preview_and_what_is_new_in_an_object_is_not(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", SUPERVISOR)
            plain = changed(SUPERVISOR, "workloads.images", {"repository": "library"})
            assert await engine.check("Supervisor", "supervisor-01", plain) == []
            user = {"registry": {"hostname": "registry.example.com", "username": "puller"}}
            plain = changed(SUPERVISOR, "workloads.images", user)
            ((path, reason),) = await engine.check("Supervisor", "supervisor-01", plain)
            assert path == "workloads.images.registry.username"
            assert reason.startswith("cannot be changed on a running Supervisor; allowed: controlPlane.loginBanner, ")

    asyncio.run(body())


def test_a_network_that_does_not_say_how_it_gets_its_addresses_has_them_by_dhcp(tmp_path: Path) -> None:
    """Programs that were written before components had the documents' defaults did not say so."""
    paths = ("controlPlane.network.ipManagement", "workloads.network.ipManagement")

    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await site.engine()
            silent = SUPERVISOR
            for path in paths:
                silent = changed(silent, path, None)
            await engine.create("Supervisor", "supervisor-01", silent)
            configured = silent
            for path in paths:
                configured = changed(configured, path, {"dhcpEnabled": True})
            assert await engine.check("Supervisor", "supervisor-01", configured) == []
            assert (await engine.diff("Supervisor", "supervisor-01", configured)).changes is False
            static = changed(configured, paths[0], {"dhcpEnabled": False, "gatewayAddress": "10.0.0.1/24"})
            ((path, _), *_others) = await engine.check("Supervisor", "supervisor-01", static)
            assert path == "controlPlane.network.ipManagement.dhcpEnabled"

    asyncio.run(body())
