"""``pacific:vcenter:Namespace``: a vSphere Namespace with all of its governance.

Follows ``namespaces.Instances.CreateSpecV2`` and ``UpdateSpec`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from pacific_infra.provider.models.model import (
    ADOPT,
    NAME_PATTERN,
    V8_0_2,
    V9_0,
    V9_1,
    Meta,
    Model,
    RuleBroken,
    described,
)
from pacific_infra.provider.models.namespace_network import NamespaceEdge, NamespaceNetwork, NetworkSpec


class ResourceSpec(Model):
    """Limits, defaults and object counts of the namespace (ResourceQuotaOptionsV1)."""

    cpu_limit: int | None = described("Limit of all CPU use, in MHz; at least 10.", default=None, ge=10)
    cpu_limit_default: int | None = described("CPU limit of a container that names none, in MHz.", default=None, ge=10)
    cpu_request_default: int | None = described(
        "CPU request of a container that names none, in MHz.", default=None, ge=10
    )
    memory_limit: int | None = described("Limit of all memory use, in MiB.", default=None, ge=1)
    memory_limit_default: int | None = described(
        "Memory limit of a container that names none, in MiB.", default=None, ge=1
    )
    memory_request_default: int | None = described(
        "Memory request of a container that names none, in MiB.", default=None, ge=1
    )
    storage_request_limit: int | None = described("Limit of all storage requests, in MiB.", default=None, ge=0)
    pod_count: int | None = described("Most pods there may be, a count.", default=None, ge=0)
    service_count: int | None = described("Most Services there may be, a count.", default=None, ge=0)
    deployment_count: int | None = described("Most Deployments there may be, a count.", default=None, ge=0)
    daemon_set_count: int | None = described("Most DaemonSets there may be, a count.", default=None, ge=0)
    replica_set_count: int | None = described("Most ReplicaSets there may be, a count.", default=None, ge=0)
    replication_controller_count: int | None = described(
        "Most ReplicationControllers there may be, a count.", default=None, ge=0
    )
    stateful_set_count: int | None = described("Most StatefulSets there may be, a count.", default=None, ge=0)
    config_map_count: int | None = described("Most ConfigMaps there may be, a count.", default=None, ge=0)
    secret_count: int | None = described("Most Secrets there may be, a count.", default=None, ge=0)
    persistent_volume_claim_count: int | None = described(
        "Most PersistentVolumeClaims there may be, a count.", default=None, ge=0
    )
    job_count: int | None = described("Most Jobs there may be, a count.", default=None, ge=0)


class AccessEntry(Model):
    """Who may do what in the namespace."""

    subject_type: Literal["USER", "GROUP"] = described("Whether the subject is a user or a group.")
    subject: str = described("Name of the user or group, without its domain.", min_length=1)
    domain: str = described("Domain of the subject, for example vsphere.local.", min_length=1)
    role: Literal["OWNER", "EDIT", "VIEW"] = described("Role; OWNER only for subjects of vCenter Single Sign-On.")
    identity_provider: str | None = described(
        "Identifier of the external identity provider that knows the subject; absent: vCenter Single Sign-On.",
        default=None,
    )

    @model_validator(mode="after")
    def _owner_is_of_single_sign_on(self) -> Self:
        if self.role == "OWNER" and self.identity_provider is not None:
            raise RuleBroken(
                "role",
                "got 'OWNER', which is only for subjects of vCenter Single Sign-On; allowed with identityProvider: "
                "EDIT, VIEW",
            )
        return self


class StorageSpec(Model):
    """A storage policy that the namespace may use."""

    policy: Annotated[str, Meta(reference="storage policy")] = described(
        "Storage policy, by name or by profile identifier.", min_length=1
    )
    limit: Annotated[int | None, Meta(always=True)] = described(
        "Limit of storage under this policy, in MiB; absent: none.", default=None, ge=0
    )


class VmServiceSpec(Model):
    """What the VM Service offers in the namespace."""

    vm_classes: Annotated[list[str] | None, Meta(key=("",), reference="VM class")] = described(
        "VM classes that VMs of the namespace may use, by name.", default=None
    )
    content_libraries: Annotated[list[str] | None, Meta(key=("",), reference="content library")] = described(
        "Content libraries whose images VMs of the namespace may use, by name or by identifier.", default=None
    )


class NamespaceContentLibrary(Model):
    """A content library attached to the namespace."""

    content_library: Annotated[str, Meta(reference="content library")] = described(
        "Content library, by name or by identifier.", min_length=1
    )
    writable: bool | None = described("Whether VMs may be published into it.", default=None)
    allow_import: Annotated[bool | None, Meta(since=V9_0)] = described(
        "Whether images may be imported into it.", default=None
    )
    resource_naming_strategy: Annotated[Literal["FROM_ITEM_ID", "PREFER_ITEM_SOURCE_ID"] | None, Meta(since=V9_0)] = (
        described("How the names of its images in Kubernetes are made.", default=None)
    )


class VirtualMachineReservation(Model):
    """Reserved capacity for a number of VMs of one class."""

    reserved_vm_class: Annotated[str, Meta(reference="VM class")] = described("VM class, by name.", min_length=1)
    count: int = described("Number of VMs that are reserved, a count.", ge=0)


class NamespaceZone(Model):
    """A vSphere Zone of the namespace with its share of it."""

    name: Annotated[str, Meta(reference="zone")] = described("Name of the zone.", min_length=1)
    cpu_limit_mhz: Annotated[int | None, Meta(wire="cpu_limit_MHz")] = described(
        "Limit of CPU use in the zone, in MHz; at least 10.", default=None, ge=10
    )
    cpu_reservation_mhz: Annotated[int | None, Meta(wire="cpu_reservation_MHz")] = described(
        "CPU that is reserved in the zone, in MHz.", default=None, ge=0
    )
    memory_limit_mib: Annotated[int | None, Meta(wire="memory_limit_MiB")] = described(
        "Limit of memory use in the zone, in MiB.", default=None, ge=1
    )
    memory_reservation_mib: Annotated[int | None, Meta(wire="memory_reservation_MiB")] = described(
        "Memory that is reserved in the zone, in MiB.", default=None, ge=0
    )
    vm_reservations: Annotated[list[VirtualMachineReservation] | None, Meta(key=("reserved_vm_class",))] = described(
        "Reserved VMs by class.", default=None
    )
    disallow_unreserved_direct_path_usage: bool | None = described(
        "True: only VMs of a reserved class may use passed-through devices.", default=None
    )


class Creator(Model):
    """Who is taken for the namespace's creator."""

    subject: str = described("Name of the user, without its domain.", min_length=1)
    domain: str = described("Domain of the user, for example vsphere.local.", min_length=1)


