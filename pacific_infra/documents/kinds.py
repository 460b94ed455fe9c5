"""The registry of kinds: what every layer knows of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Kind:
    """One kind of document. A new kind is a row of ``KINDS``, a model and a component (CONTRIBUTING, "Adding a kind").

    Models check references by this registry, so it names them and ``pacific_infra.documents.models`` imports them.
    """

    name: str
    module: str
    """The module of ``pacific_infra.documents`` that has its model, a class of the kind's name."""
    token: str | None = None
    """Type token of the Pulumi resource that a document of this kind becomes; None: it becomes none."""
    namespaced: bool = False
    """Whether its documents are in a vSphere Namespace."""
    replaces: tuple[str, ...] = ()
    """Kinds of Kubernetes that people write in place of a document of this kind."""
    may_be_external: bool = False
    """Whether somebody else may own it, so that it is only looked up (pacific_infra.documents.external)."""
    groups: bool = False
    """Whether its documents say which others belong together."""
    runs_pods: bool = False
    """Whether its documents have containers, so that people write fields of Kubernetes' pods in them."""
    opaque: bool = False
    """Whether its objects are of kinds of which nobody knows whether they hold data, so that all of them count."""
    resource: str = ""
    """Name of the resource ``pacific:vcenter:*`` that says its ``spec``, by the marks of its model; empty: there is
    no single one."""
    several_resources: bool = False
    """Whether its component makes several resources of vCenter, by the marks of parts of its ``spec``."""
    through_vsphere: bool = False
    """Whether its component makes resources of pulumi-vsphere, with the login at vCenter."""
    upgraded: Literal["before", "after"] | None = None
    """Whether its documents are upgraded before or after the Supervisor that they are on; None: it does not matter."""
    section: str = ""
    """Section of `pacific discover` that lists its objects; empty: none does."""
    stack_output: str = ""
    """Name of the stack's output that lists its documents by name."""
    governed: tuple[str, ...] = ()
    """Ends of the type tokens of the objects that its ``deletionPolicy`` is about."""
    folder: str = ""
    """Folder that ``pacific import`` writes its documents to."""
    outputs: tuple[str, ...] = ()
    """What another document can take from one of this kind."""
    secret_outputs: tuple[str, ...] = ()
    """Those of the outputs that are secret: a variable with one goes through a Kubernetes Secret."""
    service_outputs: tuple[str, ...] = ()
    """Those of the outputs that only a document with a ``service`` has."""
    output_trees: tuple[str, ...] = ()
    """Objects of which another document can take any field, as ``status.endpoint``; ``status.addresses.0`` is a list's
    first item."""
    first_guess: float = 30.0
    """Seconds that its creation is guessed to take until one has been measured. Nobody has measured these."""

    @property
    def in_vcenter(self) -> bool:
        """Whether its objects are vCenter's own, so that declaring it takes a login there."""
        return bool(self.resource) or self.several_resources or self.through_vsphere

    @property
    def is_resource(self) -> bool:
        """Whether its document becomes that one resource of vCenter, with no component around it."""
        return self.in_vcenter and self.token == f"pacific:vcenter:{self.resource}"

    @property
    def of_estate(self) -> bool:
        """Whether an estate consists of its documents; the others only say what is read."""
        return self.token is not None or self.groups

    @property
    def external_token(self) -> str | None:
        """Type token of the resource that an external document of this kind becomes: it is only read."""
        return f"pacific:index:External{self.name}" if self.may_be_external else None


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "SupervisorCluster",
            "supervisor_cluster",
            "pacific:index:SupervisorCluster",
            resource="Supervisor",
            may_be_external=True,
            stack_output="kubeconfigs",
            folder="supervisors",
            governed=("pacific:vcenter:Supervisor",),
            outputs=("endpoint",),
            first_guess=1500.0,
        ),
        Kind(
            "VirtualMachineClass",
            "virtual_machine_class",
            "pacific:vcenter:VirtualMachineClass",
            resource="VirtualMachineClass",
            section="virtual-machine-classes",
            may_be_external=True,
            stack_output="virtualMachineClasses",
            folder="virtual-machine-classes",
            outputs=("name",),
            first_guess=2.0,
        ),
        Kind(
            "StoragePolicy",
            "storage_policy",
            "pacific:index:StoragePolicy",
            section="storage-policies",
            through_vsphere=True,
            outputs=("name",),
            first_guess=5.0,
        ),
        Kind("SsoUser", "sso_user", "pacific:index:SsoUser", through_vsphere=True, outputs=("name",), first_guess=3.0),
        Kind(
            "SsoGroup", "sso_group", "pacific:index:SsoGroup", through_vsphere=True, outputs=("name",), first_guess=3.0
        ),
        Kind(
            "ContentLibrary",
            "content_library",
            "pacific:vcenter:ContentLibrary",
            resource="ContentLibrary",
            section="content-libraries",
            governed=("pacific:vcenter:ContentLibrary",),
            folder="content-libraries",
            first_guess=3.0,
        ),
        Kind(
            "ContainerImageRegistry",
            "container_image_registry",
            "pacific:vcenter:ContainerImageRegistry",
            resource="ContainerImageRegistry",
            folder="container-image-registries",
            first_guess=2.0,
        ),
        Kind(
            "Zone",
            "zone",
            "pacific:vcenter:Zone",
            resource="Zone",
            section="zones",
            folder="zones",
            first_guess=2.0,
        ),
        Kind(
            "NamespaceTemplate",
            "namespace_template",
            "pacific:vcenter:NamespaceTemplate",
            resource="NamespaceTemplate",
            folder="namespace-templates",
            first_guess=2.0,
        ),
        Kind(
            "SupervisorService",
            "supervisor_service",
            "pacific:index:SupervisorService",
            several_resources=True,
            upgraded="before",
            governed=("pacific:vcenter:SupervisorService",),
            outputs=("service", "version"),
            first_guess=120.0,
        ),
        Kind(
            "SupervisorUpgrade",
            "supervisor_upgrade",
            "pacific:vcenter:SupervisorUpgrade",
            resource="SupervisorUpgrade",
            first_guess=3600.0,
        ),
        Kind(
            "Namespace",
            "namespace",
            "pacific:index:SupervisorNamespace",
            resource="Namespace",
            may_be_external=True,
            stack_output="namespaces",
            folder="namespaces",
            governed=("pacific:vcenter:Namespace",),
            outputs=("name",),
            first_guess=20.0,
        ),
        Kind(
            "CrxWorkload",
            "crx_workload",
            "pacific:index:CrxWorkload",
            namespaced=True,
            runs_pods=True,
            governed=(":PersistentVolumeClaim", ":StatefulSet"),
            outputs=("address", "host", "name", "url"),
            service_outputs=("address", "host", "url"),
            first_guess=60.0,
        ),
        Kind(
            "VirtualMachine",
            "virtual_machine",
            "pacific:index:VirtualMachine",
            namespaced=True,
            governed=(":PersistentVolumeClaim", ":VirtualMachine"),
            outputs=("address", "name", "serviceAddress"),
            service_outputs=("serviceAddress",),
            first_guess=180.0,
        ),
        Kind(
            "VirtualMachineGroup",
            "virtual_machine_group",
            "pacific:index:VirtualMachineGroup",
            namespaced=True,
            outputs=("name",),
            first_guess=5.0,
        ),
        Kind(
            "VirtualMachineSnapshot",
            "virtual_machine_snapshot",
            "pacific:index:VirtualMachineSnapshot",
            namespaced=True,
            governed=(":VirtualMachineSnapshot",),
            outputs=("name",),
            first_guess=30.0,
        ),
        Kind(
            "VirtualMachinePublishRequest",
            "virtual_machine_publish_request",
            "pacific:index:VirtualMachinePublishRequest",
            namespaced=True,
            outputs=("image", "name"),
            first_guess=300.0,
        ),
        Kind(
            "CustomResourceDefinition",
            "custom_resource_definition",
            "pacific:index:CustomResourceDefinition",
            governed=(":CustomResourceDefinition",),
            outputs=("name",),
            first_guess=5.0,
        ),
        Kind(
            "Controller",
            "controller",
            "pacific:index:Controller",
            namespaced=True,
            runs_pods=True,
            outputs=("name",),
            first_guess=60.0,
        ),
        Kind(
            "CustomResource",
            "custom_resource",
            "pacific:index:CustomResource",
            namespaced=True,
            governed=("",),
            outputs=("name",),
            opaque=True,
            output_trees=("spec", "status"),
            first_guess=60.0,
        ),
        Kind(
            "Function",
            "function",
            "pacific:index:Function",
            namespaced=True,
            runs_pods=True,
            outputs=("internalUrl", "name", "url"),
            first_guess=60.0,
        ),
        Kind(
            "WorkloadCluster",
            "workload_cluster",
            "pacific:index:WorkloadCluster",
            namespaced=True,
            replaces=("Cluster", "TanzuKubernetesCluster"),
            governed=(":Cluster",),
            upgraded="after",
            outputs=("endpoint", "kubeconfig", "name"),
            secret_outputs=("kubeconfig",),
            first_guess=600.0,
        ),
        Kind(
            "ExternalSecret",
            "external_secret",
            "pacific:index:ExternalSecret",
            namespaced=True,
            outputs=("name",),
            first_guess=15.0,
        ),
        Kind(
            "Ingress",
            "ingress",
            "pacific:index:Ingress",
            namespaced=True,
            outputs=("address", "host", "name", "url"),
            first_guess=30.0,
        ),
        Kind(
            "HTTPRoute",
            "http_route",
            "pacific:index:HTTPRoute",
            namespaced=True,
            outputs=("address", "host", "name", "url"),
            first_guess=30.0,
        ),
        Kind("Manifests", "manifests", "pacific:index:Manifests", namespaced=True, governed=("",), first_guess=60.0),
        Kind("Application", "application", groups=True),
        Kind("Include", "includes"),
        Kind("Values", "values"),
        Kind("Template", "template"),
    )
}
"""Every kind of document by its name. Those without a token say what belongs together (Application) or what is read
(Include, Values, Template).

Outputs: endpoint is the address[:port] of the Kubernetes API of a Supervisor or cluster. name: the object's name.
host: DNS name of the Service inside the Supervisor; of a way in, the one that clients ask for. address: of a workload,
the Service's load balancer or cluster address; of a VM, its primary IPv4 address. serviceAddress: the load balancer or
cluster address of the VM's service. image: name of the VirtualMachineImage that a published VM has become. url:
http://address:first port; of a Function, the URL by which it is called. internalUrl: the URL of a Function inside the
Supervisor. kubeconfig: that of a cluster's administrator.
"""
VCENTER_KINDS = tuple(kind.name for kind in KINDS.values() if kind.token and not kind.namespaced)
"""Kinds whose documents become resources and are in no namespace."""
NAMESPACED_KINDS = tuple(kind.name for kind in KINDS.values() if kind.namespaced)
"""Kinds whose documents are in a vSphere Namespace."""
RESOURCE_KINDS = (*VCENTER_KINDS, *NAMESPACED_KINDS)
"""Kinds whose documents become resources."""
GROUPING_KINDS = tuple(kind.name for kind in KINDS.values() if kind.groups)
"""Kinds that another document can wait for, and that become no resource."""
DOCUMENT_KINDS = (*RESOURCE_KINDS, *(kind.name for kind in KINDS.values() if kind.token is None))
"""All that a file of documents may hold."""
