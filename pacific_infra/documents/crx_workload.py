"""CrxWorkload: vSphere Pods, each a small VM of its own with the CRX Linux kernel, run by a Kubernetes controller."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pacific_infra.documents.capabilities import PULUMI, DeclaredObject, Pods, VolumeClaim
from pacific_infra.documents.container import Container
from pacific_infra.documents.document import Document
from pacific_infra.documents.document_references import target_of
from pacific_infra.documents.environment import SecretReference
from pacific_infra.documents.fixed_values import FixedValue, fixed_of_claim
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import DeletionPolicy, Listed, NamespacedMetadata, Reference
from pacific_infra.documents.names import FileName, TimeZone
from pacific_infra.documents.numbers import Count, PositiveCount
from pacific_infra.documents.pod_fields import PodFields
from pacific_infra.documents.pod_template import CONTAINER_FIELDS, merged_containers
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.scaling import Autoscaler, DisruptionBudget, UpdateStrategy
from pacific_infra.documents.schedule import Cron
from pacific_infra.documents.service import Service
from pacific_infra.documents.source import Path
from pacific_infra.documents.volume import Volume


def _no_daemon_set(kind: object) -> object:
    if kind == "DaemonSet":
        problem = "vSphere Pods have no DaemonSet: a pod is a machine of its own, and hosts belong to the Supervisor"
        fix = "write Deployment; what watches hosts is a Supervisor Service"
        raise problems_error(Problem(problem, (), kind, "Deployment, StatefulSet, Job, CronJob", fix))
    return kind


class CrxWorkloadSpec(PodFields):
    """The wanted workload."""

    kind: Annotated[Literal["Deployment", "StatefulSet", "Job", "CronJob"], BeforeValidator(_no_daemon_set), PLAIN]
    """Deployment: pods that are alike. StatefulSet: pods with a name and volumes of their own. Job: runs to its end.
    CronJob: a Job by schedule."""
    replicas: Count | None = None
    """Number of pods of a Deployment or StatefulSet; default 1."""
    containers: Listed[Container] = Field(min_length=1)
    """Containers of each pod."""
    init_containers: Listed[Container] = ()
    """Containers that run to their end, one after the other, before the others start."""
    volumes: Listed[Volume] = ()
    """Volumes that the containers can mount."""
    service: Service | None = None
    """A stable address in front of the pods."""
    schedule: Cron | None = None
    """When a CronJob runs: minute, hour, day of the month, month, day of the week, in UTC or `timeZone`; or @daily and
    the like."""
    time_zone: TimeZone | None = None
    """Time zone of a CronJob's schedule, such as Europe/Berlin; default: UTC."""
    starting_deadline_seconds: Count | None = None
    """Seconds after which a run of a CronJob that could not start in time is left out; default: never."""
    successful_jobs_history_limit: Count | None = None
    """Jobs of a CronJob that are kept after they ended well; default 3."""
    failed_jobs_history_limit: Count | None = None
    """Jobs of a CronJob that are kept after they failed; default 1."""
    concurrency_policy: Literal["Allow", "Forbid", "Replace"] | None = None
    """What a CronJob does when the last run has not ended; default Forbid."""
    suspend: bool | None = None
    """Whether a CronJob starts no Jobs for now; those that run go on. Default false."""
    completions: PositiveCount | None = None
    """Pods of a Job that must end well; default 1."""
    parallelism: PositiveCount | None = None
    """Pods of a Job that run at one time; default 1."""
    backoff_limit: Count | None = None
    """Failed pods of a Job after which it is given up; default 6."""
    deadline_seconds: PositiveCount | None = None
    """Seconds after which a Job is given up."""
    ttl_seconds_after_finished: Count | None = None
    """Seconds after its end when a Job goes, with its pods; default: it stays. A Job that has gone is missing in
    `drift`, and the next `up` that looks at what is there runs it again: use it for the Jobs of a CronJob."""
    update_strategy: UpdateStrategy | None = None
    """How pods of a Deployment or StatefulSet are changed for new ones."""
    min_ready_seconds: Count | None = None
    """Seconds that a new pod of a Deployment or StatefulSet must be Ready before it counts; default 0."""
    disruption_budget: DisruptionBudget | None = None
    """How many pods may be away on purpose at one time."""
    autoscaler: Autoscaler | None = None
    """How many pods to run by how busy they are; in place of `replicas`."""
    service_account: Annotated[bool, PLAIN] = False
    """Whether it has a ServiceAccount of its own, whose token its pods get; by itself it has no rights."""
    service_account_name: FileName | None = None
    """Name of a ServiceAccount that somebody else made in this namespace, whose token its pods get."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens to its persistent volumes when the document is removed."""

    @property
    def is_job(self) -> bool:
        """Whether its pods run to their end: Job or CronJob."""
        return self.kind in ("Job", "CronJob")

    @property
    def most_pods(self) -> int:
        """The most pods that it runs at one time."""
        if self.is_job:
            return self.parallelism or 1
        if self.autoscaler is not None:
            return self.autoscaler.max_replicas
        return 1 if self.replicas is None else self.replicas

    def problems(self) -> Iterator[Problem]:
        yield from self._kind_problems()
        yield from self._container_problems()
        yield from self._volume_problems()
        yield from self._service_problems()

    def _kind_problems(self) -> Iterator[Problem]:
        only = {
            "replicas": (self.replicas, ("Deployment", "StatefulSet")),
            "service": (self.service, ("Deployment", "StatefulSet")),
            "disruptionBudget": (self.disruption_budget, ("Deployment", "StatefulSet")),
            "autoscaler": (self.autoscaler, ("Deployment", "StatefulSet")),
            "completions": (self.completions, ("Job", "CronJob")),
            "parallelism": (self.parallelism, ("Job", "CronJob")),
            "backoffLimit": (self.backoff_limit, ("Job", "CronJob")),
            "deadlineSeconds": (self.deadline_seconds, ("Job", "CronJob")),
            "schedule": (self.schedule, ("CronJob",)),
            "concurrencyPolicy": (self.concurrency_policy, ("CronJob",)),
            "suspend": (self.suspend, ("CronJob",)),
            "timeZone": (self.time_zone, ("CronJob",)),
            "startingDeadlineSeconds": (self.starting_deadline_seconds, ("CronJob",)),
            "successfulJobsHistoryLimit": (self.successful_jobs_history_limit, ("CronJob",)),
            "failedJobsHistoryLimit": (self.failed_jobs_history_limit, ("CronJob",)),
            "ttlSecondsAfterFinished": (self.ttl_seconds_after_finished, ("Job", "CronJob")),
            "updateStrategy": (self.update_strategy, ("Deployment", "StatefulSet")),
            "minReadySeconds": (self.min_ready_seconds, ("Deployment", "StatefulSet")),
            "revisionHistoryLimit": (self.revision_history_limit, ("Deployment", "StatefulSet")),
        }
        for field, (value, kinds) in only.items():
            if value is not None and self.kind not in kinds:
                fix = f"remove {field}, or set spec.kind: {kinds[0]}"
                yield Problem(f"a {self.kind} has no {field}", (field,), fix=fix)
        if self.kind == "CronJob" and self.schedule is None:
            yield Problem("a CronJob has no schedule", fix="add schedule: such as '0 3 * * *'")
        if self.service_account and self.service_account_name is not None:
            problem = "a workload has either an account of its own or that of somebody else"
            yield Problem(problem, ("serviceAccountName",), fix="remove it, or serviceAccount")
        yield from self._update_problems()
        if self.replicas is not None and self.autoscaler is not None:
            yield Problem(
                "the autoscaler decides the number of replicas", ("replicas",), self.replicas, fix="remove replicas"
            )

    def _update_problems(self) -> Iterator[Problem]:
        strategy = self.update_strategy
        if strategy is None:
            return
        other = "Recreate" if self.kind == "StatefulSet" else "OnDelete"
        if strategy.type == other:
            allowed = "RollingUpdate, OnDelete" if self.kind == "StatefulSet" else "RollingUpdate, Recreate"
            yield Problem(f"a {self.kind} has no such update", ("updateStrategy", "type"), other, allowed)
        field = "maxSurge" if self.kind == "StatefulSet" else "partition"
        value = strategy.max_surge if self.kind == "StatefulSet" else strategy.partition
        if value is not None:
            yield Problem(f"a {self.kind} has no {field}", ("updateStrategy", field), value, fix=f"remove {field}")

    def _container_problems(self) -> Iterator[Problem]:
        volumes = {volume.name for volume in self.volumes}
        names: set[str] = set()
        declared = {"containers": self.containers, "initContainers": self.init_containers}
        yield from self.template_problems(declared)
        yield from self.stop_problems(declared)
        for field, containers in declared.items():
            for index, container in enumerate(containers):
                if field == "containers" and container.restart_policy is not None:
                    problem = "restartPolicy makes a sidecar of an init container"
                    fix = "remove it, or move the container to initContainers"
                    yield Problem(problem, (field, index, "restartPolicy"), container.restart_policy, fix=fix)
                if field == "initContainers" and container.restart_policy is None:
                    for part in container.parts_of_running():
                        problem = "an init container that runs to its end has no probes and no lifecycle"
                        fix = "remove it, or add restartPolicy: Always for a sidecar"
                        yield Problem(problem, (field, index, part), fix=fix)
                if container.name in names:
                    yield Problem("two containers have one name", (field, index, "name"), container.name)
                names.add(container.name)
                for mount_index, mount in enumerate(container.volume_mounts):
                    if mount.name not in volumes:
                        path = (field, index, "volumeMounts", mount_index, "name")
                        problem, fix = "the workload has no volume of this name", "add it to spec.volumes"
                        yield Problem(problem, path, mount.name, ", ".join(sorted(volumes)), fix)

    def _volume_problems(self) -> Iterator[Problem]:
        names: set[str] = set()
        for index, volume in enumerate(self.volumes):
            if volume.name in names:
                yield Problem("two volumes have one name", ("volumes", index, "name"), volume.name)
            names.add(volume.name)
            shared = volume.claim is not None and self.kind != "StatefulSet" and self.most_pods > 1
            if (
                shared
                and volume.claim is not None
                and volume.claim.access_mode in ("ReadWriteOnce", "ReadWriteOncePod")
            ):
                problem = f"{self.most_pods} pods of a {self.kind} cannot share a {volume.claim.access_mode} volume"
                fix = "set spec.kind: StatefulSet, or accessMode: ReadWriteMany"
                yield Problem(problem, ("volumes", index, "claim"), fix=fix)

    def _service_problems(self) -> Iterator[Problem]:
        names = [port.name for container in self.containers for port in container.ports if port.name is not None]
        for index, port in enumerate(() if self.service is None else self.service.ports):
            if isinstance(port.target_port, str) and port.target_port not in names:
                path = ("service", "ports", index, "targetPort")
                yield Problem("no container has a port of this name", path, port.target_port, ", ".join(names))


