"""The resource of each kind of document.

A kind that becomes one resource of vCenter needs nothing here, nor does one whose component takes the document's own
fields, and its namespace where it is in one. Another one has a function, registered for the class of its documents.
"""

from functools import singledispatch
from typing import Any

import pulumi

import pacific_components
from pacific_components import vcenter
from pacific_components.controller import Controller
from pacific_components.custom_resource import CustomResource
from pacific_components.custom_resource_definition import CustomResourceDefinition
from pacific_components.estate.arguments import (
    component_arguments,
    custom_resource_arguments,
    manifests_arguments,
    namespace_arguments,
    routing_arguments,
)
from pacific_components.estate.declaration import Declaration
from pacific_components.estate.external import external_supervisor_args
from pacific_components.estate.login import login_args
from pacific_components.estate.sources import spec_with_values
from pacific_components.external import ExternalNamespace, ExternalSupervisorCluster, ExternalVirtualMachineClass
from pacific_components.manifests import Manifests
from pacific_components.plumbing import (
    ComponentPlumbing,
    ControllerPlumbing,
    NamespacedPlumbing,
    PodsPlumbing,
    SupervisorClusterPlumbing,
    SupervisorServicePlumbing,
    VirtualMachinePlumbing,
    WorkloadClusterPlumbing,
)
from pacific_components.supervisor_cluster import SupervisorCluster
from pacific_components.supervisor_namespace import SupervisorNamespace
from pacific_components.supervisor_service import SupervisorService
from pacific_components.values import resource_arguments
from pacific_components.virtual_machine import VirtualMachine
from pacific_components.workload_cluster import WorkloadCluster
from pacific_infra import documents
from pacific_infra.documents.kinds import KINDS
from pacific_infra.graph.machine_groups import power_state_of_group


def _name(document: documents.Document) -> str:
    """Logical name of its resource."""
    return document.id.partition("/")[2]


def _component(document: documents.Document) -> Any:
    """The class of its component, as the registry's token names it."""
    return getattr(pacific_components, str(KINDS[document.kind].token).rpartition(":")[2])


@singledispatch
def declare(document: documents.Document, estate: Declaration) -> pulumi.Resource:
    """Declare the resource of a document; those that it needs have been declared before."""
    if KINDS[document.kind].is_resource:
        return _resource_of_vcenter(document, estate)
    if document.namespace is None:
        arguments = component_arguments(ComponentPlumbing, document, estate.sources(document))
        of_vcenter: pulumi.Resource = _component(document)(_name(document), arguments, estate.opts(document))
        return of_vcenter
    namespace, sources = estate.namespace_name(document), estate.sources(document)
    arguments = component_arguments(NamespacedPlumbing, document, sources, namespace=namespace)
    resource: pulumi.Resource = _component(document)(_name(document), arguments, estate.opts_in_namespace(document))
    return resource


def _resource_of_vcenter(document: documents.Document, estate: Declaration) -> pulumi.Resource:
    """The one resource of vCenter that the document becomes, by its kind's table in ``lowering``."""
    spec = spec_with_values(document.spec, estate.sources(document))
    if document.supervisor is not None:
        spec = spec.model_copy(update={"supervisor": estate.supervisor(document).supervisor})
    arguments = resource_arguments(document.kind, document.name, spec)
    resource: pulumi.Resource = getattr(vcenter, KINDS[document.kind].resource)(
        _name(document), arguments, estate.opts(document)
    )
    return resource


@declare.register(documents.CrxWorkload)
@declare.register(documents.Function)
def _pods(document: documents.CrxWorkload | documents.Function, estate: Declaration) -> pulumi.Resource:
    namespace, denied = estate.namespace_name(document), estate.denies_by_default(document)
    arguments = component_arguments(
        PodsPlumbing,
        document,
        estate.sources(document),
        namespace=namespace,
        allow_ingress=denied,
        secret_versions=estate.secret_versions(document),
    )
    resource: pulumi.Resource = _component(document)(_name(document), arguments, estate.opts_in_namespace(document))
    return resource


@declare.register(documents.Ingress)
@declare.register(documents.HTTPRoute)
def _routing(document: documents.Ingress | documents.HTTPRoute, estate: Declaration) -> pulumi.Resource:
    namespace, denied = estate.namespace_name(document), estate.denies_by_default(document)
    known = estate.graph.estate.by_id
    arguments = routing_arguments(document, known, namespace, denied=denied)
    resource: pulumi.Resource = _component(document)(_name(document), arguments, estate.opts_in_namespace(document))
    return resource


@declare.register
def _supervisor_cluster(document: documents.SupervisorCluster, estate: Declaration) -> SupervisorCluster:
    assert estate.settings is not None  # noqa: S101 - login_errors has looked
    arguments: Any = component_arguments(
        SupervisorClusterPlumbing,
        document,
        estate.sources(document),
        kubernetes_plugin_version=estate.options.kubernetes_plugin_version,
        **login_args(estate.settings),
    )
    supervisor = SupervisorCluster(_name(document), arguments, estate.opts(document))
    estate.supervisors[document.name] = supervisor
    return supervisor


