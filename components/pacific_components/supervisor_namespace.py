"""A vSphere Namespace with what the platform sets inside it."""

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict

import pulumi

from pacific_components import vcenter
from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component, DeletionPolicy
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject, Wire
from pacific_components.vcenter import (
    AccessEntryArgs,
    CreatorArgs,
    NamespaceArgs,
    NamespaceContentLibraryArgs,
    NamespaceEdgeArgs,
    NamespaceNetworkArgs,
    NamespaceZoneArgs,
    NetworkSpecArgs,
    ResourceSpecArgs,
    StorageSpecArgs,
    VmServiceSpecArgs,
)

DEADLINE = "20m"
"""Until vCenter has made the namespace RUNNING, or has removed it with all that was in it."""
POD_SECURITY_MODES = ("enforce", "audit", "warn")


class SupervisorNamespaceArgs(TypedDict):
    """Arguments of SupervisorNamespace: vCenter's own words and units, and what is set inside the namespace.

    There is no LimitRange to ask for: the Supervisor makes one from the defaults of ``resource_spec``.
    """

    name: NotRequired[str]
    """Name of the namespace, unique in the vCenter; default: the component's name."""
    supervisor: pulumi.Input[str]
    """Supervisor that it is on, by name or by identifier."""
    description: NotRequired[pulumi.Input[str]]
    """Free text, shown in vCenter."""
    resource_spec: NotRequired[pulumi.Input[ResourceSpecArgs]]
    """Limits, defaults and object counts (MHz, MiB, counts)."""
    access_list: NotRequired[pulumi.Input[Sequence[pulumi.Input[AccessEntryArgs]]]]
    """Who may do what."""
    storage_specs: NotRequired[pulumi.Input[Sequence[pulumi.Input[StorageSpecArgs]]]]
    """Storage policies with their limits (MiB)."""
    vm_service_spec: NotRequired[pulumi.Input[VmServiceSpecArgs]]
    """VM classes and image libraries."""
    content_libraries: NotRequired[pulumi.Input[Sequence[pulumi.Input[NamespaceContentLibraryArgs]]]]
    """Content libraries with their rights."""
    networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Workload networks, for Supervisors on vSphere networking only."""
    namespace_network: NotRequired[pulumi.Input[NamespaceNetworkArgs]]
    """Networks of its own in place of the Supervisor's, for Supervisors on NSX only."""
    network_spec: NotRequired[pulumi.Input[NetworkSpecArgs]]
    """Networking of the namespace: VPC or vSphere networks."""
    edges: NotRequired[pulumi.Input[Sequence[pulumi.Input[NamespaceEdgeArgs]]]]
    """Load balancer of its own, one at most."""
    zones: NotRequired[pulumi.Input[Sequence[pulumi.Input[NamespaceZoneArgs]]]]
    """vSphere Zones of the namespace with their limits and reservations."""
    infrastructure_policies: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Infrastructure policies (vCenter 9.1), by name."""
    creator: NotRequired[pulumi.Input[CreatorArgs]]
    """Who is taken for its creator; default: the user of the provider."""
    deny_by_default: NotRequired[bool]
    """True: pods take connections only where another NetworkPolicy says so. Plain, since it decides a resource."""
    pod_security: NotRequired[Literal["privileged", "baseline", "restricted"]]
    """Pod Security Standard to enforce: privileged, baseline or restricted. Plain, since it decides a resource."""
    adopt: NotRequired[bool]
    """Whether a namespace that is there and belongs to no stack is taken over; one of another stack never is."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Retain (default) leaves the namespace when the component goes, Delete deletes it with all that is in it."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: SupervisorNamespace/NAME."""
    labels: NotRequired[dict[str, str]]
    """Labels of the objects made in it."""
    annotations: NotRequired[dict[str, str]]
    """Annotations of the objects made in it."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class SupervisorNamespace(Component):
    """A vSphere Namespace, awaited until it is RUNNING, with its NetworkPolicy and Pod Security labels.

    The Kubernetes objects in it go through the ``kubernetes`` provider of the component's options.
    """

    name: pulumi.Output[str]
    """Name of the namespace, in vCenter and in Kubernetes."""
    supervisor: pulumi.Output[str]
    """The Supervisor that it is on."""
    config_status: pulumi.Output[str]
    """State in vCenter."""

    def __init__(self, name: str, args: SupervisorNamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(SupervisorNamespaceArgs, args, f"SupervisorNamespace {name}")
        super().__init__("pacific:index:SupervisorNamespace", name, args, opts)
        policy = args.get("deletion_policy", "Retain")
        self.resource = vcenter.Namespace(
            f"{name}-namespace", namespace_args(name, args), opts=self._child(deadline=DEADLINE)
        )
        self.name = self.resource.namespace
        self.supervisor = self.resource.supervisor
        self.config_status = self.resource.config_status

        # What is kept with its namespace keeps its rules; what is deleted with it needs no call of its own.
        inside: dict[str, Any] = {"delete_deadline": DELETE_DEADLINE, "retain": policy == "Retain"}
        if policy == "Delete":
            inside["deleted_with"] = self.resource
        if args.get("deny_by_default"):
            KubernetesObject(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                f"{name}-deny-by-default",
                metadata=self._metadata("deny-by-default", self.name),
                fields={"spec": deny_all_spec()},
                opts=self._child(**inside),
            )
        if "pod_security" in args:
            # A patch by a field manager of our own: the Supervisor keeps owning the Namespace.
            metadata = self._metadata(self.name)
            metadata["labels"] = pod_security_labels(args["pod_security"])
            KubernetesObject(
                "v1",
                "Namespace",
                f"{name}-pod-security",
                metadata=metadata,
                patch=True,
                opts=self._child(**inside),
            )

        self.register_outputs({"name": self.name, "supervisor": self.supervisor, "config_status": self.config_status})


def namespace_args(name: str, args: SupervisorNamespaceArgs) -> NamespaceArgs:
    """What of the component's arguments vCenter gets."""
    namespace: NamespaceArgs = {
        "name": args.get("name", name),
        "supervisor": args["supervisor"],
        "deletion_policy": args.get("deletion_policy", "Retain"),
    }
    for key in (
        "description",
        "resource_spec",
        "access_list",
        "storage_specs",
        "vm_service_spec",
        "content_libraries",
        "networks",
        "namespace_network",
        "network_spec",
        "edges",
        "zones",
        "infrastructure_policies",
        "creator",
        "adopt",
    ):
        if key in args:
            namespace[key] = args[key]
    return namespace


def deny_all_spec() -> Wire:
    """A NetworkPolicy that selects every pod and lets nothing in."""
    return {"podSelector": {}, "policyTypes": ["Ingress"]}


def pod_security_labels(level: str) -> dict[str, str]:
    """Pod Security Admission's labels of a namespace."""
    return {f"pod-security.kubernetes.io/{mode}": level for mode in POD_SECURITY_MODES}