class NamespaceInputs(Model):
    """A vSphere Namespace: limits, object counts, storage, VM classes, content libraries, roles, networks and zones."""

    name: Annotated[str, Meta(wire="namespace", replace=True)] = described(
        "Name, an RFC 1123 label of 63 characters at most, unique in the vCenter; absent: the resource's own name.",
        pattern=NAME_PATTERN,
    )
    supervisor: Annotated[str, Meta(replace=True, reference="Supervisor")] = described(
        "Supervisor that it is on, by name or by identifier.", min_length=1
    )
    description: str | None = described("Free text, shown in vCenter.", default=None)
    resource_spec: ResourceSpec | None = described("Limits, defaults and object counts.", default=None)
    access_list: Annotated[
        list[AccessEntry] | None, Meta(key=("subject_type", "subject", "domain", "identity_provider"))
    ] = described("Who may do what; entries that vCenter adds by itself are left alone.", default=None)
    storage_specs: Annotated[list[StorageSpec] | None, Meta(key=("policy",))] = described(
        "Storage policies with their limits.", default=None
    )
    vm_service_spec: VmServiceSpec | None = described("VM classes and image libraries.", default=None)
    content_libraries: Annotated[list[NamespaceContentLibrary] | None, Meta(key=("content_library",), since=V8_0_2)] = (
        described("Content libraries with their rights.", default=None)
    )
    networks: Annotated[list[str] | None, Meta(key=("",), replace_before=V9_1)] = described(
        "Workload networks by identifier, for Supervisors on vSphere networking only; "
        "fixed at creation before vCenter 9.1.",
        default=None,
    )
    namespace_network: Annotated[NamespaceNetwork | None, Meta(replace=True, write_only=True)] = described(
        "Networks of its own in place of the Supervisor's, for Supervisors on NSX only.", default=None
    )
    network_spec: Annotated[NetworkSpec | None, Meta(since=V9_0)] = described(
        "Networking of the namespace: VPC or vSphere networks.", default=None
    )
    edges: Annotated[list[NamespaceEdge] | None, Meta(key=("id",), since=V9_1)] = described(
        "Load balancer of its own, one at most.", default=None, max_length=1
    )
    zones: Annotated[list[NamespaceZone] | None, Meta(key=("name",), since=V9_0)] = described(
        "vSphere Zones of the namespace with their limits and reservations.", default=None, min_length=1
    )
    infrastructure_policies: Annotated[
        list[str] | None, Meta(key=("",), since=V9_1, reference="infrastructure policy")
    ] = described("Infrastructure policies, by name.", default=None)
    creator: Annotated[Creator | None, Meta(replace=True)] = described(
        "Who is taken for its creator; absent: the user of the provider.", default=None
    )
    adopt: Annotated[bool | None, Meta(local=True, at_creation=True)] = described(ADOPT, default=None)
    deletion_policy: Annotated[Literal["Delete", "Retain"], Meta(local=True)] = described(
        "What deleting the resource does: Delete removes the namespace with all that is in it, Retain leaves it.",
        default="Retain",
    )

    @model_validator(mode="after")
    def _name_is_not_reserved(self) -> Self:
        if self.name.startswith("vmware-system"):
            raise RuleBroken("name", f"got {self.name!r}; a namespace's name must not begin with vmware-system")
        return self


class NamespaceStats(Model):
    """What the namespace uses now."""

    cpu_used: int = described("CPU in use, in MHz.", default=0)
    memory_used: int = described("Memory in use, in MiB.", default=0)
    storage_used: int = described("Storage in use, in MiB.", default=0)


class NamespaceOutputs(Model):
    """What vCenter adds to a namespace."""

    namespace: str = described("Name of the namespace in vCenter and in Kubernetes.")
    config_status: str = described("State: CONFIGURING, REMOVING, RUNNING or ERROR.")
    stats: NamespaceStats = described("What it uses now.")
    inherited_access: list[AccessEntry] = described("Access entries that vCenter has added by itself.")
