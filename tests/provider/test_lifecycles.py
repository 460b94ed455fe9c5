"""Every resource through its life, each property of it alone, in each version of vCenter: one table."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.vcenter.version import Version
from tests.support.carvel import carvel
from tests.support.simulated_vcenter import SUPERVISOR, VERSIONS, Site, simulated
from tests.support.vcenter_resources import FULL, REGISTRY, SHOP, TEMPLATE, changed, with_policy

V9_0, V9_1 = Version(9, 0), Version(9, 1)


@dataclass(frozen=True)
class Life:
    """One resource: how it begins, and another value for each property that can change."""

    kind: str
    plain: Mapping[str, Any]
    changes: Mapping[str, Any]
    identifier: str
    """What an import names."""
    since: Mapping[str, Version] = field(default_factory=dict)
    """First version that has a property, where not all of them have it."""
    unseen: frozenset[str] = frozenset()
    """What vCenter does not show: it is there neither at an import nor when others have changed it."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """What an import says of itself."""
    stays: bool = False
    """vCenter has no way to delete it."""
    supervisor: bool = True
    """Whether it needs one."""


COUNTS = [
    *("podCount", "serviceCount", "deploymentCount", "daemonSetCount", "replicaSetCount", "statefulSetCount"),
    *("replicationControllerCount", "configMapCount", "secretCount", "persistentVolumeClaimCount", "jobCount"),
]
AMOUNTS = [
    *("cpuLimit", "cpuLimitDefault", "cpuRequestDefault", "memoryLimit", "memoryLimitDefault"),
    *("memoryRequestDefault", "storageRequestLimit"),
]
EDGE = {"id": "edge-1", "edgeProvider": "NSX_REGISTERED_AVI", "avi": {"seGroupName": "blue"}}
RETAINED = {"deletionPolicy": "Retain"}
LIVES = [
    Life(
        "Supervisor",
        {
            **FULL,
            "controlPlane": {
                **FULL["controlPlane"],
                "count": 3,
                "enableNamespaceApiFairness": True,
                "network": {**FULL["controlPlane"]["network"], "floatingIpAddress": "10.0.0.8"},
            },
            "workloads": {
                **FULL["workloads"],
                "network": {**FULL["workloads"]["network"], "clientIpPreservationEnabled": True},
                "images": {**FULL["workloads"]["images"], "contentLibraries": []},
                "storage": {
                    **FULL["workloads"]["storage"],
                    "cloudNativeFileVolume": {"vsanClusters": ["cluster-01"]},
                    "fileVolumesEnabled": True,
                },
            },
            "name": "supervisor-01",
        },
        {
            "controlPlane.loginBanner": "Hello",
            "controlPlane.size": "LARGE",
            "controlPlane.count": 1,
            "controlPlane.storagePolicy": "Silver Store",
            "controlPlane.network.floatingIpAddress": "10.0.0.9",
            "controlPlane.network.services.dns.servers": ["10.0.0.4"],
            "controlPlane.network.services.dns.searchDomains": ["example.org"],
            "controlPlane.network.services.ntp.servers": ["10.0.0.5"],
            "controlPlane.enableNamespaceApiFairness": False,
            "workloads.kubeApiServerOptions.security.certificateDnsNames": ["b.example.com"],
            "workloads.images.registry.hostname": "other.example.com",
            "workloads.images.registry.port": 5001,
            "workloads.images.repository": "other",
            "workloads.images.contentLibraries": [{"contentLibrary": "linux-images"}],
            "workloads.storage.cloudNativeFileVolume.vsanClusters": ["cluster-01", "cluster-02"],
            "workloads.network.clientIpPreservationEnabled": False,
            "workloads.storage.fileVolumesEnabled": False,
            "workloads.storage.ephemeralStoragePolicy": "Silver Store",
            "workloads.storage.imageStoragePolicy": "Silver Store",
        },
        "supervisor-01",
        since={
            "controlPlane.count": V9_0,
            "controlPlane.enableNamespaceApiFairness": V9_1,
            "workloads.network.clientIpPreservationEnabled": V9_1,
            "workloads.storage.fileVolumesEnabled": V9_1,
        },
        kept=RETAINED,
        supervisor=False,
    ),
    Life(
        "VirtualMachineClass",
        {
            **{"name": "x", "cpuCount": 2, "memoryMib": 2048, "cpuReservation": 50, "memoryReservation": 50},
            "description": "small",
            "instanceStorage": {"policy": "gold", "volumes": [{"size": 2048}]},
            "configSpec": {"_typeName": "VirtualMachineConfigSpec", "numCPUs": 4},
        },
        {
            "cpuCount": 4,
            "memoryMib": 4096,
            "cpuReservation": 60,
            "memoryReservation": 0,
            "description": "other",
            "instanceStorage": {"policy": "gold", "volumes": [{"size": 1024}]},
            "configSpec": {"_typeName": "VirtualMachineConfigSpec", "numCPUs": 2},
        },
        "x",
        supervisor=False,
    ),
    Life(
        "Namespace",
        {
            **SHOP,
            "name": "x",
            "resourceSpec": dict.fromkeys((*COUNTS, *AMOUNTS), 2000),
            "infrastructurePolicies": ["gpu-hosts"],
            "edges": [EDGE],
        },
        {
            "description": "New",
            **{f"resourceSpec.{name}": 2500 for name in (*COUNTS, *AMOUNTS)},
            "accessList": SHOP["accessList"][:1],
            "storageSpecs": [{"policy": "gold", "limit": 900}, {"policy": "Silver Store"}],
            "vmServiceSpec.vmClasses": ["best-effort-small"],
            "vmServiceSpec.contentLibraries": [],
            "contentLibraries": [{"contentLibrary": "linux-images", "writable": False}],
            "infrastructurePolicies": [],
            "edges": [{**EDGE, "avi": {"seGroupName": "red"}}],
        },
        "x",
        since={"infrastructurePolicies": V9_1, "edges": V9_1},
        kept=RETAINED,
    ),
    Life(
        "SupervisorServiceVersion",
        {"content": carvel("2.0.0", "velero.example.com")},
        {"activated": False},
        "velero.example.com/2.0.0",
        supervisor=False,
    ),
    Life(
        "SupervisorService",
        {
            **{"supervisor": "supervisor-01", "supervisorService": "harbor.example.com", "version": "1.0.0"},
            "yamlServiceConfig": "a: c",
        },
        {"version": "1.0.1", "yamlServiceConfig": "a: b"},
        "supervisor-01/harbor.example.com",
        unseen=frozenset({"yamlServiceConfig"}),
    ),
    Life(
        "ContainerImageRegistry",
        REGISTRY,
        {
            "name": "mirror-2",
            "imageRegistry.hostname": "other.example.com",
            "imageRegistry.port": 5001,
            "imageRegistry.username": "other",
            "imageRegistry.password": "other",
            "defaultRegistry": True,
        },
        "supervisor-01/mirror",
        unseen=frozenset({"imageRegistry.password"}),
    ),
    Life(
        "ContentLibrary",
        {"name": "images", "datastore": "vsan-01", "description": "All", "deletionPolicy": "Delete"},
        {"description": "Many", "name": "more-images"},
        "images",
        unseen=frozenset({"deletionPolicy"}),
        supervisor=False,
    ),
    Life("Zone", {"name": "x", "clusters": ["cluster-02"]}, {"clusters": ["cluster-01"]}, "x", supervisor=False),
    Life(
        "NamespaceTemplate",
        {**TEMPLATE, "name": "x"},
        {
            "resourceSpec.podCount": 6,
            "resourceSpec.cpuLimit": 2000,
            "storageSpecs": [{"policy": "gold", "limit": 200}],
            "permissions": [{"subjectType": "USER", "subject": "a", "domain": "vsphere.local"}],
            "vmServiceSpec.vmClasses": ["best-effort-large"],
        },
        "supervisor-01/x",
        stays=True,
    ),
]


async def prepare(site: Site, life: Life, version: str) -> None:
    """What ``life`` needs to be there."""
    if life.supervisor:
        await (await site.engine()).create("Supervisor", "supervisor-01", SUPERVISOR)
    await with_policy(site, version)
    if life.kind == "SupervisorService":
        for item in ("1.0.0", "1.0.1"):
            await (await site.engine()).create("SupervisorServiceVersion", item, {"content": carvel(item)})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("life", LIVES, ids=[life.kind for life in LIVES])
def test_life(tmp_path: Path, life: Life, version: str) -> None:
    kind, plain, changes = life.kind, dict(life.plain), dict(life.changes)
    for path in [path for path, since in life.since.items() if Version(*VERSIONS[version][:2]) < since]:
        del changes[path]
        plain = changed(plain, path, None)

    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await prepare(site, life, version)
            engine, other = await site.engine(), await site.engine()
            await engine.create(kind, "x", plain)
            await engine.refresh(kind, "x")
            site.sent.clear()
            assert (await engine.diff(kind, "x", plain)).detailed_diff == {}
            assert site.sent == []

            for path, value in changes.items():
                different = changed(plain, path, value)
                answer = await engine.diff(kind, "x", different)
                assert answer.replaces == [], path
                assert answer.detailed_diff, path
                assert all(item.startswith(path) for item in answer.detailed_diff), answer.detailed_diff
                await engine.update(kind, "x", different)
                await engine.refresh(kind, "x")
                assert (await engine.diff(kind, "x", different)).detailed_diff == {}, path
                await engine.update(kind, "x", plain)
                await engine.refresh(kind, "x")
                assert (await engine.diff(kind, "x", plain)).detailed_diff == {}, path

            other.identifier = life.identifier
            assert await other.refresh(kind, "x") is not None
            imported = {**plain, **life.kept}
            result = (await other.diff(kind, "x", imported)).detailed_diff
            assert set(result) == life.unseen

            other.identifier = engine.identifier
            for path, value in changes.items():
                if path in life.unseen:
                    continue
                await other.update(kind, "x", changed(imported, path, value))
                await engine.refresh(kind, "x")
                drift = (await engine.diff(kind, "x", plain)).detailed_diff
                assert drift, path
                assert all(item.startswith(path) for item in drift), (path, drift)
                await engine.update(kind, "x", plain)
                await engine.refresh(kind, "x")
                assert (await engine.diff(kind, "x", plain)).detailed_diff == {}, path
                await other.refresh(kind, "x")

            await engine.delete(kind, "x")
            await engine.delete(kind, "x")
            state = await engine.refresh(kind, "x")
            assert (state is not None) == life.stays

    asyncio.run(body())
