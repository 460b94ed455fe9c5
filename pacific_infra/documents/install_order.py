"""The order in which the objects of one document are made: what others lie in, need or are checked by comes first.

Kinds as in Helm's InstallOrder (pkg/release/util/kind_sorter.go), with two differences: custom resources whose
definition or webhook is of the same document wait for what serves these, and webhook configurations come last, so that
nothing of the document is asked of a server that does not run yet.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum
from typing import Any

from pacific_infra.documents.kubernetes_api import is_own_kind

Group = str
Manifest = Mapping[str, Any]

CLUSTER_WIDE: Mapping[Group, Sequence[str]] = {
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
"""Kinds whose objects lie in no namespace, by API group. Of other kinds their definitions say it."""


class Phase(IntEnum):
    """When an object is made; each phase is complete before the objects begin that wait for it."""

    FOUNDATION = 0
    """Namespaces and definitions."""
    CONFIGURATION = 1
    """What pods and others need when they start: accounts, roles, settings, quotas."""
    WORKLOADS = 2
    """All else: what runs, its services and volumes, resources of kinds that are defined elsewhere."""
    RESOURCES = 3
    """Custom resources whose definition or webhook is of this document."""
    WEBHOOKS = 4
    """Webhook configurations."""


WAITS_FOR: Mapping[Phase, Collection[Phase]] = {
    Phase.FOUNDATION: (),
    Phase.CONFIGURATION: (Phase.FOUNDATION,),
    Phase.WORKLOADS: (Phase.FOUNDATION, Phase.CONFIGURATION),
    Phase.RESOURCES: (Phase.FOUNDATION, Phase.WORKLOADS),
    Phase.WEBHOOKS: (Phase.WORKLOADS, Phase.RESOURCES),
}
"""What each phase waits for; of the workloads only what serves requests."""
SERVING = ("DaemonSet", "Deployment", "ReplicaSet", "Service", "StatefulSet")
"""Kinds of the workloads that a webhook or a definition is served by."""
_PHASES = {
    "Namespace": Phase.FOUNDATION,
    "CustomResourceDefinition": Phase.FOUNDATION,
    **dict.fromkeys(
        (
            "PriorityClass",
            "NetworkPolicy",
            "ResourceQuota",
            "LimitRange",
            "PodDisruptionBudget",
            "ServiceAccount",
            "Secret",
            "ConfigMap",
            "StorageClass",
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
            "RuntimeClass",
            "IngressClass",
        ),
        Phase.CONFIGURATION,
    ),
    "MutatingWebhookConfiguration": Phase.WEBHOOKS,
    "ValidatingWebhookConfiguration": Phase.WEBHOOKS,
}
_ORDER = (
    *_PHASES,
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "Ingress",
    "APIService",
)
"""Kinds in the order in which they begin within a phase; those that are not in it come last."""


def group_of(manifest: Manifest) -> Group:
    """The API group of a manifest's kind; empty for the core one."""
    return str(manifest["apiVersion"]).rpartition("/")[0]


def cluster_wide_kinds(manifests: Sequence[Manifest]) -> Collection[tuple[Group, str]]:
    """Group and kind of each kind whose objects lie in no namespace: the known ones, and those that ``manifests``
    define.
    """
    known = {(group, kind) for group, kinds in CLUSTER_WIDE.items() for kind in kinds}
    specs = [_definition(manifest) for manifest in manifests if manifest["kind"] == "CustomResourceDefinition"]
    return known | {(group, kind) for group, kind, scope in specs if scope == "Cluster"}


def phases(manifests: Sequence[Manifest]) -> list[Phase]:
    """The phase of each of ``manifests``."""
    served = {_definition(manifest)[0] for manifest in manifests if manifest["kind"] == "CustomResourceDefinition"}
    for manifest in manifests:
        if _PHASES.get(manifest["kind"]) is Phase.WEBHOOKS:
            served |= _groups_of_webhooks(manifest)
    return [_phase(manifest, served) for manifest in manifests]


def order_in_phase(manifest: Manifest) -> int:
    """By which the objects of one phase are sorted."""
    return _ORDER.index(manifest["kind"]) if manifest["kind"] in _ORDER else len(_ORDER)


def _phase(manifest: Manifest, served: Collection[Group]) -> Phase:
    kind = manifest["kind"]
    if not is_own_kind(str(manifest["apiVersion"]), kind):
        return Phase.RESOURCES if group_of(manifest) in served else Phase.WORKLOADS
    if kind == "Secret" and manifest.get("type") == "kubernetes.io/service-account-token":
        return Phase.WORKLOADS  # its account must be there, or Kubernetes deletes it
    return _PHASES.get(kind, Phase.WORKLOADS)


def _definition(manifest: Manifest) -> tuple[Group, str, str]:
    """Group, kind and scope that a definition says."""
    spec = _mapping(manifest.get("spec"))
    return str(spec.get("group")), str(_mapping(spec.get("names")).get("kind")), str(spec.get("scope"))


def _groups_of_webhooks(manifest: Manifest) -> set[Group]:
    webhooks = manifest.get("webhooks")
    rules = [
        _mapping(rule)
        for webhook in (webhooks if isinstance(webhooks, list | tuple) else ())
        for rule in _mapping(webhook).get("rules") or ()
    ]
    return {str(group) for rule in rules for group in rule.get("apiGroups") or ()}


def _mapping(value: Any) -> Manifest:
    return value if isinstance(value, Mapping) else {}
