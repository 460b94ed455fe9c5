"""Resources of whatever program as the rules see documents: pods of Kubernetes objects, and vSphere Namespaces.

Nothing is validated: the engine and the API servers do that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pacific_infra.documents import CrxWorkload, CrxWorkloadSpec, Document, Estate, Namespace, NamespaceSpec
from pacific_infra.documents.lowering import lift, unchecked
from pacific_infra.documents.model import API_VERSION, Metadata, NamespacedMetadata
from pacific_infra.documents.pod_template import POD_PATHS, container_of
from pacific_infra.plan.policy.pack import BUILT_IN

_OF_RESOURCES = ("image-tag", "limits", "restricted", "namespace-limits", "least-privilege", "groups")
RESOURCE_RULES = tuple(rule for rule in BUILT_IN if rule.id in _OF_RESOURCES)
"""The built-in rules that resources say enough for."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack."""

    urn: str
    type: str
    name: str
    properties: Mapping[str, Any]


def estate_of_resources(resources: Iterable[Resource]) -> tuple[Estate, Mapping[str, str]]:
    """Those that rules are for as documents, and the URN of each by the document's id; the first of one id counts."""
    documents: dict[str, Document] = {}
    urns: dict[str, str] = {}
    for resource in resources:
        document = _document(resource)
        if document is not None and document.id not in documents:
            documents[document.id] = document
            urns[document.id] = resource.urn
    return Estate(tuple(documents.values())), urns


def _document(resource: Resource) -> Document | None:
    if resource.type == "pacific:vcenter:Namespace":
        return _namespace(resource)
    kind = resource.type.rpartition(":")[2]
    if not resource.type.startswith("kubernetes:") or kind not in POD_PATHS:
        return None
    pod: Any = resource.properties
    for part in POD_PATHS[kind]:
        pod = _object(pod, part)
    if not pod.get("containers"):
        return None
    metadata = _object(resource.properties, "metadata")
    containers, first = (
        tuple(container_of(container, pod) for container in pod.get(field) or ())
        for field in ("containers", "initContainers")
    )
    return CrxWorkload.model_construct(
        api_version=API_VERSION,
        kind="CrxWorkload",
        metadata=NamespacedMetadata.model_construct(
            name=f"{kind.lower()}-{metadata.get('name') or resource.name}",
            namespace=metadata.get("namespace") or "default",
            annotations=_object(metadata, "annotations"),
        ),
        spec=CrxWorkloadSpec.model_construct(kind="Deployment", containers=containers, init_containers=first),
    )


def _namespace(resource: Resource) -> Namespace:
    return Namespace.model_construct(
        api_version=API_VERSION,
        kind="Namespace",
        metadata=Metadata.model_construct(name=resource.properties.get("name") or resource.name),
        spec=unchecked(NamespaceSpec, lift("Namespace", resource.properties)),
    )


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}
