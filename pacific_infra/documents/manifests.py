"""Manifests: Kubernetes objects in a vSphere Namespace, or inside a workload cluster of the estate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pacific_infra.documents.capabilities import DeclaredObject, ManifestSource, Pods, VolumeClaim
from pacific_infra.documents.container import Container
from pacific_infra.documents.custom_resource import Readiness
from pacific_infra.documents.document import Document
from pacific_infra.documents.install_order import cluster_wide_kinds, group_of
from pacific_infra.documents.kubernetes_objects import ReadObject, object_problems
from pacific_infra.documents.manifest_pods import claims_of, containers_of, pods_of, refusals, storage_classes_of
from pacific_infra.documents.manifest_sources import (
    FIELD,
    ManifestsValue,
    is_hook,
    read_manifests,
    source_texts,
)
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN
from pacific_infra.documents.model import AdoptableSpec, DeletionPolicy, Listed, NamespacedMetadata, Reference
from pacific_infra.documents.names import Label
from pacific_infra.documents.offered import Offering
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.resource_secrets import misplaced_marks
from pacific_infra.documents.source import Path, dotted
from pacific_infra.documents.stack_secret import SecretTemplate

DEFAULT_NAMESPACE = "default"
"""Where an object of a workload cluster lies whose manifest names no namespace."""
_CLUSTER_WIDE = cluster_wide_kinds(())


OFFERED_KINDS = {
    ("cluster.x-k8s.io", "ClusterClass"): "cluster-classes",
    ("kubernetes.vmware.com", "KubernetesRelease"): "kubernetes-releases",
    ("vmoperator.vmware.com", "ClusterVirtualMachineImage"): "images",
    ("vmoperator.vmware.com", "VirtualMachineImage"): "images",
}
"""Kinds of objects that documents name, with the section of `pacific discover` that lists them."""


class Identity(NamedTuple):
    """What tells one Kubernetes object from all others of its API server; versions of one kind show the same object."""

    group: str
    """API group; empty for the core one."""
    kind: str
    namespace: str
    """Empty for a kind whose objects lie in none."""
    name: str

    @property
    def text(self) -> str:
        """Kind, namespace and name."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Manifest(NamedTuple):
    """One object as it is written."""

    identity: Identity
    read: ReadObject

    @property
    def value(self) -> Mapping[str, Any]:
        """Its fields."""
        fields: Mapping[str, Any] = self.read.value
        return fields


class ObjectReadiness(Readiness):
    """When some of the objects are ready, where Pulumi's Kubernetes provider's own rule is not the right one."""

    kind: Annotated[str, PLAIN]
    """Kind of the objects."""
    name: Annotated[str | None, PLAIN] = None
    """Name of the object; default: all of this kind."""

    def selects(self, manifest: Mapping[str, Any]) -> bool:
        """Whether it is about the object of a manifest."""
        return manifest["kind"] == self.kind and self.name in (None, manifest["metadata"]["name"])


