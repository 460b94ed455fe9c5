"""Manifests: Kubernetes objects inside a workload cluster of the estate."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pacific_infra.documents.capabilities import DeclaredObject, ManifestSource
from pacific_infra.documents.document import Document
from pacific_infra.documents.kubernetes_objects import ReadObject, object_problems, read_objects, reading_problem
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN
from pacific_infra.documents.model import DeletionPolicy, NamespacedMetadata, Reference, Spec
from pacific_infra.documents.names import Label
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.resource_secrets import misplaced_marks
from pacific_infra.documents.stack_secret import SecretTemplate, TextOrTemplate, template_of
from pacific_infra.documents.text import TextSource
from pacific_infra.documents.yaml_reader import TextError

_FIELD = ("manifests",)
DEFAULT_NAMESPACE = "default"
"""Where an object lies whose manifest names no namespace."""
CLUSTER_WIDE: Mapping[str, Sequence[str]] = {
    "": ("Namespace", "Node", "PersistentVolume"),
    "admissionregistration.k8s.io": (
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    ),
    "apiextensions.k8s.io": ("CustomResourceDefinition",),
    "apiregistration.k8s.io": ("APIService",),
    "cert-manager.io": ("ClusterIssuer",),
    "certificates.k8s.io": ("CertificateSigningRequest", "ClusterTrustBundle"),
    "flowcontrol.apiserver.k8s.io": ("FlowSchema", "PriorityLevelConfiguration"),
    "gateway.networking.k8s.io": ("GatewayClass",),
    "networking.k8s.io": ("IngressClass",),
    "node.k8s.io": ("RuntimeClass",),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding"),
    "resource.k8s.io": ("DeviceClass", "ResourceSlice"),
    "scheduling.k8s.io": ("PriorityClass",),
    "snapshot.storage.k8s.io": ("VolumeSnapshotClass", "VolumeSnapshotContent"),
    "storage.k8s.io": ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"),
}
"""Kinds whose objects lie in no namespace, by API group."""


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
    line: int
    """Line in the text of the manifests, from 1."""
    value: Mapping[str, Any]


class ManifestsSpec(Spec):
    """The wanted objects."""

    cluster: Annotated[Label, DOCUMENT_ONLY]
    """The cluster that they lie in: a reference to the document WorkloadCluster/<cluster> of the same namespace."""
    manifests: Annotated[TextOrTemplate, PLAIN]
    """Kubernetes manifests, one or several YAML documents, as text or as a file beside this document. By
    `{template: text}` secrets of the stack's configuration stand in it."""
    deletion_policy: DeletionPolicy = "Delete"
    """What happens to the objects when the document is removed."""

    @property
    def written(self) -> TextSource:
        """The manifests as they are written, with marks in place of secrets."""
        return template_of(self.manifests)

    @cached_property
    def read(self) -> Sequence[ReadObject]:
        """Each object of the text as it is written. Raises ``TextError``."""
        return read_objects(self.written.text)

    @cached_property
    def listed(self) -> Sequence[Manifest]:
        """Each object once, in the order of the text. Equal copies are one object."""
        listed: dict[Identity, Manifest] = {}
        for read in self.read:
            identity = identity_of(read.value)
            listed.setdefault(identity, Manifest(identity, read.line_of(), read.value))
        return tuple(listed.values())

    @property
    def file(self) -> str | None:
        """The file that the manifests stand in, relative to the document; None: they stand in the document."""
        return self.written.file

    @property
    def objects(self) -> Sequence[Mapping[str, Any]]:
        """Each object's manifest as plain values."""
        return [manifest.value for manifest in self.listed]

    def problems(self) -> Iterator[Problem]:
        try:
            read = self.read
        except TextError as error:
            yield reading_problem(error, _FIELD, self.written)
            return
        if not read:
            yield Problem("the manifest is missing", _FIELD, self.file, fix="write one, or remove the document")
        first: dict[Identity, ReadObject] = {}
        for manifest in read:
            problems = list(object_problems(manifest, _FIELD, self.written))
            yield from problems
            if problems:
                continue
            identity = identity_of(manifest.value)
            earlier = first.setdefault(identity, manifest)
            if earlier.value != manifest.value:
                text = f"the manifests at lines {earlier.line_of()} and {manifest.line_of()} are one object, and differ"
                fix = "rename or remove one of them"
                line = manifest.line_of() if self.file else None
                yield Problem(text, _FIELD, identity.text, fix=fix, file=self.file, line=line)
            for path, fix in misplaced_marks(manifest.value) if isinstance(self.manifests, SecretTemplate) else ():
                text = f"the manifest at line {manifest.line_of()} cannot contain a secret here"
                yield Problem(text, _FIELD, ".".join(map(str, path)), fix=fix)


def identity_of(manifest: Mapping[str, Any]) -> Identity:
    """The identity of the object that a manifest describes."""
    group = manifest["apiVersion"].rpartition("/")[0]
    kind, metadata = manifest["kind"], manifest["metadata"]
    namespace = metadata.get("namespace") or DEFAULT_NAMESPACE
    cluster_wide = kind in CLUSTER_WIDE.get(group, ())
    return Identity(group, kind, "" if cluster_wide else namespace, metadata["name"])


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
        yield Reference(self.workload_cluster, "reference", ("spec", "cluster"))

    @property
    def workload_cluster(self) -> str:
        """The one that it names, of its namespace."""
        return f"WorkloadCluster/{self.namespace}/{self.spec.cluster}"

    def manifests(self) -> ManifestSource:
        return ManifestSource("manifests", self.spec.file, self.spec.read)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        path = ("spec", "manifests")
        for manifest in self.spec.listed:
            identity = manifest.identity
            yield DeclaredObject(self.workload_cluster, *identity, path, line=manifest.line, file=self.spec.file)
