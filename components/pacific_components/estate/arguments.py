"""Documents to arguments of their components: the document's own fields, with the values put in that it names."""

from collections.abc import Mapping
from typing import Any

import pulumi

from pacific_components.estate.login import login_args
from pacific_components.estate.sources import Sources, spec_with_values, with_values
from pacific_components.plumbing import (
    ComponentPlumbing,
    ControllerPlumbing,
    CustomResourcePlumbing,
    ManifestsFields,
    ManifestsPlumbing,
    NamespacedPlumbing,
    PodsPlumbing,
    RoutingPlumbing,
    SupervisorClusterPlumbing,
    SupervisorServicePlumbing,
    VirtualMachinePlumbing,
    WorkloadClusterPlumbing,
)
from pacific_components.validation import CheckedArguments
from pacific_components.workload_cluster import WorkloadCluster as WorkloadClusterComponent
from pacific_infra.declaration import Secret, ServedCluster
from pacific_infra.documents import (
    Controller,
    CrxWorkload,
    CustomResource,
    CustomResourceDefinition,
    Document,
    Function,
    Manifests,
    Namespace,
    SupervisorCluster,
    SupervisorService,
    VirtualMachine,
    WorkloadCluster,
)
from pacific_infra.documents.resource_secrets import resource_with_secrets, template_values
from pacific_infra.documents.routing import RoutingDocument
from pacific_infra.documents.stack_secret import SecretTemplate
from pacific_infra.documents.structural_schema import pruned
from pacific_infra.vcenter.settings import VCenterSettings

Arguments = CheckedArguments[Any, Any]


def supervisor_arguments(
    document: SupervisorCluster, settings: VCenterSettings, sources: Sources, plugin_version: str | None
) -> Arguments:
    """``settings``: the login that its kubeconfig renews itself with."""
    plumbing = _plumbing(
        SupervisorClusterPlumbing, document, kubernetes_plugin_version=plugin_version, **login_args(settings)
    )
    return CheckedArguments(plumbing, spec_with_values(document.spec, sources))


def namespace_arguments(document: Namespace, supervisor: pulumi.Input[str]) -> Arguments:
    """``supervisor``: the identifier of its Supervisor."""
    spec = document.spec.model_copy(update={"supervisor": supervisor})
    return CheckedArguments(_plumbing(ComponentPlumbing, document), spec)


def supervisor_service_arguments(
    document: SupervisorService, identifiers: Mapping[str, pulumi.Input[str]], sources: Sources
) -> Arguments:
    """``identifiers``: those of its Supervisors, by name."""
    plumbing = _plumbing(SupervisorServicePlumbing, document, supervisor_ids=identifiers)
    return CheckedArguments(plumbing, spec_with_values(document.spec, sources))


def pods_arguments(
    document: CrxWorkload | Function, namespace: pulumi.Input[str], sources: Sources, *, denied_by_default: bool
) -> Arguments:
    """``denied_by_default``: the namespace lets in only what a service names."""
    plumbing = _plumbing(PodsPlumbing, document, namespace=namespace, allow_ingress=denied_by_default)
    return CheckedArguments(plumbing, spec_with_values(document.spec, sources))


def namespaced_arguments(document: Document, namespace: pulumi.Input[str], sources: Sources) -> Arguments:
    """Of a component that takes the document's own fields and its namespace."""
    plumbing = _plumbing(NamespacedPlumbing, document, namespace=namespace)
    return CheckedArguments(plumbing, spec_with_values(document.spec, sources))


def cluster_arguments(
    document: WorkloadCluster, namespace: pulumi.Input[str], sources: Sources, served: ServedCluster | None
) -> Arguments:
    """``served``: how its Supervisor serves it; None: nobody knows yet."""
    as_served = {} if served is None else {"api_version": served.api_version, "keeps_release": served.keeps_release}
    plumbing = _plumbing(WorkloadClusterPlumbing, document, namespace=namespace, **as_served)
    return CheckedArguments(plumbing, spec_with_values(document.spec, sources))