@declare.register
def _external_supervisor(
    document: documents.ExternalSupervisorCluster, estate: Declaration
) -> ExternalSupervisorCluster:
    options = estate.options
    arguments = external_supervisor_args(
        document, estate.settings, options.kubeconfig, estate.stacks, options.kubernetes_plugin_version
    )
    supervisor = ExternalSupervisorCluster(_name(document), arguments, estate.opts(document))
    estate.supervisors[document.name] = supervisor
    return supervisor


@declare.register
def _external_class(
    document: documents.ExternalVirtualMachineClass, estate: Declaration
) -> ExternalVirtualMachineClass:
    return ExternalVirtualMachineClass(_name(document), estate.opts(document))


@declare.register
def _namespace(document: documents.Namespace, estate: Declaration) -> SupervisorNamespace:
    arguments: Any = namespace_arguments(document, estate.supervisor(document).supervisor)
    namespace = SupervisorNamespace(_name(document), arguments, estate.opts(document, on_supervisor=True))
    estate.namespaces[document.name] = namespace
    estate.namespace_objects[document.name] = namespace.resource
    return namespace


@declare.register
def _external_namespace(document: documents.ExternalNamespace, estate: Declaration) -> ExternalNamespace:
    opts = estate.opts(document, on_supervisor=True)
    namespace = ExternalNamespace(_name(document), {"name": document.name, "node": document.id}, opts)
    estate.namespaces[document.name] = namespace
    return namespace


@declare.register
def _supervisor_service(document: documents.SupervisorService, estate: Declaration) -> SupervisorService:
    identifiers = {name: estate.supervisors[name].supervisor for name in document.spec.supervisors}
    arguments: Any = component_arguments(
        SupervisorServicePlumbing, document, estate.sources(document), supervisor_ids=identifiers
    )
    return SupervisorService(_name(document), arguments, estate.opts(document))


@declare.register
def _virtual_machine(document: documents.VirtualMachine, estate: Declaration) -> VirtualMachine:
    arguments: Any = component_arguments(
        VirtualMachinePlumbing,
        document,
        estate.sources(document),
        namespace=estate.namespace_name(document),
        group_power_state=power_state_of_group(document, estate.graph.estate),
    )
    return VirtualMachine(_name(document), arguments, estate.opts_in_namespace(document))


@declare.register
def _workload_cluster(document: documents.WorkloadCluster, estate: Declaration) -> WorkloadCluster:
    served = estate.options.clusters.get(document.id)
    namespace, sources = estate.namespace_name(document), estate.sources(document)
    as_served = {} if served is None else {"api_version": served.api_version, "keeps_release": served.keeps_release}
    arguments: Any = component_arguments(WorkloadClusterPlumbing, document, sources, namespace=namespace, **as_served)
    cluster = WorkloadCluster(_name(document), arguments, estate.opts_in_namespace(document))
    estate.clusters[document.id] = cluster
    return cluster


@declare.register
def _manifests(document: documents.Manifests, estate: Declaration) -> Manifests:
    """In a workload cluster: where that is deleted, what is in it needs no call of its own. In a vSphere Namespace each
    object is deleted by itself: a controller among them must see custom resources go, for their finalizers.
    """
    secret = estate.options.secret
    if document.guest_cluster is None:
        arguments: Any = manifests_arguments(document, secret, namespace=estate.namespace_name(document))
        return Manifests(_name(document), arguments, estate.opts(document, on_supervisor=True))
    cluster = estate.clusters[document.guest_cluster]
    deleted = estate.graph.document(document.guest_cluster).deletion_policy == "Delete"
    arguments = manifests_arguments(
        document,
        secret,
        cluster=f"{document.namespace}/{document.spec.cluster}",
        cluster_uid=cluster.uid,
        kubeconfig=cluster.kubeconfig,
        kubernetes_plugin_version=estate.options.kubernetes_plugin_version,
    )
    return Manifests(
        _name(document), arguments, estate.opts(document, deleted_with=cluster.resource if deleted else None)
    )


@declare.register
def _definition(document: documents.CustomResourceDefinition, estate: Declaration) -> CustomResourceDefinition:
    arguments: Any = component_arguments(ComponentPlumbing, document, estate.sources(document))
    return CustomResourceDefinition(_name(document), arguments, estate.opts(document, on_supervisor=True))


@declare.register
def _controller(document: documents.Controller, estate: Declaration) -> Controller:
    definitions = [estate.definition(name) for name in document.spec.definitions]
    arguments: Any = component_arguments(
        ControllerPlumbing,
        document,
        estate.sources(document),
        namespace=estate.namespace_name(document),
        definitions=tuple(str(definition.spec.content["metadata"]["name"]) for definition in definitions),
        secret_versions=estate.secret_versions(document),
    )
    return Controller(_name(document), arguments, estate.opts_in_namespace(document))


@declare.register
def _custom_resource(document: documents.CustomResource, estate: Declaration) -> CustomResource:
    arguments: Any = custom_resource_arguments(
        document,
        estate.definition(document.spec.definition),
        estate.namespace_name(document),
        estate.options.secret,
        read_live=document.id in estate.read_live,
    )
    # Never left to the namespace's deletion: its controller must see it go, for its finalizers.
    resource = CustomResource(_name(document), arguments, estate.opts(document, on_supervisor=True))
    estate.custom_resources[document.id] = resource
    return resource
