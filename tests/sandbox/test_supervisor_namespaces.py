"""What a vSphere Namespace is in Kubernetes, and what it uses."""

from typing import Any

from pacific_sandbox.control_plane_protocol import (
    AccessEntry,
    ContentLibrary,
    ContentLibraryItem,
    NamespaceDescription,
    NamespacePlacement,
    NamespaceUse,
    StoragePolicy,
    SupervisorDescription,
    VirtualMachineClass,
)
from pacific_sandbox.supervisor.namespace_objects import (
    namespace_contents,
    namespace_object,
    short_identifier,
    storage_class,
)
from pacific_sandbox.supervisor.namespaces import namespace_use

SUPERVISOR = SupervisorDescription("9f1c", "supervisor-01", "domain-c9", "cluster-01", "zone-1", "dc-01")
GOLD = StoragePolicy("aa6d5a82", "gold", "gold")
SILVER = StoragePolicy("bb7e6b93", "silver", "silver")


def described(**values: Any) -> NamespaceDescription:
    return NamespaceDescription("shop", NamespacePlacement("resgroup-443", "group-v444"), **values)


def contents(**values: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Each object by kind and name, without the zone that every namespace has."""
    objects = [namespace_content.body for namespace_content in namespace_contents(SUPERVISOR, described(**values))]
    result = {(body["kind"], body["metadata"]["name"]): body for body in objects}
    zone = result.pop(("Zone", "zone-1"))
    assert zone["spec"]["namespace"] == {"folderMoID": "group-v444", "poolMoIDs": ["resgroup-443"]}
    assert all(body["metadata"]["namespace"] == "shop" for body in result.values())
    return result


def test_the_namespace_says_where_it_lies_in_vcenter() -> None:
    namespace = namespace_object(SUPERVISOR, described(resource_spec={"cpu_limit": 50124, "memory_limit": 5000}))
    assert namespace["metadata"]["labels"]["vSphereClusterID"] == "domain-c9"
    assert namespace["metadata"]["annotations"] == {
        "vmware-system-resource-pool": "resgroup-443",
        "vmware-system-vm-folder": "group-v444",
        "vmware-system-resource-pool-cpu-limit": "25.0620",
        "vmware-system-resource-pool-memory-limit": "5000Mi",
    }


def test_without_limits_there_is_nothing_but_the_zone() -> None:
    assert contents() == {}
    annotations = namespace_object(SUPERVISOR, described())["metadata"]["annotations"]
    assert not any("limit" in name for name in annotations)


def test_counts_and_storage_become_a_quota() -> None:
    quota = contents(resource_spec={"pod_count": 60, "job_count": 0, "storage_request_limit": 10000, "cpu_limit": 500})
    assert quota[("ResourceQuota", "shop")]["spec"] == {
        "hard": {"count/pods": "60", "count/jobs.batch": "0", "requests.storage": "10000Mi"}
    }
    assert len(quota) == 1


def test_storage_policies_become_a_quota_of_their_own() -> None:
    result = contents(storage=[(GOLD, 204800), (SILVER, None)])
    assert result[("ResourceQuota", "shop-storagequota")]["spec"]["hard"] == {
        "gold.storageclass.storage.k8s.io/requests.storage": "204800Mi",
        "silver.storageclass.storage.k8s.io/requests.storage": "9223372036854775807",
    }
    assert result[("StoragePolicyQuota", "gold-storagepolicyquota")]["spec"] == {
        "storagePolicyId": "aa6d5a82",
        "limit": "204800Mi",
    }


def test_a_storage_class_names_its_policy() -> None:
    result = storage_class(GOLD)
    assert result["metadata"]["name"] == "gold"
    assert result["provisioner"] == "csi.vsphere.vmware.com"
    assert result["parameters"] == {"storagePolicyID": "aa6d5a82"}


def test_defaults_become_a_limit_range() -> None:
    result = contents(
        resource_spec={"cpu_request_default": 200, "memory_request_default": 256, "memory_limit_default": 1024}
    )
    assert result[("LimitRange", "shop")]["spec"] == {
        "limits": [
            {
                "type": "Container",
                "default": {"memory": "1024Mi"},
                "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
            }
        ]
    }


def test_access_becomes_role_bindings() -> None:
    entries = [
        AccessEntry("GROUP", "blue-developers", "vsphere.local", "OWNER"),
        AccessEntry("USER", "auditor", "vsphere.local", "VIEW"),
    ]
    result = contents(access=entries)
    owner = result[("RoleBinding", "wcp:shop:group:vsphere.local:blue-developers")]
    assert owner["roleRef"]["name"] == "edit"
    assert owner["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "sso:blue-developers@vsphere.local"}
    ]
    viewer = result[("RoleBinding", "wcp:shop:user:vsphere.local:auditor")]
    assert viewer["roleRef"]["name"] == "view"
    assert viewer["subjects"][0]["name"] == "sso:auditor@vsphere.local"


def test_a_class_keeps_its_size_and_reservations() -> None:
    classes = [VirtualMachineClass("guaranteed-small", 2, 4096, 100, 50), VirtualMachineClass("best-effort", 4, 8192)]
    result = contents(virtual_machine_classes=classes)
    guaranteed = result[("VirtualMachineClass", "guaranteed-small")]["spec"]
    assert guaranteed["hardware"] == {"cpus": 2, "memory": "4096Mi"}
    assert guaranteed["policies"] == {"resources": {"requests": {"cpu": "2", "memory": "2048Mi"}}}
    assert "policies" not in result[("VirtualMachineClass", "best-effort")]["spec"]


def test_images_are_named_as_vm_operator_names_them() -> None:
    # sha1("550e8400e29b41d4a716446655440000"), by sha1sum.
    item = ContentLibraryItem("550e8400-e29b-41d4-a716-446655440000", "debian-12", "debian12_64Guest")
    library = ContentLibrary("6ba7b810", "linux-images", [item])
    objects = namespace_contents(SUPERVISOR, described(content_libraries=[library]))
    image = next(entry for entry in objects if entry.body["kind"] == "VirtualMachineImage")
    assert image.body["metadata"]["name"] == "vmi-c377074d6473f35a9"
    assert image.status is not None
    assert image.status["name"] == "debian-12"
    assert image.status["conditions"][0]["type"] == "Ready"
    reference = image.body["spec"]["providerRef"]["name"]
    assert reference in {
        entry.body["metadata"]["name"] for entry in objects if entry.body["kind"] == "ContentLibraryItem"
    }


def test_short_identifiers_ignore_dashes() -> None:
    assert short_identifier("vmi", "ab-cd") == short_identifier("vmi", "abcd")


def container(cpu: str | None = None, memory: str | None = None) -> dict[str, Any]:
    requests = {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"resources": {"requests": requests}} if requests else {}


def test_use_is_what_runs_asks_for() -> None:
    running = {
        "spec": {
            "containers": [container("250m", "128Mi"), container("750m", "64Mi")],
            "initContainers": [container("100m", "512Mi")],
        },
        "status": {"phase": "Running"},
    }
    over = {"spec": {"containers": [container("4", "4Gi")]}, "status": {"phase": "Succeeded"}}
    unlimited = {"spec": {"containers": [container()]}}
    small = {"metadata": {"name": "small"}, "spec": {"hardware": {"cpus": 2, "memory": "4096Mi"}}}
    on = {"spec": {"className": "small"}, "status": {"powerState": "PoweredOn"}}
    off = {"spec": {"className": "small"}, "status": {"powerState": "PoweredOff"}}
    claim = {"spec": {"resources": {"requests": {"storage": "20Gi"}}}}
    use = namespace_use([running, over, unlimited], [on, off], [small], [claim, claim])
    assert use == NamespaceUse(cpu_used=2000 + 4000, memory_used=512 + 4096, storage_used=40960)