class CrxWorkload(Document):
    """vSphere Pods (CRX): a Deployment, StatefulSet, Job or CronJob with what belongs to it."""

    kind: Literal["CrxWorkload"]
    """Always CrxWorkload."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: CrxWorkloadSpec
    """The wanted workload."""

    @property
    def pods(self) -> Pods:
        """Those of its Deployment, StatefulSet, Job or CronJob."""
        spec = self.spec
        containers, first = (self._containers(field) for field in CONTAINER_FIELDS)
        return Pods(spec.most_pods, containers, first, spec.disruption_budget is not None)

    def containers(self) -> Iterator[tuple[Path, Container]]:
        for field, declared in zip(CONTAINER_FIELDS, (self.spec.containers, self.spec.init_containers), strict=True):
            for path, container in merged_containers(field, declared, self.spec.pod_template):
                yield ("spec", *path), container

    def _containers(self, field: str) -> tuple[Container, ...]:
        return tuple(container for path, container in self.containers() if field in path)

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        for index, volume in enumerate(self.spec.volumes):
            if volume.source is not None and volume.secret is None:
                path = ("spec", "volumes", index, "from")
                yield Problem("from names the document that makes a secret", path, volume.source, fix="add secret")

    def secret_sources(self) -> Iterator[tuple[Path, str]]:
        yield from super().secret_sources()
        for index, volume in enumerate(self.spec.volumes):
            if volume.source is not None:
                yield ("spec", "volumes", index, "from"), volume.source

    def kubernetes_secrets(self) -> Iterator[SecretReference]:
        yield from super().kubernetes_secrets()
        for index, volume in enumerate(self.spec.volumes):
            path: Path = ("spec", "volumes", index)
            if volume.secret is not None:
                yield SecretReference((*path, "secret"), volume.secret)
            for number, source in enumerate((volume.projected or {}).get("sources", ())):
                if name := (source.get("secret") or {}).get("name"):
                    yield SecretReference((*path, "projected", "sources", number), str(name))

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        for index, volume in enumerate(self.spec.volumes):
            if volume.source is not None:
                yield Reference(target_of(volume.source, self.namespace), "wiring", ("spec", "volumes", index, "from"))

    def claims(self) -> Iterator[VolumeClaim]:
        of_replicas = self.spec.kind == "StatefulSet"
        count = self.spec.most_pods if of_replicas else 1
        for index, volume in enumerate(self.spec.volumes):
            if volume.claim is not None:
                path, claim = ("spec", "volumes", index, "claim", "size"), volume.claim
                yield VolumeClaim(volume.name, claim.size, claim.storage_policy, path, count, of_replicas)

    def storage_policies(self) -> Iterator[tuple[Path, str]]:
        for claim in self.claims():
            yield (*claim.path[:-1], "storagePolicy"), claim.storage_policy

    def fixed_values(self) -> Iterator[FixedValue]:
        for index, volume in enumerate(self.spec.volumes):
            if volume.claim is not None:
                # The claims of all replicas of a StatefulSet say the same: the first tells.
                of_replica, of_workload = f"{volume.name}-{self.name}-0", f"{self.name}-{volume.name}"
                name = of_replica if self.spec.kind == "StatefulSet" else of_workload
                place: Path = ("spec", "volumes", index, "claim")
                yield from fixed_of_claim(place, name, volume.claim.storage_policy, volume.claim.access_mode)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        spec = self.spec
        yield self.declared_object("batch" if spec.is_job else "apps", spec.kind)
        yield self.labelled_pods()
        yield from self._volume_objects()
        yield from self.environment_secret()
        if spec.service_account:
            yield self.declared_object("", "ServiceAccount")
        if spec.kind == "StatefulSet":
            yield self.declared_object("", "Service", "-headless")
        if spec.service is not None:
            yield self.declared_object("", "Service")
            yield from self.policy_of_denied(documents)
        if spec.disruption_budget is not None:
            yield self.declared_object("policy", "PodDisruptionBudget")
        if spec.autoscaler is not None:
            yield self.declared_object("autoscaling", "HorizontalPodAutoscaler")

    def _volume_objects(self) -> Iterator[DeclaredObject]:
        for index, volume in enumerate(self.spec.volumes):
            path: Path = ("spec", "volumes", index, "name")
            if volume.holds_secrets:
                yield self.declared_object("", "Secret", f"-{volume.name}-files", path=path)
            elif volume.files is not None:
                yield self.declared_object("", "ConfigMap", f"-{volume.name}", path=path)
        for claim in self.claims():
            path = (*claim.path[:3], "name")
            for ordinal in range(claim.count) if claim.of_replicas else (None,):
                end = f"-{claim.volume}" if ordinal is None else f"-{claim.volume}-{ordinal}"
                name = self.name + end if ordinal is None else f"{claim.volume}-{self.name}-{ordinal}"
                yield DeclaredObject("", "", "PersistentVolumeClaim", self.namespace or "", name, path)
                # Pulumi's name of a replica's claim is another one, and must be unique too.
                yield self.declared_object(PULUMI, "resource of a claim", end, path=path, maker="Pulumi")
