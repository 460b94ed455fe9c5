"""Documents to arguments of their components: the document's own fields, with the values put in that it names."""

from collections.abc import Mapping
from typing import Any

import pulumi

from pacific_components.estate.sources import Sources, spec_with_values, with_values
from pacific_components.plumbing import (
    ComponentPlumbing,
    CustomResourcePlumbing,
    ManifestsFields,
    ManifestsPlumbing,
    RoutingPlumbing,
)
from pacific_components.validation import CheckedArguments
from pacific_infra.declaration import Secret
from pacific_infra.documents import CustomResource, CustomResourceDefinition, Document, Manifests, Namespace
from pacific_infra.documents.resource_secrets import resource_with_secrets, template_values
from pacific_infra.documents.routing import RoutingDocument
from pacific_infra.documents.stack_secret import SecretTemplate
from pacific_infra.documents.structural_schema import pruned

Arguments = CheckedArguments[Any, Any]


def component_arguments(
    plumbing: type[ComponentPlumbing], document: Document, sources: Sources, **fields: Any
) -> Arguments:
    """The document's own fields, and ``fields`` of ``plumbing``."""
    return CheckedArguments(_plumbing(plumbing, document, **fields), spec_with_values(document.spec, sources))


def namespace_arguments(document: Namespace, supervisor: pulumi.Input[str]) -> Arguments:
    """``supervisor``: the identifier of its Supervisor."""
    spec = document.spec.model_copy(update={"supervisor": supervisor})
    return CheckedArguments(_plumbing(ComponentPlumbing, document), spec)


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


def manifests_arguments(document: Manifests, secret: Secret, **place: Any) -> Arguments:
    """``place``: what of ``ManifestsPlumbing`` says where the objects are."""
    spec = document.spec
    objects: list[Mapping[str, Any]] = list(spec.objects)
    if isinstance(spec.manifests, SecretTemplate):
        objects = with_values(template_values(objects), secret)
    fields = ManifestsFields.model_construct(
        **{name: getattr(spec, name) for name in ManifestsFields.model_fields if name != "manifests"},
        manifests=tuple(objects),
    )
    return CheckedArguments(_plumbing(ManifestsPlumbing, document, **place), fields)


def _plumbing(model: type[ComponentPlumbing], document: Document, **fields: Any) -> ComponentPlumbing:
    metadata = document.metadata
    return model.model_construct(
        name=document.name, labels=metadata.labels, annotations=metadata.annotations, node=document.id, **fields
    )
