"""A Supervisor that runs, read into documents: what the program asks for by them is without a difference."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.documents.lowering import properties_of
from pacific_infra.errors import PacificError
from pacific_infra.importing.files import texts, write
from pacific_infra.importing.reading import read_estate
from pacific_infra.importing.scan import SupervisorScan
from pacific_infra.importing.workloads import read_workloads, workloads
from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.engine import EngineLog
from pacific_infra.provider.ownership import ClusterMarks, Owner
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.carvel import carvel
from tests.support.needs import HAS_FILE_LIMIT, LINUX
from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR, USER, VERSIONS, Site, simulated
from tests.support.vcenter_resources import FULL, REGISTRY, TEMPLATE
from tests.support.wire_double import PASSWORD

MANAGED = Owner("estate/dev")
SETTINGS: dict[str, Any] = {
    **FULL,
    "workloads": {
        **FULL["workloads"],
        "images": {
            **FULL["workloads"]["images"],
            "contentLibraries": [{"contentLibrary": "linux-images"}],
            "kubernetesContentLibrary": "linux-images",
        },
        "storage": {"ephemeralStoragePolicy": "gold", "imageStoragePolicy": "Silver Store"},
    },
}
PROXY = {"proxySettingsSource": "CLUSTER_CONFIGURED", "httpsProxyConfig": "http://proxy.example.com:3128"}
GPU: dict[str, Any] = {
    "cpuCount": 1,
    "memoryMib": 1024,
    "memoryReservation": 100,
    "devices": {
        "vgpuDevices": [{"profileName": "grid_t4-8q"}],
        "dynamicDirectPathIoDevices": [{"vendorId": 0x10DE, "deviceId": 0x1EB8, "customLabel": "inference"}],
    },
    "instanceStorage": {"policy": "Silver Store", "volumes": [{"size": 2048}]},
    "configSpec": {
        "_typeName": "VirtualMachineConfigSpec",
        "latencySensitivity": {"_typeName": "LatencySensitivity", "level": "high"},
    },
}
EDGED: dict[str, Any] = {
    "supervisor": "supervisor-01",
    "edges": [{"id": "edge-1", "edgeProvider": "NSX_REGISTERED_AVI", "avi": {"seGroupName": "blue"}}],
}
SHOP: dict[str, Any] = {
    "supervisor": "supervisor-01",
    "description": "The web shop",
    "resourceSpec": {
        "cpuLimit": 4000,
        "cpuRequestDefault": 150,
        "memoryLimit": 8193,
        "memoryLimitDefault": 1024,
        "storageRequestLimit": 2048,
        "podCount": 60,
        "jobCount": 0,
    },
    "accessList": [
        {"subjectType": "GROUP", "subject": "blue", "domain": "vsphere.local", "role": "EDIT"},
        {"subjectType": "USER", "subject": "auditor", "domain": "vsphere.local", "role": "VIEW"},
    ],
    "storageSpecs": [{"policy": "gold", "limit": 1000}, {"policy": "Silver Store"}],
    "vmServiceSpec": {"vmClasses": ["best-effort-small", "tiny"], "contentLibraries": ["linux-images"]},
    "contentLibraries": [{"contentLibrary": "linux-images", "writable": True}],
    "networks": ["primary"],
}


def settings(version: str) -> dict[str, Any]:
    """All that vCenter shows of a Supervisor, by its version."""
    plane = {**SETTINGS["controlPlane"], "network": {**SETTINGS["controlPlane"]["network"], "proxy": PROXY}}
    result = {**SETTINGS, "controlPlane": plane}
    if version != "8.0.3":
        reserved = {"zone": "hall-2", "vmReservations": [{"reservedVmClass": "gpu", "count": 2}]}
        edge = {"id": "edge-1", "provider": "VSPHERE_FOUNDATION"}
        result |= {"vspherePodsEnabled": True, "zoneBindings": [reserved]}
        result["workloads"] = {**result["workloads"], "edge": edge}
    if version == "9.1":
        storage = {**SETTINGS["workloads"]["storage"], "fileVolumesEnabled": True}
        libraries = [{"contentLibrary": "linux-images", "supervisorServices": ["kubernetes.vmware.com"]}]
        images = {**SETTINGS["workloads"]["images"], "contentLibraries": libraries}
        result["workloads"] |= {"images": images, "storage": storage}
        result["controlPlane"] = {**plane, "enableNamespaceApiFairness": False}
    return result


async def populated(site: Site, version: str) -> None:
    """A Supervisor with one of everything, made by a user's own program in the stack estate/other."""

    async def make(kind: str, name: str, values: dict[str, Any]) -> None:
        await (await site.engine("other")).create(kind, name, values)

    for name, values in (("gpu", GPU), ("tiny", {"cpuCount": 1, "memoryMib": 1000, "cpuReservation": 20})):
        await make("VirtualMachineClass", name, values)
        await site.by_hand.patch(f"{MANAGEMENT}/virtual-machine-classes/{name}", {"description": ""})
    await make("Zone", "hall-2", {"name": "hall-2", "clusters": ["cluster-02"]})
    await make("Supervisor", "supervisor-01", settings(version))
    await ClusterMarks(site.by_hand).release(["domain-c1"], Owner("estate/other"))
    shop = dict(SHOP)
    if version == "9.1":
        policy = {"policy": "gpu-hosts", "enforcement_mode": "MANDATORY"}
        await site.by_hand.post(f"{MANAGEMENT}/infrastructure-policies", policy)
        shop["infrastructurePolicies"] = ["gpu-hosts"]
        await make("Namespace", "edged", EDGED)
        await site.by_hand.patch("/vcenter/namespaces/instances/edged", {"description": ""})
    for name, values in (("shop", shop), ("theirs", {"supervisor": "supervisor-01", "description": "Other"})):
        await make("Namespace", name, values)
    await site.by_hand.patch("/vcenter/namespaces/instances/shop", {"description": "The web shop"})
    await make("SupervisorServiceVersion", "v", {"content": carvel("1.0.0")})
    service = {"supervisor": "supervisor-01", "supervisorService": "harbor.example.com", "version": "1.0.0"}
    await make("SupervisorService", "harbor", service)
    await make("ContainerImageRegistry", "mirror", REGISTRY)
    await make(
        "ContainerImageRegistry", "open", {**REGISTRY, "name": "open", "imageRegistry": {"hostname": "open.test"}}
    )
    await make("NamespaceTemplate", "team", TEMPLATE)


