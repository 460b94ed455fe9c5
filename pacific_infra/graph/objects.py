"""What each document becomes: objects of vCenter, of a Supervisor and of workload clusters, by their identities.

One table by kind. It says what the components declare, and besides what the makers of a kind make of it under a name
that is known beforehand, such as the Service of a VirtualMachineService.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pacific_infra.documents import (
    Controller,
    CrxWorkload,
    CustomResource,
    CustomResourceDefinition,
    Document,
    Estate,
    ExternalNamespace,
    Function,
    Manifests,
    Namespace,
    SupervisorCluster,
    VirtualMachine,
    VirtualMachineClass,
    WorkloadCluster,
)
from pacific_infra.documents.environment import has_secret_values
from pacific_infra.documents.source import Path
from pacific_infra.documents.storage_class import storage_class

VCENTER = "vCenter"
"""Where objects of vCenter lie, and their API group."""
PULUMI = "pulumi"
"""In place of an API group: a name of Pulumi's own."""
NAME: Path = ("metadata", "name")
CLUSTER_SECRETS = ("ca", "etcd", "kubeconfig", "proxy", "sa")
"""Ends of the names of the Secrets that Cluster API makes for a Cluster (util/secret/consts.go)."""


class DeclaredObject(NamedTuple):
    """One object that a document becomes."""

    server: str
    """Whose API it lies in: vCenter, WorkloadCluster/NAMESPACE/NAME, SupervisorCluster/NAME for what lies in no
    namespace of a Supervisor; empty for what lies in a vSphere Namespace, whose name is unique in the vCenter."""
    group: str
    """API group; empty for the core one."""
    kind: str
    namespace: str
    """Empty for what lies in none."""
    name: str
    path: Path = NAME
    """The field of the document that the name comes from."""
    maker: str = ""
    """Who makes it, where it is not declared itself but follows from what is."""
    content: str | None = None
    """What is behind it; two objects of one identity and one content are the same and no contradiction."""
    line: int | None = None
    """Line in the document's manifests, where it comes from one."""

    @property
    def identity(self) -> tuple[str, ...]:
        """What no two objects have in common."""
        return self[:5]

    @property
    def text(self) -> str:
        """Kind, namespace and name."""
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {name}" + (f" in {self.server}" if self.server.startswith("WorkloadCluster/") else "")


def declared_objects(document: Document, estate: Estate) -> Iterator[DeclaredObject]:
    """Every object that ``document`` becomes in ``estate``, of whose other documents it may take its surroundings.

    What somebody else owns (``external``) becomes none, but what Kubernetes makes in every namespace.
    """
    if document.kind == "Namespace":
        yield DeclaredObject("", "", "ServiceAccount", document.name, "default", NAME, "Kubernetes")
    if not document.external:
        yield from OBJECTS[document.kind](document, estate)


def all_objects(estate: Estate) -> Iterator[tuple[Document, DeclaredObject]]:
    """Every object that ``estate`` becomes, with its document."""
    for document in estate:
        for declared in declared_objects(document, estate):
            yield document, declared


def _inside(
    document: Document, group: str, kind: str, suffix: str = "", *, path: Path = NAME, maker: str = ""
) -> DeclaredObject:
    """An object of the document's namespace that is called like the document, with ``suffix``."""
    return DeclaredObject("", group, kind, document.namespace or "", document.name + suffix, path, maker)


def _pods(document: Document) -> DeclaredObject:
    """The pods behind the label that services, policies and budgets select by."""
    return _inside(document, "", "pods labelled app.kubernetes.io/name", maker="Kubernetes")


def _supervisor_of(document: Document, estate: Estate) -> str:
    namespace = _namespace_of(document, estate)
    return f"SupervisorCluster/{namespace.spec.supervisor}" if namespace else ""


def _denied_by_default(document: Document, estate: Estate) -> bool:
    namespace = _namespace_of(document, estate)
    return namespace is not None and namespace.denies_by_default


def _namespace_of(document: Document, estate: Estate) -> Namespace | ExternalNamespace | None:
    namespace = estate.by_id.get(f"Namespace/{document.namespace}")
    return namespace if isinstance(namespace, Namespace | ExternalNamespace) else None


