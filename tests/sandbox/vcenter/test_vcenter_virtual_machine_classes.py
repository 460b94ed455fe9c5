"""VM classes, and the catalogue of Supervisor Services."""

import base64
from typing import Any

import pytest

from tests.support.answer_bindings import read
from tests.support.vcenter_client import NAMESPACES, SUPERVISORS, VCenter

CLASSES = "/api/vcenter/namespace-management/virtual-machine-classes"
SERVICES = "/api/vcenter/namespace-management/supervisor-services"
INTERFACE = "vcenter.namespace_management:VirtualMachineClasses"
WEB = {"id": "web", "cpu_count": 2, "memory_MB": 4096, "cpu_reservation": 50, "description": "for the web"}
PACKAGE = """
apiVersion: data.packaging.carvel.dev/v1alpha1
kind: PackageMetadata
metadata: {name: backup.example.test}
spec: {displayName: Backup, shortDescription: Backs up.}
---
apiVersion: data.packaging.carvel.dev/v1alpha1
kind: Package
metadata: {name: backup.example.test.1.0.0}
spec: {refName: backup.example.test, version: 1.0.0}
"""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_vcenter_comes_with_sixteen_classes(vcenter: VCenter) -> None:
    classes = {item.id: item for item in read(INTERFACE, "list", vcenter.get(CLASSES))}
    assert len(classes) == 16
    best, guaranteed = classes["best-effort-xsmall"], classes["guaranteed-8xlarge"]
    assert (best.cpu_count, best.memory_mb, best.cpu_reservation) == (2, 2048, None)
    assert (guaranteed.cpu_count, guaranteed.memory_mb, guaranteed.memory_reservation) == (32, 131072, 100)


def test_a_class_is_created_changed_in_part_and_removed(vcenter: VCenter) -> None:
    vcenter.done("POST", CLASSES, WEB)
    assert vcenter.refused("POST", CLASSES, WEB)[:2] == (400, "ALREADY_EXISTS")
    vcenter.done("PATCH", f"{CLASSES}/web", {"memory_MB": 8192})
    info = vcenter.get(f"{CLASSES}/web")
    assert info == {**WEB, "memory_MB": 8192, "config_status": "READY", "namespaces": [], "vms": [], "messages": []}
    read(INTERFACE, "get", info)
    vcenter.done("PATCH", f"{CLASSES}/web", {"cpu_reservation": 0})
    assert vcenter.get(f"{CLASSES}/web")["cpu_reservation"] == 0
    vcenter.done("DELETE", f"{CLASSES}/web")
    assert vcenter.refused("GET", f"{CLASSES}/web")[:2] == (404, "NOT_FOUND")
    assert vcenter.refused("DELETE", f"{CLASSES}/web")[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"id": "Web"}, "Virtual machine class name 'Web' has to be a DNS-compliant name."),
        ({"cpu_count": 0}, "cpu_count has to be 1 or more."),
        ({"memory_MB": 4095}, "memory_MB has to be a positive multiple of 4."),
        ({"cpu_reservation": 101}, "cpu_reservation has to be between 0 and 100 percent."),
        (
            {"devices": {"vgpu_devices": [{"profile_name": "p"}]}},
            "memory_reservation has to be 100 percent with vGPU or DirectPath I/O devices.",
        ),
        ({"memory_mb": 4096}, "Unexpected field memory_mb"),
    ],
)
def test_a_wrong_class_is_refused(vcenter: VCenter, fields: dict[str, Any], text: str) -> None:
    refused = vcenter.refused("POST", CLASSES, {**WEB, **fields})
    assert refused[:2] == (400, "INVALID_ARGUMENT")
    assert refused[2].startswith(text)


def test_a_class_in_use_reaches_its_namespaces_and_is_removed_after_them(vcenter: VCenter) -> None:
    vcenter.done("POST", CLASSES, WEB)
    vcenter.create_namespace(vcenter.enable(), vm_service_spec={"vm_classes": ["web"]})
    assert vcenter.get(f"{CLASSES}/web")["namespaces"] == ["shop"]
    vcenter.done("PATCH", f"{CLASSES}/web", {"cpu_count": 6})
    vcenter.eventually(lambda: vcenter.plane.namespaces["shop"].virtual_machine_classes[0].cpu_count == 6)
    vcenter.done("DELETE", f"{CLASSES}/web")
    assert vcenter.get(f"{CLASSES}/web")["config_status"] == "REMOVING"
    assert vcenter.refused("PATCH", f"{CLASSES}/web", {"cpu_count": 8})[1] == "NOT_ALLOWED_IN_CURRENT_STATE"
    vcenter.done("PATCH", f"{NAMESPACES}/shop", {"vm_service_spec": {"vm_classes": []}})
    assert vcenter.refused("GET", f"{CLASSES}/web")[:2] == (404, "NOT_FOUND")


def test_a_service_is_registered_installed_and_removed(vcenter: VCenter) -> None:
    supervisor = vcenter.enable()
    content = encoded(PACKAGE)
    status, checked = vcenter.send("POST", SERVICES, {"spec": {"content": content}}, action="checkContent")
    assert (status, checked["status"]) == (200, "VALID")
    assert vcenter.send("POST", SERVICES, {"spec": {"content": "%"}}, action="checkContent")[1]["status"] == "INVALID"
    vcenter.done("POST", SERVICES, {"carvel_spec": {"version_spec": {"content": content}}})
    service = f"{SERVICES}/backup.example.test"
    version = f"{service}/versions/1.0.0"
    interface = "vcenter.namespace_management:SupervisorServices"
    assert read(interface, "get", vcenter.get(service)).display_name == "Backup"
    assert read(interface, "list", vcenter.get(SERVICES))[0].state == "ACTIVATED"
    result = vcenter.get(version)
    assert read("vcenter.namespace_management.supervisor_services:Versions", "get", result).content == content

    installed = f"{SUPERVISORS}/{supervisor}/supervisor-services"
    assert vcenter.refused("POST", installed, {"supervisor_service": "x", "version": "1"})[:2] == (404, "NOT_FOUND")
    vcenter.done("POST", installed, {"supervisor_service": "backup.example.test", "version": "1.0.0"})
    item = f"{installed}/backup.example.test"
    vcenter.eventually(lambda: vcenter.get(item)["config_status"] == "CONFIGURED")
    info = read("vcenter.namespace_management.supervisors:SupervisorServices", "get", vcenter.get(item))
    assert (info.current_version, info.service_namespace) == ("1.0.0", "svc-backup-domain-c1")
    vcenter.done("PATCH", version, action="deactivate")
    assert vcenter.refused("DELETE", version)[1] == "NOT_ALLOWED_IN_CURRENT_STATE"
    vcenter.done("DELETE", item)
    vcenter.wait_until_gone(item)
    assert vcenter.refused("DELETE", service)[1] == "NOT_ALLOWED_IN_CURRENT_STATE"
    vcenter.done("DELETE", version)
    vcenter.done("PATCH", service, action="deactivate")
    vcenter.done("DELETE", service)
    assert vcenter.get(SERVICES) == []