class ManifestsSpec(AdoptableSpec):
    """The wanted objects."""

    cluster: Annotated[Label | None, DOCUMENT_ONLY] = None
    """The cluster that they lie in: a reference to the document WorkloadCluster/<cluster> of the same namespace.
    Without it they lie in the vSphere Namespace itself."""
    manifests: Annotated[ManifestsValue, PLAIN]
    """Kubernetes manifests, one or several YAML documents, as text or as a file beside this document; a list of
    objects; `{files: [NAME]}`, `{folder: NAME}`, `{kustomize: FOLDER}` or `{helm: {chart: NAME}}`. By
    `{template: text}` secrets of the stack's configuration stand in it."""
    object_namespace: Annotated[Label | None, PLAIN] = None
    """In a workload cluster, the namespace of objects that name none; default: default."""
    readiness: Listed[ObjectReadiness] = ()
    """When objects are ready, by kind and name; the first that selects an object counts. Others are waited for as
    Pulumi's Kubernetes provider waits for their kind."""
    deletion_policy: DeletionPolicy = "Delete"
    """What happens to the objects when the document is removed."""

    @cached_property
    def _all(self) -> tuple[Sequence[ReadObject], Sequence[Problem]]:
        return read_manifests(self.manifests)

    @cached_property
    def read(self) -> Sequence[ReadObject]:
        """Each object as it is written, hooks of charts left out."""
        return [read for read in self._all[0] if not is_hook(read)]

    @property
    def hooks(self) -> Sequence[ReadObject]:
        """Hooks and tests of a chart."""
        return [read for read in self._all[0] if is_hook(read)]

    @cached_property
    def listed(self) -> Sequence[Manifest]:
        """Each object once, in the order of the text. Equal copies are one object."""
        listed: dict[Identity, Manifest] = {}
        cluster_wide = cluster_wide_kinds([read.value for read in self.read])
        for read in self.read:
            identity = identity_of(read.value, self.object_namespace or DEFAULT_NAMESPACE, cluster_wide)
            listed.setdefault(identity, Manifest(identity, read))
        return tuple(listed.values())

    @property
    def objects(self) -> Sequence[Mapping[str, Any]]:
        """Each object's manifest as plain values."""
        return [manifest.value for manifest in self.listed]

    def problems(self) -> Iterator[Problem]:
        problems = [*self._all[1], *(problem for read in self.read for problem in object_problems(read))]
        yield from problems
        if problems:
            return
        if not self.read:
            file = next((text.origin.file for text in source_texts(self.manifests)), None)
            yield Problem("the manifest is missing", FIELD, file, fix="write one, or remove the document")
        yield from self._problems_together()

    def _problems_together(self) -> Iterator[Problem]:
        cluster_wide = cluster_wide_kinds([read.value for read in self.read])
        first: dict[Identity, ReadObject] = {}
        for read in self.read:
            identity = identity_of(read.value, self.object_namespace or DEFAULT_NAMESPACE, cluster_wide)
            earlier = first.setdefault(identity, read)
            if earlier.value != read.value:
                text = f"the manifests at {_both(earlier, read)} are one object, and differ"
                fix = "rename or remove one of them"
                line = read.line_of() if read.origin.file else None
                yield Problem(text, read.origin.field, identity.text, fix=fix, file=read.origin.file, line=line)
            for path, fix in misplaced_marks(read.value) if isinstance(self.manifests, SecretTemplate) else ():
                text = f"the manifest at line {read.line_of()} cannot contain a secret here"
                yield Problem(text, FIELD, ".".join(map(str, path)), fix=fix)
        for index, readiness in enumerate(self.readiness):
            if not any(readiness.selects(read.value) for read in self.read):
                selected = f"{readiness.kind} {readiness.name or ''}".rstrip()
                kinds = ", ".join(sorted({str(read.value["kind"]) for read in self.read}))
                problem = "this selects none of the objects"
                yield Problem(problem, ("readiness", index), selected, f"kinds {kinds}")


def identity_of(
    manifest: Mapping[str, Any],
    namespace: str = DEFAULT_NAMESPACE,
    cluster_wide: Any = _CLUSTER_WIDE,
) -> Identity:
    """The identity of the object that a manifest describes. ``namespace``: where it lies that names none;
    ``cluster_wide``: group and kind of what lies in none.
    """
    group, kind, metadata = group_of(manifest), manifest["kind"], manifest["metadata"]
    lies_in = metadata.get("namespace") or namespace
    return Identity(group, kind, "" if (group, kind) in cluster_wide else lies_in, metadata["name"])


def _both(earlier: ReadObject, later: ReadObject) -> str:
    """Where two objects are written."""
    lines = earlier.line_of(), later.line_of()
    if None not in lines and earlier.origin == later.origin:
        return f"lines {lines[0]} and {lines[1]}"
    return f"{earlier.where()} and {later.where()}"


