"""The Kubernetes objects of a vSphere Namespace, from its description. Pure.

Names, keys and annotations as a Supervisor has them: the dump of a 1.21 Supervisor in VMware's published conformance
results, and the custom resources of VM Operator 1.10 (v1alpha5).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pacific_sandbox.control_plane_protocol import (
    AccessEntry,
    ContentLibrary,
    NamespaceDescription,
    StoragePolicy,
    SupervisorDescription,
    VirtualMachineClass,
)
from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor import resources
from pacific_sandbox.supervisor.quantities import CORE_MHZ, cores

OWNER_LABEL = "app.kubernetes.io/managed-by"
OWNER = "wcp"
"""Value of the owner label on everything that vCenter puts into a namespace."""

_UNLIMITED = str(2**63 - 1)
_COUNTS = {
    "pod_count": "count/pods",
    "service_count": "count/services",
    "deployment_count": "count/deployments.apps",
    "daemon_set_count": "count/daemonsets.apps",
    "replica_set_count": "count/replicasets.apps",
    "replication_controller_count": "count/replicationcontrollers",
    "stateful_set_count": "count/statefulsets.apps",
    "config_map_count": "count/configmaps",
    "secret_count": "count/secrets",
    "persistent_volume_claim_count": "count/persistentvolumeclaims",
    "job_count": "count/jobs.batch",
}
_ROLES = {"OWNER": "edit", "EDIT": "edit", "VIEW": "view"}

KINDS = (
    resources.RESOURCE_QUOTAS,
    resources.LIMIT_RANGES,
    resources.ROLE_BINDINGS,
    resources.STORAGE_POLICY_QUOTAS,
    resources.ZONES,
    resources.VIRTUAL_MACHINE_CLASSES,
    resources.CONTENT_LIBRARIES,
    resources.CONTENT_LIBRARY_ITEMS,
    resources.VIRTUAL_MACHINE_IMAGES,
)
"""Resources in which objects of a namespace are deleted once they are no longer described."""


@dataclass(frozen=True)
class DesiredObject:
    """An object to be applied, and the status that a controller of VMware's would write."""

    resource: Resource
    body: Object
    status: Object | None = None
    """Without its times: the conditions get the object's time of creation."""


def namespace_object(supervisor: SupervisorDescription, namespace: NamespaceDescription) -> Object:
    """The Namespace itself, with the labels and annotations that say where it is in vCenter."""
    annotations = {
        "vmware-system-resource-pool": namespace.placement.resource_pool,
        "vmware-system-vm-folder": namespace.placement.folder,
    }
    if (cpu := namespace.resource_spec.get("cpu_limit")) is not None:
        annotations["vmware-system-resource-pool-cpu-limit"] = f"{cpu / CORE_MHZ:.4f}"  # cores, not MHz
    if (memory := namespace.resource_spec.get("memory_limit")) is not None:
        annotations["vmware-system-resource-pool-memory-limit"] = f"{memory}Mi"
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": namespace.name,
            "labels": {"vSphereClusterID": supervisor.cluster, OWNER_LABEL: OWNER},
            "annotations": annotations,
        },
    }


def namespace_contents(supervisor: SupervisorDescription, namespace: NamespaceDescription) -> Sequence[DesiredObject]:
    """Everything that vCenter puts into the namespace."""
    return [
        *_quotas(namespace),
        *_limit_range(namespace),
        *(_role_binding(namespace.name, entry) for entry in namespace.access),
        _zone(supervisor, namespace),
        *(_virtual_machine_class(namespace.name, machine_class) for machine_class in namespace.virtual_machine_classes),
        *(item for library in namespace.content_libraries for item in _content_library(namespace.name, library)),
    ]


def storage_class(policy: StoragePolicy) -> Object:
    """The StorageClass that stands for a storage policy."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": policy.storage_class, "labels": {OWNER_LABEL: OWNER}},
        "provisioner": "csi.vsphere.vmware.com",
        "parameters": {"storagePolicyID": policy.policy},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
    }


def short_identifier(prefix: str, identifier: str) -> str:
    """VM Operator's name for an object of vCenter: the first 17 digits of the SHA-1 of its UUID without dashes."""
    digest = hashlib.sha1(identifier.replace("-", "").encode(), usedforsecurity=False).hexdigest()
    return f"{prefix}-{digest[:17]}"


def _object(api_version: str, kind: str, namespace: str, name: str, **parts: Object | list[Object]) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": {OWNER_LABEL: OWNER}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


def _quotas(namespace: NamespaceDescription) -> Iterator[DesiredObject]:
    spec = namespace.resource_spec
    hard = {key: str(spec[count]) for count, key in _COUNTS.items() if spec.get(count) is not None}
    if spec.get("storage_request_limit") is not None:
        hard["requests.storage"] = f"{spec['storage_request_limit']}Mi"
    if hard:
        yield _quota(namespace.name, namespace.name, hard)
    if namespace.storage:
        suffix = "storageclass.storage.k8s.io/requests.storage"
        hard = {
            f"{policy.storage_class}.{suffix}": _UNLIMITED if limit is None else f"{limit}Mi"
            for policy, limit in namespace.storage
        }
        yield _quota(namespace.name, f"{namespace.name}-storagequota", hard)
    for policy, limit in namespace.storage:
        body = _object(
            "cns.vmware.com/v1alpha2",
            "StoragePolicyQuota",
            namespace.name,
            f"{policy.storage_class}-storagepolicyquota",
            spec={"storagePolicyId": policy.policy, "limit": _UNLIMITED if limit is None else f"{limit}Mi"},
        )
        yield DesiredObject(resources.STORAGE_POLICY_QUOTAS, body)


