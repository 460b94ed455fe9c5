"""Kinds and fields that Kubernetes has and documents say in another way, or not at all."""

from collections.abc import Mapping, Sequence

from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.kubernetes_api import fields_of
from pacific_infra.documents.source import Path

WORKLOAD = "write kind: CrxWorkload with spec.kind: "
_FOREIGN: Mapping[str, str] = {
    "ConfigMap": "write its files in spec.volumes[].files of the CrxWorkload that mounts them",
    "CronJob": f"{WORKLOAD}CronJob",
    "DaemonSet": f"{WORKLOAD}Deployment: a vSphere Pod is a machine of its own, and hosts belong to the Supervisor",
    "Deployment": f"{WORKLOAD}Deployment",
    "Gateway": "write kind: HTTPRoute with spec.gateway.className, or name one of others in spec.gateway.name",
    "HorizontalPodAutoscaler": "write spec.autoscaler in the CrxWorkload",
    "Job": f"{WORKLOAD}Job",
    "LimitRange": "write spec.defaults in the Namespace",
    "NetworkPolicy": "write spec.networkPolicy in the Namespace",
    "PersistentVolumeClaim": "write spec.volumes[].claim in the CrxWorkload, or spec.volumes in the VirtualMachine",
    "Pod": f"{WORKLOAD}Deployment, or Job for one that ends",
    "PodDisruptionBudget": "write spec.disruptionBudget in the CrxWorkload",
    "ReplicaSet": f"{WORKLOAD}Deployment",
    "ResourceQuota": "write spec.limits and spec.objectCounts in the Namespace",
    "Role": "write spec.rules in a Controller, or spec.access in the Namespace",
    "RoleBinding": "write spec.access in the Namespace",
    "Secret": "write {config: KEY} where the secret is used, and pulumi config set --secret KEY",
    "Service": "write spec.service in the CrxWorkload or VirtualMachine",
    "ServiceAccount": "write kind: Controller, which has its own account",
    "StatefulSet": f"{WORKLOAD}StatefulSet",
    "StorageClass": "write spec.storagePolicies in the Namespace",
    "VirtualMachineService": "write spec.service in the VirtualMachine",
    **{name: f"write kind: {kind.name}" for kind in KINDS.values() for name in kind.replaces},
}
"""What to write in place of a document of one of Kubernetes' kinds."""
_MANIFESTS = "to take it as it is, name this file in spec.manifests of a document of kind Manifests"
_FIELDS: Mapping[str, str] = {
    "activeDeadlineSeconds": "deadlineSeconds",
    "env": "environment",
    "ephemeral-storage": "ephemeralStorage",
    "loadBalancerIP": "address",
    "maxReplicas": "autoscaler",
    "minReplicas": "autoscaler",
    "persistentVolumeClaim": "claim",
    "sessionAffinityConfig": "sessionAffinitySeconds",
    "strategy": "updateStrategy",
    "volumeClaimTemplates": "volumes",
    "workDir": "workingDir",
}
_CORE = "api.core.v1."
_TYPES: Mapping[str, Sequence[str]] = {
    "spec": (
        f"{_CORE}PodSpec",
        f"{_CORE}Container",
        "api.apps.v1.DeploymentSpec",
        "api.apps.v1.StatefulSetSpec",
        "api.batch.v1.JobSpec",
        "api.batch.v1.CronJobSpec",
    ),
    "container": (f"{_CORE}Container",),
    "containers": (f"{_CORE}Container",),
    "initContainers": (f"{_CORE}Container",),
    "service": (f"{_CORE}ServiceSpec",),
    "ports": (f"{_CORE}ContainerPort", f"{_CORE}ServicePort"),
    "volumes": (f"{_CORE}Volume",),
    "volumeMounts": (f"{_CORE}VolumeMount",),
    "securityContext": (f"{_CORE}SecurityContext", f"{_CORE}PodSecurityContext"),
    "readinessProbe": (f"{_CORE}Probe",),
    "livenessProbe": (f"{_CORE}Probe",),
    "startupProbe": (f"{_CORE}Probe",),
    "disruptionBudget": ("api.policy.v1.PodDisruptionBudgetSpec",),
    "autoscaler": ("api.autoscaling.v2.HorizontalPodAutoscalerSpec",),
    "updateStrategy": ("api.apps.v1.RollingUpdateDeployment", "api.apps.v1.RollingUpdateStatefulSetStrategy"),
    "lifecycle": (f"{_CORE}Lifecycle",),
    "postStart": (f"{_CORE}LifecycleHandler",),
    "preStop": (f"{_CORE}LifecycleHandler",),
}
"""By the name of a field of documents, the types of Kubernetes whose fields somebody may write there."""

_IN_TEMPLATE: Mapping[str, str] = {f"{_CORE}PodSpec": "spec", f"{_CORE}Container": "spec.containers"}
"""Where ``podTemplate`` takes the fields of a type."""


def kind_fix(kind: str, version: object) -> str | None:
    """What to write in place of a document of ``kind``; None where nothing is known of it."""
    of_others = isinstance(version, str) and version != "" and not version.startswith("pacific.infra/")
    if kind in _FOREIGN:
        return f"{_FOREIGN[kind]}; {_MANIFESTS}" if of_others else _FOREIGN[kind]
    return _MANIFESTS if of_others else None


def field_of_ours(name: str, fields: Sequence[str]) -> str | None:
    """The one of ``fields`` that says what Kubernetes calls ``name``."""
    field = _FIELDS.get(name)
    return field if field in fields else None


def unsupported_fix(kind: str, parent: Path, name: str, *, templated: bool) -> str | None:
    """What to do about ``name``, a field that Kubernetes has where a document of ``kind`` has ``parent``.

    None where Kubernetes has no such field. ``templated``: whether the kind has a ``podTemplate``.
    """
    names = [element for element in parent if isinstance(element, str)]
    if kind not in KINDS or not KINDS[kind].runs_pods or not names:
        return None
    types = [of_field for of_field in _TYPES.get(names[-1], ()) if name in fields_of(of_field)]
    if not types:
        return None
    if templated and types[0] in _IN_TEMPLATE:
        return f"write it in spec.podTemplate.{_IN_TEMPLATE[types[0]]}, in Kubernetes' own spelling"
    return "remove it; docs/from-kubernetes.md says what there is in its place"
