"""From the graph of documents to Pulumi resources: one for each document, in topological order, longest way first."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from pacific_components import vcenter
from pacific_components.controller import Controller
from pacific_components.crx_workload import CrxWorkload
from pacific_components.custom_resource import CustomResource
from pacific_components.custom_resource_definition import CustomResourceDefinition
from pacific_components.estate.arguments import (
    controller_arguments,
    custom_resource_arguments,
    definition_arguments,
    machines_arguments,
    manifests_arguments,
    namespace_arguments,
    pods_arguments,
    supervisor_arguments,
)
from pacific_components.estate.external import Stacks, external_supervisor_args
from pacific_components.estate.live_values import live_value
from pacific_components.estate.login import login_args
from pacific_components.estate.sources import Sources
from pacific_components.external import ExternalNamespace, ExternalSupervisorCluster, ExternalVirtualMachineClass
from pacific_components.function import Function
from pacific_components.manifests import Manifests
from pacific_components.provider import Provider, ProviderArgs
from pacific_components.supervisor_cluster import SupervisorCluster
from pacific_components.supervisor_namespace import SupervisorNamespace
from pacific_components.values import resource_arguments
from pacific_components.virtual_machine import VirtualMachine
from pacific_components.workload_cluster import WorkloadCluster
from pacific_infra import documents
from pacific_infra.declaration import EstateOptions
from pacific_infra.documents.environment import OutputReference
from pacific_infra.documents.kinds import target_of
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.critical_path import longest_first
from pacific_infra.graph.external import login_errors
from pacific_infra.graph.outputs import taken_outputs
from pacific_infra.graph.stack_secrets import holds_secrets
from pacific_infra.vcenter.settings import VCenterSettings

PROVIDER_NAME = "vcenter"
"""Logical name of the provider of ``pacific:vcenter:*``."""

MadeSupervisor = SupervisorCluster | ExternalSupervisorCluster
MadeNamespace = SupervisorNamespace | ExternalNamespace
Made = (
    MadeSupervisor
    | vcenter.VirtualMachineClass
    | ExternalVirtualMachineClass
    | MadeNamespace
    | CrxWorkload
    | VirtualMachine
    | CustomResourceDefinition
    | Controller
    | CustomResource
    | Function
    | WorkloadCluster
    | Manifests
)
"""What documents become."""


_COMPONENTS: Mapping[str, Callable[..., Made]] = {
    component.__name__: component
    for component in (
        Controller,
        CrxWorkload,
        CustomResource,
        CustomResourceDefinition,
        Function,
        Manifests,
        VirtualMachine,
        WorkloadCluster,
    )
}
"""By the kind of their documents."""


def declare_estate(
    graph: DependencyGraph, settings: VCenterSettings | None, options: EstateOptions | None = None
) -> dict[str, pulumi.Output[Any]]:
    """Declare every document of ``graph``; returns the stack's outputs.

    ``settings``: None where the stack has no login at vCenter. ``kubeconfigs`` (secret) and ``endpoints`` by Supervisor
    and by NAMESPACE/NAME of workload clusters, ``addresses`` of workloads and VMs and ``urls`` of workloads and
    functions by node id without its kind, ``namespaces`` with their Supervisor, ``virtualMachineClasses``. Raises
    PacificErrors for documents that need a login where there is none.
    """
    options = options or EstateOptions()
    estate = _Declaration(graph, settings, options)
    # The engine begins what can begin in the order in which it hears of it.
    for node in longest_first(graph, {node: options.duration(node) for node in graph.order}):
        estate.declare(graph.document(node))
    return estate.outputs()


def provider_args(settings: VCenterSettings, wait_timeout: int | None) -> ProviderArgs:
    """The provider's arguments for the vCenter of ``settings``."""
    args: ProviderArgs = login_args(settings)
    if wait_timeout is not None:
        args["wait_timeout"] = wait_timeout
    return args


