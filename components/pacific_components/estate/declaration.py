"""The resources of one estate while they are being declared: what each kind's function finds of the others."""

from typing import Any, Protocol, TypeAlias

import pulumi

from pacific_components.arguments import ProviderArgs
from pacific_components.custom_resource import CustomResource
from pacific_components.estate.external import Stacks
from pacific_components.estate.live_values import live_value
from pacific_components.estate.login import login_args
from pacific_components.estate.sources import Sources
from pacific_components.external import ExternalNamespace, ExternalSupervisorCluster, SupervisorElsewhere
from pacific_components.provider import Provider
from pacific_components.supervisor_cluster import SupervisorCluster
from pacific_components.supervisor_namespace import SupervisorNamespace
from pacific_components.vsphere import VSphereProvider
from pacific_infra.declaration import EstateOptions
from pacific_infra.documents import CustomResourceDefinition, Document
from pacific_infra.documents.document_references import target_of
from pacific_infra.documents.environment import OutputReference
from pacific_infra.documents.kinds import KINDS
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.external import login_errors
from pacific_infra.graph.outputs import taken_outputs
from pacific_infra.graph.stack_secrets import holds_secrets
from pacific_infra.vcenter.settings import VCenterSettings

PROVIDER_NAME = "vcenter"
"""Logical name of the provider of ``pacific:vcenter:*``."""
VSPHERE_PROVIDER_NAME = "vsphere"
"""Logical name of the provider of pulumi-vsphere."""
_ATTRIBUTES = {"serviceAddress": "service_address", "internalUrl": "internal_url"}
"""Attributes of components by the outputs of documents, where they are spelled differently."""


def provider_args(settings: VCenterSettings, wait_timeout: int | None) -> ProviderArgs:
    """The provider's arguments for the vCenter of ``settings``."""
    args: ProviderArgs = login_args(settings)
    if wait_timeout is not None:
        args["wait_timeout"] = wait_timeout
    return args


AnySupervisor: TypeAlias = SupervisorCluster | ExternalSupervisorCluster | SupervisorElsewhere


class GuestCluster(Protocol):
    """The component of a workload cluster, as what is in the cluster needs it."""

    uid: pulumi.Output[str]
    """UID of the cluster."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig of its administrator; secret."""

    @property
    def resource(self) -> pulumi.Resource:
        """The cluster on its Supervisor."""


