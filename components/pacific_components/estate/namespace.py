"""Document Namespace to arguments."""

import pulumi

from pacific_components.estate.given import annotations_of, given
from pacific_components.estate.namespace_network import networking_args
from pacific_components.estate.reservations import reservations_args
from pacific_components.supervisor_namespace import SupervisorNamespaceArgs
from pacific_components.vcenter import (
    AccessEntryArgs,
    NamespaceContentLibraryArgs,
    NamespaceZoneArgs,
    ResourceSpecArgs,
    StorageSpecArgs,
    VmServiceSpecArgs,
)
from pacific_infra.documents import Namespace, NamespaceSpec
from pacific_infra.documents.namespace import Access, LibraryAssociation, StoragePolicy
from pacific_infra.documents.namespace_network import NamespaceZone

_COUNTS = {
    "pods": "pod_count",
    "services": "service_count",
    "deployments": "deployment_count",
    "daemon_sets": "daemon_set_count",
    "replica_sets": "replica_set_count",
    "replication_controllers": "replication_controller_count",
    "stateful_sets": "stateful_set_count",
    "config_maps": "config_map_count",
    "secrets": "secret_count",
    "persistent_volume_claims": "persistent_volume_claim_count",
    "jobs": "job_count",
}
"""Fields of ObjectCounts as ResourceQuotaOptionsV1 calls them."""


def supervisor_namespace_args(document: Namespace, supervisor: pulumi.Input[str]) -> SupervisorNamespaceArgs:
    """Arguments of the component; ``supervisor`` is the Supervisor's identifier."""
    spec = document.spec
    args: SupervisorNamespaceArgs = {
        "name": document.name,
        "supervisor": supervisor,
        "deny_by_default": document.denies_by_default,
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    if spec.pod_security != "unmanaged":
        args["pod_security"] = spec.pod_security
    if spec.description is not None:
        args["description"] = spec.description
    resource_spec = _resource_spec(spec)
    if resource_spec:
        args["resource_spec"] = resource_spec
    _add_lists(args, spec)
    args |= networking_args(spec)
    if spec.adopt:
        args["adopt"] = True
    if spec.creator is not None:
        args["creator"] = {"subject": spec.creator.user, "domain": spec.creator.domain}
    return args


def _add_lists(args: SupervisorNamespaceArgs, spec: NamespaceSpec) -> None:
    """What is not named is not ours, so that an empty list is left out."""
    if spec.access:
        args["access_list"] = [_access(access) for access in spec.access]
    if spec.storage_policies:
        args["storage_specs"] = [_storage(policy) for policy in spec.storage_policies]
    if service := _vm_service(spec):
        args["vm_service_spec"] = service
    if spec.library_associations:
        args["content_libraries"] = [_library(library) for library in spec.library_associations]
    if spec.infrastructure_policies:
        args["infrastructure_policies"] = list(spec.infrastructure_policies)
    if spec.networks:
        args["networks"] = list(spec.networks)
    if spec.zones:
        args["zones"] = [_zone(zone) for zone in spec.zones]


def _resource_spec(spec: NamespaceSpec) -> ResourceSpecArgs:
    amounts = {
        "cpu_limit": spec.limits.cpu_mhz,
        "memory_limit": spec.limits.memory_mib,
        "storage_request_limit": spec.limits.storage_mib,
        "cpu_request_default": spec.defaults.cpu_request_mhz,
        "cpu_limit_default": spec.defaults.cpu_limit_mhz,
        "memory_request_default": spec.defaults.memory_request_mib,
        "memory_limit_default": spec.defaults.memory_limit_mib,
    }
    for field, name in _COUNTS.items():
        amounts[name] = getattr(spec.object_counts, field)
    args = ResourceSpecArgs()
    for name, amount in amounts.items():
        if amount is not None:
            args[name] = amount  # type: ignore[literal-required]
    return args


def _vm_service(spec: NamespaceSpec) -> VmServiceSpecArgs:
    args = VmServiceSpecArgs()
    if spec.virtual_machine_classes:
        args["vm_classes"] = list(spec.virtual_machine_classes)
    if spec.content_libraries:
        args["content_libraries"] = list(spec.content_libraries)
    return args


def _library(library: LibraryAssociation) -> NamespaceContentLibraryArgs:
    args: NamespaceContentLibraryArgs = {"content_library": library.name}
    if library.writable is not None:
        args["writable"] = library.writable
    if library.allow_import is not None:
        args["allow_import"] = library.allow_import
    if library.resource_naming_strategy is not None:
        args["resource_naming_strategy"] = library.resource_naming_strategy
    return args


def _zone(zone: NamespaceZone) -> NamespaceZoneArgs:
    args: NamespaceZoneArgs = {"name": zone.name}
    args |= given(
        cpu_limit_mhz=zone.limits.cpu_mhz,
        cpu_reservation_mhz=zone.reservations.cpu_mhz,
        memory_limit_mib=zone.limits.memory_mib,
        memory_reservation_mib=zone.reservations.memory_mib,
        vm_reservations=reservations_args(zone.virtual_machine_reservations),
        disallow_unreserved_direct_path_usage=zone.disallow_unreserved_direct_path_usage,
    )
    return args


def _access(access: Access) -> AccessEntryArgs:
    args: AccessEntryArgs = {
        "subject_type": access.subject_type,
        "subject": access.subject,
        "domain": access.domain,
        "role": access.role,
    }
    if access.identity_provider is not None:
        args["identity_provider"] = access.identity_provider
    return args


def _storage(policy: StoragePolicy) -> StorageSpecArgs:
    args: StorageSpecArgs = {"policy": policy.name}
    if policy.limit_mib is not None:
        args["limit"] = policy.limit_mib
    return args