def machine_arguments(
    document: VirtualMachine, namespace: pulumi.Input[str], sources: Sources, group_power_state: str | None
) -> Arguments:
    """``group_power_state``: that of its group, where it has one."""
    plumbing = _plumbing(VirtualMachinePlumbing, document, namespace=namespace, group_power_state=group_power_state)
    return CheckedArguments(plumbing, spec_with_values(document.spec, sources))


def routing_arguments(
    document: RoutingDocument, documents: Mapping[str, Document], namespace: pulumi.Input[str], *, denied: bool
) -> Arguments:
    """``documents``: all of the estate by id. ``denied``: the namespace lets in only what is named."""
    routes = list(document.routes)
    for backend in document.backends():
        index = int(backend.path[-1])
        target = documents[backend.target]
        port = backend.service_port(target)
        assert port is not None  # noqa: S101 - the graph refuses a service or port that is not there
        routes[index] = routes[index].model_copy(update={"service": target.name, "port": port.port})
    pods = tuple(document.routed_pods(documents)) if denied else ()
    spec = document.spec.model_copy(update={"routes": tuple(routes)})
    return CheckedArguments(_plumbing(RoutingPlumbing, document, namespace=namespace, pods=pods), spec)


def definition_arguments(document: CustomResourceDefinition) -> Arguments:
    """Its object has the manifest's name."""
    return CheckedArguments(_plumbing(ComponentPlumbing, document), document.spec)


def controller_arguments(
    document: Controller,
    definitions: list[CustomResourceDefinition],
    namespace: pulumi.Input[str],
    sources: Sources,
) -> Arguments:
    """``definitions`` are those that the document names."""
    names = tuple(str(definition.spec.content["metadata"]["name"]) for definition in definitions)
    plumbing = _plumbing(ControllerPlumbing, document, namespace=namespace, definitions=names)
    return CheckedArguments(plumbing, spec_with_values(document.spec, sources))


def custom_resource_arguments(
    document: CustomResource,
    definition: CustomResourceDefinition,
    namespace: pulumi.Input[str],
    secret: Secret,
    *,
    read_live: bool,
) -> Arguments:
    """``read_live``: whether another document takes a value of its spec or status."""
    spec = document.spec
    version = spec.version or definition.spec.storage_version
    fields = pruned(resource_with_secrets(document, definition), definition.spec.schema_of(version))
    plumbing = _plumbing(
        CustomResourcePlumbing,
        document,
        namespace=namespace,
        api_version=f"{definition.spec.group}/{version}",
        kind=str(definition.spec.names["kind"]),
        read_live=read_live,
        has_conditions=definition.spec.has_conditions(version),
    )
    return CheckedArguments(plumbing, spec.model_copy(update={"resource": with_values(fields, secret)}))


def manifests_arguments(
    document: Manifests,
    place: WorkloadClusterComponent | pulumi.Input[str],
    secret: Secret,
    plugin_version: str | None,
) -> Arguments:
    """``place``: where the objects lie, a cluster or the vSphere Namespace of this name."""
    spec = document.spec
    objects: list[Mapping[str, Any]] = list(spec.objects)
    if isinstance(spec.manifests, SecretTemplate):
        objects = with_values(template_values(objects), secret)
    if isinstance(place, WorkloadClusterComponent):
        lies_in: dict[str, Any] = {
            "cluster": f"{document.namespace}/{spec.cluster}",
            "cluster_uid": place.uid,
            "kubeconfig": place.kubeconfig,
            "kubernetes_plugin_version": plugin_version,
        }
    else:
        lies_in = {"namespace": place}
    fields = ManifestsFields.model_construct(
        **{name: getattr(spec, name) for name in ManifestsFields.model_fields if name != "manifests"},
        manifests=tuple(objects),
    )
    return CheckedArguments(_plumbing(ManifestsPlumbing, document, **lies_in), fields)


def _plumbing(model: type[ComponentPlumbing], document: Document, **fields: Any) -> ComponentPlumbing:
    metadata = document.metadata
    return model.model_construct(
        name=document.name, labels=metadata.labels, annotations=metadata.annotations, node=document.id, **fields
    )