class _Declaration:
    """The resources of one estate while they are being declared."""

    def __init__(self, graph: DependencyGraph, settings: VCenterSettings | None, options: EstateOptions) -> None:
        self._graph = graph
        self._settings = settings
        self._options = options
        self._made: dict[str, Made] = {}
        self._read_live = {taken.source for taken in taken_outputs(graph.estate) if "." in taken.output}
        self._stacks = Stacks()
        if settings is not None:
            self._vcenter = [Provider(PROVIDER_NAME, provider_args(settings, options.wait_timeout))]
        elif errors := list(login_errors(graph.estate, kubeconfig=options.kubeconfig is not None)):
            raise PacificErrors(errors)
        else:
            self._vcenter = []

    def declare(self, document: documents.Document) -> None:
        """Declare one document; those that it needs have been declared before."""
        self._made[document.id] = self._resource(document)

    def _resource(self, document: documents.Document) -> Made:
        name = document.id.partition("/")[2]
        match document:
            case documents.SupervisorCluster() | documents.ExternalSupervisorCluster():
                return self._supervisor_cluster(document, name)
            case documents.VirtualMachineClass() | documents.ExternalVirtualMachineClass():
                return self._virtual_machine_class(document, name)
            case documents.Namespace() | documents.ExternalNamespace():
                return self._supervisor_namespace(document, name)
            case (
                documents.CrxWorkload()
                | documents.Function()
                | documents.VirtualMachine()
                | documents.WorkloadCluster()
            ):
                return self._workload(document, name)
            case documents.CustomResourceDefinition() | documents.Controller() | documents.CustomResource():
                return self._custom(document, name)
            case documents.Manifests():
                return self._manifests(document, name)
        raise TypeError(f"no component for {document.kind}")

    def _supervisor_cluster(
        self, document: documents.SupervisorCluster | documents.ExternalSupervisorCluster, name: str
    ) -> MadeSupervisor:
        options, settings = self._options, self._settings
        version = options.kubernetes_plugin_version
        if isinstance(document, documents.ExternalSupervisorCluster):
            args = external_supervisor_args(document, settings, options.kubeconfig, self._stacks, version)
            return ExternalSupervisorCluster(name, args, self._opts(document))
        assert settings is not None  # noqa: S101 - login_errors has looked
        arguments: Any = supervisor_arguments(document, settings, self._sources(document), version)
        return SupervisorCluster(name, arguments, self._opts(document))

    def _virtual_machine_class(
        self, document: documents.VirtualMachineClass | documents.ExternalVirtualMachineClass, name: str
    ) -> vcenter.VirtualMachineClass | ExternalVirtualMachineClass:
        if isinstance(document, documents.ExternalVirtualMachineClass):
            return ExternalVirtualMachineClass(name, self._opts(document))
        return vcenter.VirtualMachineClass(
            name, resource_arguments(document.kind, document.name, document.spec), self._opts(document)
        )

    def _supervisor_namespace(
        self, document: documents.Namespace | documents.ExternalNamespace, name: str
    ) -> MadeNamespace:
        supervisor = self._supervisor(document)
        opts = self._opts(document, supervisor)
        if isinstance(document, documents.ExternalNamespace):
            return ExternalNamespace(name, {"name": document.name, "node": document.id}, opts)
        arguments: Any = namespace_arguments(document, supervisor.supervisor)
        return SupervisorNamespace(name, arguments, opts)

    def _workload(
        self,
        document: documents.CrxWorkload | documents.Function | documents.VirtualMachine | documents.WorkloadCluster,
        name: str,
    ) -> Made:
        """Of what runs in a namespace."""
        spec, namespace = self._namespace(document)
        opts = self._opts_inside(document, spec, namespace)
        component = _COMPONENTS[document.kind]
        sources = self._sources(document)
        if isinstance(document, documents.VirtualMachine | documents.WorkloadCluster):
            return component(name, machines_arguments(document, namespace.name, sources), opts)
        denied = spec.denies_by_default
        return component(name, pods_arguments(document, namespace.name, sources, denied_by_default=denied), opts)

    def _manifests(self, document: documents.Manifests, name: str) -> Made:
        """Of what runs in a workload cluster: where that is deleted, what is in it needs no call of its own."""
        node = f"WorkloadCluster/{document.namespace}/{document.spec.cluster}"
        cluster, made = self._graph.document(node), self._made[node]
        assert isinstance(cluster, documents.WorkloadCluster)  # noqa: S101 - its id says so
        assert isinstance(made, WorkloadCluster)  # noqa: S101
        options: dict[str, Any] = {}
        if cluster.spec.deletion_policy == "Delete":
            options["deleted_with"] = made.resource
        args = manifests_arguments(document, made, self._options.secret, self._options.kubernetes_plugin_version)
        return _COMPONENTS["Manifests"](name, args, self._opts(document, **options))

    def _custom(
        self,
        document: documents.CustomResourceDefinition | documents.Controller | documents.CustomResource,
        name: str,
    ) -> Made:
        """Of kinds that are not vSphere's."""
        component = _COMPONENTS[document.kind]
        if isinstance(document, documents.CustomResourceDefinition):
            supervisor = self._supervisor(document)
            return component(name, definition_arguments(document), self._opts(document, supervisor))
        spec, namespace = self._namespace(document)
        if isinstance(document, documents.Controller):
            owned = [self._definition(one) for one in document.spec.definitions]
            controller = controller_arguments(document, owned, namespace.name, self._sources(document))
            return component(name, controller, self._opts_inside(document, spec, namespace))
        resource = custom_resource_arguments(
            document,
            self._definition(document.spec.definition),
            namespace.name,
            self._options.secret,
            read_live=document.id in self._read_live,
        )
        # Never left to the namespace's deletion: its controller must see it go, for its finalizers.
        return component(name, resource, self._opts(document, self._supervisor(spec)))

    def _opts(
        self, document: documents.Document, supervisor: MadeSupervisor | None = None, **options: Any
    ) -> pulumi.ResourceOptions:
        """Options of a document's resource: the order of the graph's edges, and the providers.

        A dependency on a component becomes one on the resources in it, all of which have been declared by now.
        """
        providers: list[pulumi.ProviderResource] = [*self._vcenter]
        if supervisor is not None:
            providers.append(supervisor.kubernetes_provider)
        needed = [self._made[target] for target in self._graph.needs(document.id)]
        if document.id in self._options.imports:
            options["transformations"] = [taking_over(self._options.imports[document.id])]
        return pulumi.ResourceOptions(depends_on=needed, providers=providers, **options)

    def _opts_inside(
        self,
        document: documents.Document,
        namespace: documents.Namespace | documents.ExternalNamespace,
        made: MadeNamespace,
    ) -> pulumi.ResourceOptions:
        """Options of what lies in a namespace: where that is deleted with it, nothing in it needs a call of its own."""
        supervisor = self._supervisor(namespace)
        deleted = isinstance(namespace, documents.Namespace) and namespace.spec.deletion_policy == "Delete"
        if isinstance(made, SupervisorNamespace) and deleted:
            return self._opts(document, supervisor, deleted_with=made.resource)
        return self._opts(document, supervisor)

    def _supervisor(
        self, document: documents.Namespace | documents.ExternalNamespace | documents.CustomResourceDefinition
    ) -> MadeSupervisor:
        made = self._made[f"SupervisorCluster/{document.spec.supervisor}"]
        assert isinstance(made, MadeSupervisor)  # noqa: S101 - its id says so
        return made

    def _definition(self, name: str) -> documents.CustomResourceDefinition:
        definition = self._graph.document(f"CustomResourceDefinition/{name}")
        assert isinstance(definition, documents.CustomResourceDefinition)  # noqa: S101 - its id says so
        return definition

    def _namespace(
        self, document: documents.Document
    ) -> tuple[documents.Namespace | documents.ExternalNamespace, MadeNamespace]:
        node = f"Namespace/{document.namespace}"
        namespace, made = self._graph.document(node), self._made[node]
        assert isinstance(namespace, documents.Namespace | documents.ExternalNamespace)  # noqa: S101 - its id says so
        assert isinstance(made, MadeNamespace)  # noqa: S101
        return namespace, made

    def _sources(self, document: documents.Document) -> Sources:
        return Sources(
            wired=lambda reference: self._wired(document, reference),
            is_secret=lambda reference: self._is_secret(document, reference),
            secret=self._options.secret,
        )

    def _is_secret(self, document: documents.Document, reference: OutputReference) -> bool:
        """Whether the value is a secret: by its name, or as a field of a custom resource that holds secrets."""
        source = self._graph.document(target_of(reference.source, document.namespace))
        of_secrets = "." in reference.output and holds_secrets(source, self._graph.estate)
        return reference.is_secret or of_secrets

    def _wired(self, document: documents.Document, reference: OutputReference) -> pulumi.Output[str]:
        node = target_of(reference.source, document.namespace)
        made = self._made[node]
        if isinstance(made, CustomResource) and "." in reference.output:
            return live_value(node, made, reference.output).apply(reference.text)
        return _output(made, reference.output).apply(reference.text)

    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """The outputs of the stack."""
        kubeconfigs, endpoints, addresses, urls = {}, {}, {}, {}
        namespaces, classes = {}, {}
        for node, made in self._made.items():
            name = node.partition("/")[2]
            document = self._graph.document(node)
            if isinstance(made, MadeSupervisor | WorkloadCluster):
                kubeconfigs[name], endpoints[name] = made.kubeconfig, made.endpoint
            elif isinstance(document, documents.Namespace):
                namespaces[name] = document.spec.supervisor
            elif isinstance(document, documents.VirtualMachineClass):
                classes[name] = {"cpuCount": document.spec.cpu_count, "memory": document.spec.memory}
            elif isinstance(made, VirtualMachine):
                addresses[name] = made.address
            elif isinstance(made, CrxWorkload) and getattr(document.spec, "service", None) is not None:
                addresses[name], urls[name] = made.address, made.url
            elif isinstance(made, Function):
                urls[name] = made.url
        return {
            "kubeconfigs": pulumi.Output.secret(kubeconfigs),
            "endpoints": pulumi.Output.from_input(endpoints),
            "addresses": pulumi.Output.from_input(addresses),
            "urls": pulumi.Output.from_input(urls),
            "namespaces": pulumi.Output.from_input(namespaces),
            "virtualMachineClasses": pulumi.Output.from_input(classes),
        }


def taking_over(identifier: str) -> pulumi.ResourceTransformation:
    """Has the resource of vCenter that a document becomes imported by ``identifier`` instead of made."""

    def transformation(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("pacific:vcenter:"):
            return None
        imported = pulumi.ResourceOptions(import_=identifier)
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, imported))

    return transformation


_ATTRIBUTES: Mapping[str, str] = {"serviceAddress": "service_address", "internalUrl": "internal_url"}


def _output(made: Made, name: str) -> pulumi.Output[str]:
    """The output of a resource that documents call ``name`` (pacific_infra.documents.kinds)."""
    output: pulumi.Output[str] = getattr(made, _ATTRIBUTES.get(name, name))
    return output