async def found_on(site: Site, supervisor: str | None = "supervisor-01") -> SupervisorScan:
    configuration = Configuration(server="vcenter.test", username=USER, password=PASSWORD)
    return await read_estate(Session(configuration, EngineLog(None), lambda _: site.by_hand), supervisor, MANAGED)


@pytest.mark.parametrize("version", VERSIONS)
def test_documents_of_what_is_there_are_without_a_difference(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await populated(site, version)
            result = await found_on(site)
            assert result.inexpressible == ()
            assert [*result.identifiers] == [
                "SupervisorCluster/supervisor-01",
                "VirtualMachineClass/gpu",
                "VirtualMachineClass/tiny",
                *(["Namespace/edged"] if version == "9.1" else []),
                "Namespace/shop",
                "ContainerImageRegistry/open",
                "NamespaceTemplate/team",
            ]
            folder = tmp_path / "documents"
            write(folder, texts(result), overwrite=False)
            write(folder, texts(await found_on(site)), overwrite=False)
            for document in load_estate([folder]).documents:
                engine = await site.engine()
                engine.identifier = result.identifiers[document.id]
                kind = {"SupervisorCluster": "Supervisor"}.get(document.kind, document.kind)
                await engine.refresh(kind, document.name)
                site.sent.clear()
                answer = await engine.diff(kind, document.name, properties_of(document))
                assert (answer.detailed_diff, site.sent) == ({}, []), document.id
            remarks = result.importable[0].remarks
            named = "" if version == "8.0.3" else " (edge-1 of VSPHERE_FOUNDATION)"
            assert remarks[1].startswith(f"UNMANAGED: the load balancer that it has{named} stays as it is. ")
            text = (folder / "namespaces" / "shop.yaml").read_text()
            assert text.startswith("# vCenter's own entries of its access list are left alone: group ")

    asyncio.run(body())


def test_what_is_left_is_listed_with_its_reason(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await populated(site, "9.1")
            result = await found_on(site, None)
            assert [(item.subject, item.reason) for item in result.skipped[:1]] == [
                ("Namespace theirs", "the stack estate/other has created it"),
            ]
            text = texts(result)[Path("supervisors/supervisor-01.left.md")]
            for command in (
                "SupervisorService harbor.example.com supervisor-01/harbor.example.com",
                "SupervisorServiceVersion harbor.example.com-1.0.0 harbor.example.com/1.0.0",
                "ContainerImageRegistry mirror supervisor-01/mirror",
                "Zone domain-c1 domain-c1",
            ):
                assert f"`pulumi import pacific:vcenter:{command}`" in text
            assert "`pulumi import pacific:vcenter:Namespace theirs" not in text

    asyncio.run(body())


def test_a_supervisor_that_is_not_there_or_not_the_only_one(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            with pytest.raises(PacificError) as caught:
                await found_on(site, "supervisor-01")
            assert str(caught.value) == "no such Supervisor in vCenter: got 'supervisor-01'; allowed: none"
            await (await site.engine()).create("Supervisor", "one", SUPERVISOR)
            await (await site.engine()).create("Supervisor", "two", {**SUPERVISOR, "cluster": "cluster-02"})
            with pytest.raises(PacificError) as caught:
                await found_on(site, None)
            assert str(caught.value) == (
                "2 Supervisors in vCenter: allowed: one, two; fix: name one with --from-supervisor"
            )

    asyncio.run(body())


def test_a_supervisor_of_another_stack_is_not_imported(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await (await site.engine("other")).create("Supervisor", "supervisor-01", SUPERVISOR)
            with pytest.raises(PacificError) as caught:
                await found_on(site)
            assert str(caught.value) == (
                "the Supervisor supervisor-01 belongs to estate/other: fix: where that stack gives it up, remove the "
                "tag estate/other of its cluster in vCenter, then import it"
            )

    asyncio.run(body())


def test_workloads_inside_are_listed() -> None:
    answers: dict[str, dict[str, Any]] = {
        "/apis/vmoperator.vmware.com": {"preferredVersion": {"version": "v1alpha5"}},
        "/apis/apps/v1/namespaces/shop/deployments": {
            "items": [{"metadata": {"name": item}} for item in ("web", "api")]
        },
        "/apis/vmoperator.vmware.com/v1alpha5/namespaces/shop/virtualmachines": {
            "items": [{"metadata": {"name": "vm"}}]
        },
    }
    read: Callable[[str], Any] = answers.get
    assert [workload.subject for workload in workloads(read, ["shop", "empty"])] == [
        "Deployment shop/api",
        "Deployment shop/web",
        "VirtualMachine shop/vm",
    ]
    nowhere = VCenterSettings(server="127.0.0.1:1", username="a", password="b")
    ((left),) = read_workloads("127.0.0.1:1", nowhere, ["shop"])
    assert left.subject == "The contents of the namespaces"
    assert left.reason.startswith("it cannot be read: the Supervisor 127.0.0.1:1 cannot be reached: ")


def test_files_of_ones_own_are_not_written_over(tmp_path: Path) -> None:
    supervisor_scan = SupervisorScan("s", (), ())
    write(tmp_path, texts(supervisor_scan), overwrite=False)
    file = tmp_path / "supervisors" / "s.left.md"
    assert file.read_text().endswith("\nNothing.\n")
    file.write_text("mine")
    with pytest.raises(PacificError) as caught:
        write(tmp_path, texts(supervisor_scan), overwrite=False)
    assert str(caught.value) == (
        f"{tmp_path}: 1 of the files exist already with different text: got 'supervisors/s.left.md'; fix: keep yours "
        "somewhere else, or overwrite them: --overwrite"
    )
    write(tmp_path, texts(supervisor_scan), overwrite=True)
    assert file.read_text() != "mine"


@LINUX.unless(HAS_FILE_LIMIT)
def test_a_document_is_never_there_in_part(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not on every system

    file, umask = Path("namespaces/shop.yaml"), os.umask(0o027)
    os.umask(umask)
    write(tmp_path, {file: "old"}, overwrite=False)
    assert (tmp_path / file).stat().st_mode & 0o777 == 0o666 & ~umask
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, limits[1]))
    try:
        with pytest.raises(PacificError, match="the documents cannot be written"):
            write(tmp_path, {file: "longer than the disk takes"}, overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / file).read_text() == "old"
    assert [path.name for path in (tmp_path / file).parent.iterdir()] == ["shop.yaml"]