def _supervisor_cluster(document: SupervisorCluster, _estate: Estate) -> Iterator[DeclaredObject]:
    yield DeclaredObject(VCENTER, VCENTER, "Supervisor", "", document.name)
    spec = document.spec
    if spec.cluster is not None:
        yield DeclaredObject(VCENTER, VCENTER, "Supervisor of cluster", "", spec.cluster, ("spec", "cluster"), VCENTER)
    for index, zone in enumerate(spec.zones or ()):
        yield DeclaredObject(VCENTER, VCENTER, "Supervisor of zone", "", zone, ("spec", "zones", index), VCENTER)


def _virtual_machine_class(document: VirtualMachineClass, _estate: Estate) -> Iterator[DeclaredObject]:
    yield DeclaredObject(VCENTER, VCENTER, "VirtualMachineClass", "", document.name)


def _namespace(document: Namespace, _estate: Estate) -> Iterator[DeclaredObject]:
    yield DeclaredObject(VCENTER, VCENTER, "Namespace", "", document.name)
    if document.denies_by_default:
        yield DeclaredObject("", "networking.k8s.io", "NetworkPolicy", document.name, "deny-by-default")
    supervisor = f"SupervisorCluster/{document.spec.supervisor}"
    for index, policy in enumerate(document.spec.storage_policies):
        path = ("spec", "storagePolicies", index, "name")
        name = storage_class(policy.name)
        yield DeclaredObject(supervisor, "storage.k8s.io", "StorageClass", "", name, path, VCENTER, policy.name)


def _crx_workload(document: CrxWorkload, estate: Estate) -> Iterator[DeclaredObject]:
    spec = document.spec
    stateful = spec.kind == "StatefulSet"
    yield _inside(document, "batch" if spec.is_job else "apps", spec.kind)
    yield _pods(document)
    yield from _volumes(document)
    if any(has_secret_values(container.environment) for container in (*spec.containers, *spec.init_containers)):
        yield _inside(document, "", "Secret", "-environment")
    if stateful:
        yield _inside(document, "", "Service", "-headless")
    if spec.service is not None:
        yield _inside(document, "", "Service")
        if _denied_by_default(document, estate):
            yield _inside(document, "networking.k8s.io", "NetworkPolicy")
    if spec.disruption_budget is not None:
        yield _inside(document, "policy", "PodDisruptionBudget")
    if spec.autoscaler is not None:
        yield _inside(document, "autoscaling", "HorizontalPodAutoscaler")


def _volumes(document: CrxWorkload) -> Iterator[DeclaredObject]:
    for index, volume in enumerate(document.spec.volumes):
        path = ("spec", "volumes", index, "name")
        if volume.holds_secrets:
            yield _inside(document, "", "Secret", f"-{volume.name}-files", path=path)
        elif volume.files is not None:
            yield _inside(document, "", "ConfigMap", f"-{volume.name}", path=path)
        if volume.claim is None:
            continue
        stateful = document.spec.kind == "StatefulSet"
        for ordinal in range(document.spec.most_pods) if stateful else (None,):
            end = f"-{volume.name}" if ordinal is None else f"-{volume.name}-{ordinal}"
            name = document.name + end if ordinal is None else f"{volume.name}-{document.name}-{ordinal}"
            yield DeclaredObject("", "", "PersistentVolumeClaim", document.namespace or "", name, path)
            # Pulumi's name of a replica's claim is another one, and must be unique too.
            yield _inside(document, PULUMI, "resource of a claim", end, path=path, maker="Pulumi")


def _virtual_machine(document: VirtualMachine, _estate: Estate) -> Iterator[DeclaredObject]:
    spec = document.spec
    yield _inside(document, "vmoperator.vmware.com", "VirtualMachine")
    if spec.cloud_init is not None:
        yield _inside(document, "", "Secret", "-user-data")
    for index, volume in enumerate(spec.volumes):
        yield _inside(document, "", "PersistentVolumeClaim", f"-{volume.name}", path=("spec", "volumes", index, "name"))
    if spec.service is not None:
        yield _inside(document, "vmoperator.vmware.com", "VirtualMachineService")
        yield _inside(document, "", "Service", maker="VM Operator")


