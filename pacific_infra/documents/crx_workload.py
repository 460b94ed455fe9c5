"""CrxWorkload: vSphere Pods, each a small VM of its own with the CRX Linux kernel, run by a Kubernetes controller."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from pacific_infra.documents.capabilities import PULUMI, DeclaredObject, Pods, VolumeClaim
from pacific_infra.documents.container import Container
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import CheckedModel, DeletionPolicy, Listed, NamespacedMetadata, Spec
from pacific_infra.documents.numbers import GREATEST_COUNT, Count, PositiveCount
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.schedule import Cron
from pacific_infra.documents.service import Service
from pacific_infra.documents.source import Path
from pacific_infra.documents.volume import Volume

PERCENT = r"^([0-9]|[1-9][0-9]|100)%$"


def _count_or_percent(value: object) -> object:
    percent = isinstance(value, str) and re.fullmatch(PERCENT, value)
    if not percent and not (isinstance(value, int) and type(value) is not bool and 0 <= value <= GREATEST_COUNT):
        raise problems_error(Problem("not a number of pods", (), value, "a whole number, or 0% to 100%"))
    return value


CountOrPercent = Annotated[
    int | str,
    BeforeValidator(_count_or_percent),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": GREATEST_COUNT},
                {"type": "string", "pattern": PERCENT},
            ]
        }
    ),
]


class DisruptionBudget(CheckedModel):
    """How many pods may be away on purpose at one time, such as when a host goes into maintenance."""

    min_available: CountOrPercent | None = None
    """Pods that stay, a number or a percentage; or give `maxUnavailable`."""
    max_unavailable: CountOrPercent | None = None
    """Pods that may be away, a number or a percentage; or give `minAvailable`."""

    def problems(self) -> Iterator[Problem]:
        if (self.min_available is None) == (self.max_unavailable is None):
            yield Problem("a disruptionBudget has either minAvailable or maxUnavailable", fix="give one of the two")


class Autoscaler(CheckedModel):
    """How many pods to run by how busy they are."""

    min_replicas: PositiveCount = 1
    """The fewest pods."""
    max_replicas: PositiveCount
    """The most pods."""
    cpu_utilization: int = Field(default=80, ge=1, le=1000)
    """Average CPU use to aim at, percent of the request."""
    memory_utilization: int | None = Field(default=None, ge=1, le=1000)
    """Average memory use to aim at too, percent of the request."""

    def problems(self) -> Iterator[Problem]:
        if self.max_replicas < self.min_replicas:
            problem = "maxReplicas is below minReplicas"
            yield Problem(problem, ("maxReplicas",), self.max_replicas, f"{self.min_replicas} or more")


class CrxWorkloadSpec(Spec):
    """The wanted workload."""

    kind: Annotated[Literal["Deployment", "StatefulSet", "Job", "CronJob"], PLAIN]
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
    """When a CronJob runs: minute, hour, day of the month, month, day of the week, in UTC; or @daily and the like."""
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
    disruption_budget: DisruptionBudget | None = None
    """How many pods may be away on purpose at one time."""
    autoscaler: Autoscaler | None = None
    """How many pods to run by how busy they are; in place of `replicas`."""
    service_account: Annotated[bool, PLAIN] = False
    """Whether it has a ServiceAccount of its own, whose token its pods get; by itself it has no rights."""
    termination_grace_period_seconds: Count | None = None
    """Seconds that a pod has to stop when it is asked to; default 30."""
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
        }
        for field, (value, kinds) in only.items():
            if value is not None and self.kind not in kinds:
                fix = f"remove {field}, or set spec.kind: {kinds[0]}"
                yield Problem(f"a {self.kind} has no {field}", (field,), fix=fix)
        if self.kind == "CronJob" and self.schedule is None:
            yield Problem("a CronJob has no schedule", fix="add schedule: such as '0 3 * * *'")
        if self.replicas is not None and self.autoscaler is not None:
            yield Problem(
                "the autoscaler decides the number of replicas", ("replicas",), self.replicas, fix="remove replicas"
            )

    def _container_problems(self) -> Iterator[Problem]:
        volumes = {volume.name for volume in self.volumes}
        names: set[str] = set()
        for field, containers in (("containers", self.containers), ("initContainers", self.init_containers)):
            for index, container in enumerate(containers):
                if container.name in names:
                    yield Problem("two containers have one name", (field, index, "name"), container.name)
                names.add(container.name)
                for mount_index, mount in enumerate(container.volume_mounts):
                    if mount.name not in volumes:
                        path = (field, index, "volumeMounts", mount_index, "name")
                        yield Problem(
                            "the workload has no volume of this name", path, mount.name, ", ".join(sorted(volumes))
                        )

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
        return Pods(spec.most_pods, spec.containers, spec.init_containers, spec.disruption_budget is not None)

    def containers(self) -> Iterator[tuple[Path, Container]]:
        fields = (("containers", self.spec.containers), ("initContainers", self.spec.init_containers))
        for field, containers in fields:
            for index, container in enumerate(containers):
                yield ("spec", field, index), container

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