class Declaration:
    """What has been declared, and what the rest is declared with.

    Raises PacificErrors for documents that need a login at vCenter where there is none.
    """

    def __init__(self, graph: DependencyGraph, settings: VCenterSettings | None, options: EstateOptions) -> None:
        self.graph = graph
        self.settings = settings
        self.options = options
        self.resources: dict[str, pulumi.Resource] = {}
        """By the document's id."""
        self.supervisors: dict[str, AnySupervisor] = {}
        """By name."""
        self.namespaces: dict[str, SupervisorNamespace | ExternalNamespace] = {}
        """By name."""
        self.namespace_objects: dict[str, pulumi.Resource] = {}
        """Objects of the stack's own namespaces in vCenter, by name."""
        self.clusters: dict[str, GuestCluster] = {}
        """By the document's id."""
        self.custom_resources: dict[str, CustomResource] = {}
        """By the document's id."""
        self.stacks = Stacks()
        uses = [(use.source, use.output) for use in taken_outputs(graph.estate)]
        uses += [(node, output) for node, outputs in graph.shared.items() for output in outputs]
        self.read_live = {node for node, output in uses if "." in output}
        """Documents of whose live objects others take fields."""
        self._vcenter: list[pulumi.ProviderResource] = []
        if settings is not None:
            self._vcenter = [Provider(PROVIDER_NAME, provider_args(settings, options.wait_timeout))]
            if any(KINDS[document.kind].through_vsphere for document in graph.estate):
                self._vcenter.append(VSphereProvider(VSPHERE_PROVIDER_NAME, settings))
        elif errors := list(login_errors(graph.estate, kubeconfig=options.kubeconfig is not None)):
            raise PacificErrors(errors)

    def supervisor(self, document: Document) -> AnySupervisor:
        """The Supervisor that the document names, or that its namespace is on."""
        namespace = self.graph.estate.namespace_of(document)
        name = document.supervisor or (namespace.supervisor if namespace is not None else None)
        return self.supervisors[str(name)]

    def namespace_name(self, document: Document) -> pulumi.Output[str]:
        """The name of the document's namespace, known once it is there."""
        return self.namespaces[str(document.namespace)].name

    def denies_by_default(self, document: Document) -> bool:
        """Whether the document's namespace lets in only what a service names."""
        namespace = self.graph.estate.namespace_of(document)
        return namespace is not None and namespace.denies_by_default

    def secret_versions(self, document: Document) -> dict[str, str]:
        """Versions of the Secrets that the document's pods read and that controllers of others make, by name."""
        known = self.graph.estate.by_id
        makers = (known.get(secret.maker(document.namespace)) for secret in document.kubernetes_secrets())
        secrets = {maker.made_secret for maker in makers if maker is not None and maker.made_secret is not None}
        return {secret.name: secret.version for secret in secrets}

    def definition(self, name: str) -> CustomResourceDefinition:
        """The definition of this name; the graph has checked that it is there."""
        definition = self.graph.estate.get(f"CustomResourceDefinition/{name}", CustomResourceDefinition)
        assert definition is not None  # noqa: S101 - the graph refuses references to documents that are not there
        return definition

    def sources(self, document: Document) -> Sources:
        """Gives the values that the document takes from others, and from the stack's configuration."""
        return Sources(
            wired=lambda reference: self._output(document, reference).apply(reference.text),
            is_secret=lambda reference: self._is_secret(document, reference),
            of_stack=lambda reference: self.stacks.output(document, reference),
            secret=self.options.secret,
        )

    def _is_secret(self, document: Document, reference: OutputReference) -> bool:
        return self.is_secret(target_of(reference.source, document.namespace), reference.output)

    def is_secret(self, node: str, output: str) -> bool:
        """Whether an output of a document is a secret: by its name, or as a field of what holds secrets."""
        source = self.graph.document(node)
        if "." in output:
            return holds_secrets(source, self.graph.estate)
        return output in (*KINDS[source.kind].secret_outputs, "kubeconfig")

    def _output(self, document: Document, reference: OutputReference) -> pulumi.Output[Any]:
        node = target_of(reference.source, document.namespace)
        stack = self.graph.elsewhere.get(node)
        if stack is None:
            return self.output(node, reference.output)
        return self.stacks.output_of_document(document, node, reference.output, stack)

    def output(self, node: str, output: str) -> pulumi.Output[Any]:
        """The output that a document of this stack has."""
        if "." in output:
            return live_value(node, self.custom_resources[node], output)
        return output_of(self.resources[node], output)

    def opts(
        self, document: Document, *, on_supervisor: bool = False, deleted_with: pulumi.Resource | None = None
    ) -> pulumi.ResourceOptions:
        """Options of a document's resource: the order of the graph's edges, and the providers.

        A dependency on a component becomes one on the resources in it, all of which have been declared by now.
        """
        providers = [*self._vcenter]
        if on_supervisor:
            providers.append(self.supervisor(document).kubernetes_provider)
        # What another stack makes is there before this one runs.
        needed = [self.resources[node] for node in self.graph.needs(document.id) if node in self.resources]
        identifier = self.options.imports.get(document.id)
        return pulumi.ResourceOptions(
            depends_on=needed,
            providers=providers,
            deleted_with=deleted_with,
            transformations=None if identifier is None else [importing(identifier)],
        )

    def opts_in_namespace(self, document: Document) -> pulumi.ResourceOptions:
        """Options of what is in a namespace: where that is deleted, nothing in it needs a call of its own."""
        namespace = self.graph.estate.namespace_of(document)
        deleted = namespace is not None and namespace.deletion_policy == "Delete"
        holder = self.namespace_objects[str(document.namespace)] if deleted else None
        return self.opts(document, on_supervisor=True, deleted_with=holder)


def output_of(resource: pulumi.Resource, name: str) -> pulumi.Output[Any]:
    """The output of a resource that documents call ``name`` (pacific_infra.documents.kinds)."""
    output: pulumi.Output[Any] = getattr(resource, _ATTRIBUTES.get(name, name))
    return output


def importing(identifier: str) -> pulumi.ResourceTransformation:
    """Has the resource of vCenter that a document becomes imported by ``identifier``, not created."""

    def transformation(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("pacific:vcenter:"):
            return None
        imported = pulumi.ResourceOptions(import_=identifier)
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, imported))

    return transformation