def _controller(document: Controller, estate: Estate) -> Iterator[DeclaredObject]:
    spec = document.spec
    yield _inside(document, "apps", "Deployment")
    yield _pods(document)
    yield _inside(document, "", "ServiceAccount")
    if any(has_secret_values(container.environment) for container in spec.containers):
        yield _inside(document, "", "Secret", "-environment")
    for kind in ("Role", "RoleBinding"):
        if spec.scope == "Cluster":
            name = f"{document.namespace}-{document.name}"
            group = "rbac.authorization.k8s.io"
            yield DeclaredObject(_supervisor_of(document, estate), group, f"Cluster{kind}", "", name)
        else:
            yield _inside(document, "rbac.authorization.k8s.io", kind)
        if spec.leader_election:
            yield _inside(document, "rbac.authorization.k8s.io", kind, "-leader")


def _function(document: Function, estate: Estate) -> Iterator[DeclaredObject]:
    yield _inside(document, "serving.knative.dev", "Service")
    yield _inside(document, "", "Service", maker="Knative")
    if has_secret_values(document.spec.container.environment):
        yield _inside(document, "", "Secret", "-environment")
    if _denied_by_default(document, estate):
        yield _inside(document, "networking.k8s.io", "NetworkPolicy")
    for index, schedule in enumerate(document.spec.triggers.schedules):
        path = ("spec", "triggers", "schedules", index, "name")
        yield _inside(document, "sources.knative.dev", "PingSource", f"-{schedule.name}", path=path)


def _workload_cluster(document: WorkloadCluster, _estate: Estate) -> Iterator[DeclaredObject]:
    yield _inside(document, "cluster.x-k8s.io", "Cluster")
    for end in CLUSTER_SECRETS:
        yield _inside(document, "", "Secret", f"-{end}", maker="Cluster API")
    for group, kind in (("vmoperator.vmware.com", "VirtualMachineService"), ("", "Service")):
        yield _inside(document, group, kind, "-control-plane-service", maker="Cluster API")


def _definition(document: CustomResourceDefinition, _estate: Estate) -> Iterator[DeclaredObject]:
    spec = document.spec
    server, path = f"SupervisorCluster/{spec.supervisor}", ("spec", "manifest")
    name = f"{spec.names['plural']}.{spec.group}"
    yield DeclaredObject(server, "apiextensions.k8s.io", "CustomResourceDefinition", "", name, path)
    # Kubernetes does not serve a second definition with one of these names (its condition NamesAccepted).
    singular = spec.names.get("singular") or str(spec.names["kind"]).lower()
    for text in dict.fromkeys((singular, *(spec.names.get("shortNames") or ()))):
        yield DeclaredObject(server, spec.group, f"name of a resource in {spec.group}", "", text, path, "Kubernetes")
    kind = str(spec.names["kind"])
    yield DeclaredObject(server, spec.group, f"kind in {spec.group}", "", kind, path, "Kubernetes")


def _custom_resource(document: CustomResource, estate: Estate) -> Iterator[DeclaredObject]:
    definition = estate.by_id.get(f"CustomResourceDefinition/{document.spec.definition}")
    if isinstance(definition, CustomResourceDefinition):
        yield _inside(document, definition.spec.group, str(definition.spec.names["kind"]))


def _manifests(document: Manifests, _estate: Estate) -> Iterator[DeclaredObject]:
    server, path = f"WorkloadCluster/{document.namespace}/{document.spec.cluster}", ("spec", "manifests")
    for manifest in document.spec.listed:
        yield DeclaredObject(server, *manifest.identity, path, line=manifest.line)


OBJECTS: Mapping[str, Callable[[Any, Estate], Iterator[DeclaredObject]]] = {
    "SupervisorCluster": _supervisor_cluster,
    "VirtualMachineClass": _virtual_machine_class,
    "Namespace": _namespace,
    "CrxWorkload": _crx_workload,
    "VirtualMachine": _virtual_machine,
    "CustomResourceDefinition": _definition,
    "Controller": _controller,
    "CustomResource": _custom_resource,
    "Function": _function,
    "WorkloadCluster": _workload_cluster,
    "Manifests": _manifests,
}
"""The objects of each kind of document."""