class Manifests(Document):
    """Kubernetes objects as they are, in a vSphere Namespace or inside a workload cluster."""

    kind: Literal["Manifests"]
    """Always Manifests."""
    metadata: NamespacedMetadata
    """Name, vSphere Namespace of the objects or of the cluster, and labels."""
    spec: ManifestsSpec
    """The wanted objects."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        if self.guest_cluster is not None:
            yield Reference(self.guest_cluster, "reference", ("spec", "cluster"))

    @property
    def guest_cluster(self) -> str | None:
        """The one that it names, of its namespace."""
        return None if self.spec.cluster is None else f"WorkloadCluster/{self.namespace}/{self.spec.cluster}"

    def storage_policies(self) -> Iterator[tuple[Path, str]]:
        """The StorageClasses of its claims, which the Supervisor makes of the namespace's policies."""
        for manifest in self._in_namespace:
            for path, name in storage_classes_of(manifest.value):
                yield (*path_of(manifest), *path), name

    def offers(self) -> Iterator[Offering]:
        for manifest in self._in_namespace:
            if (section := OFFERED_KINDS.get(manifest.identity[:2])) is not None:
                yield Offering(section, manifest.identity.name)

    def manifests(self) -> ManifestSource:
        return ManifestSource("manifests", self.spec.read, hooks=self.spec.hooks)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        namespace = documents.get(f"Namespace/{self.namespace}")
        supervisor = f"SupervisorCluster/{namespace.supervisor if namespace is not None else ''}"
        for manifest in self.spec.listed:
            identity = manifest.identity
            if self.guest_cluster is not None:
                server = self.guest_cluster
            else:
                server = "" if identity.namespace else supervisor
                identity = identity._replace(namespace=identity.namespace and str(self.namespace))
            yield DeclaredObject(server, *identity, path_of(manifest), manifest=manifest.read)

    @property
    def _in_namespace(self) -> Sequence[Manifest]:
        """Objects on the Supervisor; those of a workload cluster run on its machines, which count by themselves."""
        return self.spec.listed if self.spec.cluster is None else ()

    def pod_groups(self) -> Iterator[Pods]:
        for manifest in self._in_namespace:
            pods = pods_of(manifest.value)
            if pods is not None:
                yield pods

    def containers(self) -> Iterator[tuple[Path, Container]]:
        for manifest in self._in_namespace:
            for path, container in containers_of(manifest.value):
                yield (*path_of(manifest), *path), container

    def claims(self) -> Iterator[VolumeClaim]:
        for manifest in self._in_namespace:
            for claim in claims_of(manifest.value):
                yield replace(claim, path=(*path_of(manifest), *claim.path))

    def place(self, path: Path = ()) -> str:
        manifest = self._by_key.get(path[2]) if path[:2] == ("spec", *FIELD) and len(path) > 2 else None
        if manifest is None:
            return super().place(path)
        origin, line = manifest.read.origin, manifest.read.line_of(path[3:])
        if origin.template is not None:
            return f"{super().place(path[:2])} ({origin.template})"
        if origin.file is None:
            within = manifest.read.path_in_spec(path[3:])
            return super().place(("spec", *within))
        return self.source.place_in(origin.file, line)

    @cached_property
    def _by_key(self) -> Mapping[Any, Manifest]:
        return {path_of(manifest)[2]: manifest for manifest in self.spec.listed}

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.spec.cluster is not None:
            return
        if self.spec.object_namespace is not None:
            text = "the objects lie in the vSphere Namespace of the document"
            yield Problem(
                text, ("spec", "objectNamespace"), self.spec.object_namespace, fix="remove it, or name a cluster"
            )
        for manifest in self.spec.listed:
            for problem in self._refused(manifest):
                located = manifest.read.located(problem._replace(text=f"{manifest.read.text}: {problem.text}"))
                yield located._replace(path=("spec", *located.path))

    def _refused(self, manifest: Manifest) -> Iterator[Problem]:
        """Why an object cannot lie in the vSphere Namespace, at fields of the object."""
        for problem in refusals(manifest.value):
            yield problem._replace(text=f"{dotted(problem.path)}: {problem.text}")
        namespace = manifest.value["metadata"].get("namespace")
        if namespace not in (None, self.namespace) and manifest.identity.namespace:
            text = "metadata.namespace is another one than the document's"
            fix = "remove it, or write a document of that namespace"
            yield Problem(text, ("metadata", "namespace"), namespace, str(self.namespace), fix)


def path_of(manifest: Manifest) -> Path:
    """The way to an object in its document: it is named by kind, group, namespace and name."""
    identity = manifest.identity
    kind = f"{identity.kind}.{identity.group}" if identity.group else identity.kind
    return ("spec", *FIELD, identity._replace(kind=kind).text)
