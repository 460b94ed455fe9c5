"""Manifests: Kubernetes objects inside a workload cluster of the estate."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from pacific_infra.documents.model import DeletionPolicy, Document, NamespacedMetadata, Reference, Spec
from pacific_infra.documents.names import Label
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.text import Text
from pacific_infra.documents.yaml_reader import TextError, read_yaml

_FIELD = ("manifests",)


class ManifestsSpec(Spec):
    """The wanted objects."""

    cluster: Label
    """The cluster that they lie in: a reference to the document WorkloadCluster/<cluster> of the same namespace."""
    manifests: Text
    """Kubernetes manifests, one or several YAML documents, as text or as a file beside this document."""
    deletion_policy: DeletionPolicy = "Delete"
    """What happens to the objects when the document is removed."""

    @cached_property
    def objects(self) -> Sequence[Mapping[str, Any]]:
        """Each manifest as plain values; none where they cannot be read."""
        try:
            return [raw.value for raw in read_yaml(self.manifests.text)]
        except TextError:
            return []

    def problems(self) -> Iterator[Problem]:
        try:
            found = [(raw.line, raw.value) for raw in read_yaml(self.manifests.text)]
        except TextError as error:
            yield Problem(f"line {error.line} of the manifests: {error.what}", _FIELD, self.manifests.file)
            return
        if not found:
            yield Problem("there is no manifest", _FIELD, self.manifests.file, fix="write one, or remove the document")
        seen = set()
        for line, manifest in found:
            missing = _missing(manifest)
            if missing is not None:
                what = f"the manifest at line {line} of the manifests has no {missing}"
                yield Problem(what, _FIELD, self.manifests.file, "apiVersion, kind and metadata.name in each")
                continue
            identity = identity_of(manifest)
            if identity in seen:
                what = f"the manifest at line {line} of the manifests is there twice"
                yield Problem(what, _FIELD, "/".join(part for part in identity if part), fix="remove one of them")
            seen.add(identity)


def _missing(manifest: Any) -> str | None:
    if not isinstance(manifest, dict):
        return "apiVersion"
    for field in ("apiVersion", "kind"):
        if not isinstance(manifest.get(field), str) or not manifest[field]:
            return field
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return None if isinstance(name, str) and name else "metadata.name"


def identity_of(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    """Kind, namespace (empty where it says none) and name of a manifest."""
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace") or "", metadata["name"]


class Manifests(Document):
    """Kubernetes objects inside a workload cluster."""

    kind: Literal["Manifests"]
    """Always Manifests."""
    metadata: NamespacedMetadata
    """Name, vSphere Namespace of the cluster, and labels."""
    spec: ManifestsSpec
    """The wanted objects."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        yield Reference(f"WorkloadCluster/{self.namespace}/{self.spec.cluster}", "reference", ("spec", "cluster"))