def _quota(namespace: str, name: str, hard: dict[str, str]) -> DesiredObject:
    body = _object("v1", "ResourceQuota", namespace, name, spec={"hard": hard})
    return DesiredObject(resources.RESOURCE_QUOTAS, body)


def _limit_range(namespace: NamespaceDescription) -> Iterator[DesiredObject]:
    spec = namespace.resource_spec
    limits: dict[str, str] = {}
    requests: dict[str, str] = {}
    if (cpu := spec.get("cpu_limit_default")) is not None:
        limits["cpu"] = cores(cpu)
    if (memory := spec.get("memory_limit_default")) is not None:
        limits["memory"] = f"{memory}Mi"
    if (cpu := spec.get("cpu_request_default")) is not None:
        requests["cpu"] = cores(cpu)
    if (memory := spec.get("memory_request_default")) is not None:
        requests["memory"] = f"{memory}Mi"
    if limits or requests:
        limit: Object = {"type": "Container"}
        limit |= {"default": limits} if limits else {}
        limit |= {"defaultRequest": requests} if requests else {}
        body = _object("v1", "LimitRange", namespace.name, namespace.name, spec={"limits": [limit]})
        yield DesiredObject(resources.LIMIT_RANGES, body)


def _role_binding(namespace: str, entry: AccessEntry) -> DesiredObject:
    kind = "User" if entry.subject_type == "USER" else "Group"
    group = "rbac.authorization.k8s.io"
    body = _object(
        f"{group}/v1",
        "RoleBinding",
        namespace,
        f"wcp:{namespace}:{kind.lower()}:{entry.domain}:{entry.subject}",
        roleRef={"apiGroup": group, "kind": "ClusterRole", "name": _ROLES[entry.role]},
        subjects=[{"apiGroup": group, "kind": kind, "name": f"sso:{entry.subject}@{entry.domain}"}],
    )
    return DesiredObject(resources.ROLE_BINDINGS, body)


def _zone(supervisor: SupervisorDescription, namespace: NamespaceDescription) -> DesiredObject:
    place = {
        "folderMoID": namespace.placement.folder,
        "poolMoIDs": [namespace.placement.resource_pool],
    }
    reference = {"apiVersion": resources.AVAILABILITY_ZONES.api_version, "name": supervisor.zone}
    body = _object(
        resources.ZONES.api_version,
        "Zone",
        namespace.name,
        supervisor.zone,
        spec={"availabilityZoneReference": reference, "namespace": place, "managedVMs": place, "vSpherePods": place},
    )
    return DesiredObject(resources.ZONES, body)


def _virtual_machine_class(namespace: str, machine_class: VirtualMachineClass) -> DesiredObject:
    spec: Object = {
        "controllerName": "vmoperator.vmware.com/vsphere",
        "description": machine_class.description,
        "hardware": {"cpus": machine_class.cpu_count, "memory": f"{machine_class.memory}Mi"},
    }
    requests: dict[str, str] = {}
    if machine_class.cpu_reservation:
        requests["cpu"] = cores(machine_class.cpu_count * CORE_MHZ * machine_class.cpu_reservation / 100)
    if machine_class.memory_reservation:
        requests["memory"] = f"{machine_class.memory * machine_class.memory_reservation // 100}Mi"
    if requests:
        spec["policies"] = {"resources": {"requests": requests}}
    api_version = resources.VIRTUAL_MACHINE_CLASSES.api_version
    body = _object(api_version, "VirtualMachineClass", namespace, machine_class.name, spec=spec)
    return DesiredObject(resources.VIRTUAL_MACHINE_CLASSES, body)


def _content_library(namespace: str, library: ContentLibrary) -> Iterator[DesiredObject]:
    library_name = short_identifier("cl", library.identifier)
    registry = resources.CONTENT_LIBRARIES.api_version
    yield DesiredObject(
        resources.CONTENT_LIBRARIES,
        _object(
            registry,
            "ContentLibrary",
            namespace,
            library_name,
            spec={"id": library.identifier, "libraryType": "ContentLibrary", "allowPublish": library.writable},
        ),
        {"name": library.name, "state": "Active", "conditions": [_READY]},
    )
    for item in library.items:
        item_name = short_identifier("clitem", item.identifier)
        item_status = {"name": item.name, "type": "OVF", "cached": True, "conditions": [_READY]}
        spec = {"id": item.identifier, "libraryName": library_name}
        yield DesiredObject(
            resources.CONTENT_LIBRARY_ITEMS,
            _object(registry, "ContentLibraryItem", namespace, item_name, spec=spec),
            item_status,
        )
        reference = {"apiVersion": registry, "kind": "ContentLibraryItem", "name": item_name}
        image = _object(
            resources.VIRTUAL_MACHINE_IMAGES.api_version,
            "VirtualMachineImage",
            namespace,
            short_identifier("vmi", item.identifier),
            spec={"providerRef": reference},
        )
        image["metadata"]["labels"] |= {f"vmicl.vmoperator.vmware.com/{library_name}": ""}
        yield DesiredObject(
            resources.VIRTUAL_MACHINE_IMAGES,
            image,
            {
                "name": item.name,
                "providerItemID": item.identifier,
                "type": "OVF",
                "firmware": "efi",
                "osInfo": {"id": item.guest},
                "disks": [{"name": "disk0", "limit": f"{item.disk}Mi", "requested": f"{item.disk}Mi"}],
                "capabilities": ["cloud-init"],
                "conditions": [_READY],
            },
        )


_READY: Object = {"type": "Ready", "status": "True", "reason": "True", "message": ""}
