"""Arguments of CrxWorkload."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.component import DeletionPolicy
from pacific_components.pod import ContainerArgs


class ConfigVolumeArgs(TypedDict):
    """Files of a ConfigMap."""

    name: str
    """Name of the volume; the ConfigMap is called WORKLOAD-NAME."""
    files: Mapping[str, pulumi.Input[str]]
    """Content by file name."""


class SecretVolumeArgs(TypedDict):
    """Files of a Secret."""

    name: str
    """Name of the volume; the Secret is called WORKLOAD-NAME-files."""
    files: Mapping[str, pulumi.Input[str]]
    """Content by file name; it is a secret from here on."""


class ClaimVolumeArgs(TypedDict):
    """A persistent volume: one for the workload, or in a StatefulSet one for each pod."""

    name: str
    """Name of the volume; the claim is called WORKLOAD-NAME, in a StatefulSet NAME-WORKLOAD-NUMBER."""
    size: pulumi.Input[str]
    """Size as a Kubernetes quantity; it can grow, not shrink."""
    storage_class: pulumi.Input[str]
    """Kubernetes name of the storage policy."""
    access_mode: NotRequired[pulumi.Input[str]]
    """ReadWriteOnce (default), ReadWriteMany, ReadOnlyMany or ReadWriteOncePod."""


class EmptyVolumeArgs(TypedDict):
    """Scratch space that goes with the pod."""

    name: str
    """Name of the volume."""
    size_limit: NotRequired[pulumi.Input[str]]
    """Most it may hold, as a Kubernetes quantity."""


class ServicePortArgs(TypedDict):
    """A port of the Service."""

    name: NotRequired[str]
    """Name; default: the target port's, where that is a name."""
    port: int
    """Port of the Service."""
    target_port: NotRequired[str]
    """Name or number of the container's port; default: the same number."""
    protocol: NotRequired[Literal["TCP", "UDP", "SCTP"]]
    """TCP (default), UDP or SCTP."""


class ServiceArgs(TypedDict):
    """The Service in front of the pods."""

    type: NotRequired[Literal["ClusterIP", "LoadBalancer"]]
    """ClusterIP (default) or LoadBalancer; plain, since it decides what is waited for."""
    ports: Sequence[ServicePortArgs]
    """At least one port."""


class AutoscalerArgs(TypedDict):
    """How the number of replicas follows the load."""

    min_replicas: pulumi.Input[int]
    """Fewest replicas."""
    max_replicas: pulumi.Input[int]
    """Most replicas; plain in a StatefulSet with claim volumes, which has the claims of all of them from its start."""
    cpu_utilization: NotRequired[pulumi.Input[int]]
    """Wanted CPU use, in percent of the request."""
    memory_utilization: NotRequired[pulumi.Input[int]]
    """Wanted memory use, in percent of the request."""


class DisruptionBudgetArgs(TypedDict):
    """How many pods a maintenance may take away; one of the two."""

    min_available: NotRequired[str]
    """Number or percentage that must stay."""
    max_unavailable: NotRequired[str]
    """Number or percentage that may go."""


class ReferenceVolumeArgs(TypedDict):
    """A ConfigMap or Secret that somebody else made in the namespace, as files."""

    name: str
    """Name of the volume."""
    config_map: NotRequired[pulumi.Input[str]]
    """Name of the ConfigMap; one of the two."""
    secret: NotRequired[pulumi.Input[str]]
    """Name of the Secret; one of the two."""


class CrxWorkloadArgs(TypedDict):
    """Arguments of CrxWorkload."""

    namespace: pulumi.Input[str]
    """The vSphere Namespace."""
    name: NotRequired[str]
    """Name of the objects; default: the last part of the component's name."""
    kind: NotRequired[Literal["Deployment", "StatefulSet", "Job", "CronJob"]]
    """Deployment (default), StatefulSet, Job or CronJob; plain, since it decides the resources."""
    replicas: NotRequired[pulumi.Input[int]]
    """Pods of a Deployment or StatefulSet; default 1. Left to the autoscaler where there is one. Plain in a StatefulSet
    with claim volumes, since each of its claims is a resource."""
    containers: Sequence[ContainerArgs]
    """Containers of each pod."""
    init_containers: NotRequired[Sequence[ContainerArgs]]
    """Containers that end before the others start."""
    config_volumes: NotRequired[Sequence[ConfigVolumeArgs]]
    """Files from ConfigMaps; a changed file starts new pods."""
    secret_volumes: NotRequired[Sequence[SecretVolumeArgs]]
    """Files from Secrets; a changed file starts new pods."""
    claim_volumes: NotRequired[Sequence[ClaimVolumeArgs]]
    """Persistent volumes."""
    empty_volumes: NotRequired[Sequence[EmptyVolumeArgs]]
    """Scratch space."""
    reference_volumes: NotRequired[Sequence[ReferenceVolumeArgs]]
    """ConfigMaps and Secrets of others."""
    service: NotRequired[ServiceArgs]
    """The Service. A StatefulSet gets a headless one in any case, for its pods' names."""
    allow_ingress: NotRequired[bool]
    """True adds a NetworkPolicy that lets connections in to the Service's ports, for a namespace that denies by
    default: from anywhere for a load balancer, else from the same namespace."""
    disruption_budget: NotRequired[DisruptionBudgetArgs]
    """PodDisruptionBudget."""
    autoscaler: NotRequired[AutoscalerArgs]
    """HorizontalPodAutoscaler."""
    schedule: NotRequired[str]
    """When a CronJob runs, as a cron expression."""
    concurrency_policy: NotRequired[Literal["Allow", "Forbid", "Replace"]]
    """What a CronJob does when the last run has not ended: Allow, Forbid (default) or Replace."""
    completions: NotRequired[int]
    """Pods of a Job that must succeed; default 1."""
    parallelism: NotRequired[int]
    """Pods of a Job at a time; default 1."""
    backoff_limit: NotRequired[int]
    """Failed pods until a Job has failed; Kubernetes' default is 6."""
    deadline_seconds: NotRequired[int]
    """Seconds until a Job has failed; default 600, so that nobody waits without an end."""
    service_account: NotRequired[bool]
    """True: a ServiceAccount of its own, whose token the pods get."""
    termination_grace_period_seconds: NotRequired[int]
    """Seconds between the request to stop and the end."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Of the volumes. Retain (default): they stay when the component goes. Delete: they go with it."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of every object and pod."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of every object."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: CrxWorkload/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""
