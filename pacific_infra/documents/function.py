"""Function: a program that runs while there are requests for it, as a Knative Service of vSphere Pods."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import DeclaredObject, Pods
from pacific_infra.documents.container import Container
from pacific_infra.documents.document import Document
from pacific_infra.documents.environment import FieldReference, ResourceReference
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import AdoptableSpec, CheckedModel, Listed, NamespacedMetadata
from pacific_infra.documents.names import FileName, Label
from pacific_infra.documents.numbers import Count, PositiveCount
from pacific_infra.documents.probe import Lifecycle
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.schedule import Cron
from pacific_infra.documents.source import Path

PORT_NAMES = ("http1", "h2c")
"""Names by which Knative knows a port's protocol."""


class Scale(CheckedModel):
    """How many pods run, by how many requests there are."""

    minimum: Count = Field(default=0, validation_alias="min", serialization_alias="min")
    """The fewest pods; 0: none while nobody asks, and the first request waits for one."""
    maximum: PositiveCount = Field(default=10, validation_alias="max", serialization_alias="max")
    """The most pods: what the plan counts for capacity."""
    idle_seconds: int = Field(default=60, ge=6, le=3600)
    """Seconds without a request after which pods go."""

    def problems(self) -> Iterator[Problem]:
        if self.maximum < self.minimum:
            yield Problem("max is below min", ("max",), self.maximum, f"{self.minimum} or more")


class Schedule(CheckedModel):
    """A request at fixed times."""

    name: Annotated[Label, PLAIN]
    """Name, unique in the function."""
    schedule: Cron
    """When: minute, hour, day of the month, month, day of the week, in UTC; or @daily and the like."""
    data: str = ""
    """Body of the request."""
    content_type: str = "application/json"
    """Media type of `data`."""


class Triggers(CheckedModel):
    """What calls the function."""

    http: Literal["External", "Internal"] = "External"
    """External: by its URL from outside. Internal: inside the Supervisor only."""
    schedules: Listed[Schedule] = ()
    """Requests at fixed times; they take Knative Eventing."""

    def problems(self) -> Iterator[Problem]:
        names = [schedule.name for schedule in self.schedules]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem("two schedules have one name", ("schedules", index, "name"), name)


class FunctionSpec(AdoptableSpec):
    """The wanted function."""

    container: Container
    """Its program: one container that listens on one port, 8080 unless it says another."""
    concurrency: int = Field(default=0, ge=0, le=1000)
    """Requests that one pod gets at a time, others wait or start another pod; 0: as many as come."""
    timeout_seconds: int = Field(default=300, ge=1, le=600)
    """Seconds that one request may take, with the start of a pod for it."""
    scale: Scale = Scale()
    """How many pods run."""
    image_pull_secrets: Listed[FileName] = ()
    """Names of Secrets of this namespace with logins to registries (type kubernetes.io/dockerconfigjson)."""
    triggers: Triggers = Triggers()
    """What calls it."""

    def problems(self) -> Iterator[Problem]:
        ports = self.container.ports
        if len(ports) > 1:
            problem = "a function listens on one port"
            yield Problem(problem, ("container", "ports", 1), ports[1].container_port, fix="remove the other ports")
        for index, port in enumerate(ports[:1]):
            path: Path = ("container", "ports", index)
            if port.protocol != "TCP":
                yield Problem("a function is asked by HTTP", (*path, "protocol"), port.protocol, "TCP")
            if port.name is not None and port.name not in PORT_NAMES:
                problem = "Knative reads the protocol from a port's name"
                yield Problem(problem, (*path, "name"), port.name, ", ".join(PORT_NAMES), "remove name")
        if self.container.volume_mounts:
            where = ("container", "volumeMounts")
            yield Problem("a Function has no volumes", where, fix="remove volumeMounts; keep data in a database")
        yield from self._refused_by_knative()

    def _refused_by_knative(self) -> Iterator[Problem]:
        """Fields of containers that Knative Serving's webhook refuses (pkg/apis/serving/fieldmask.go) or has switched
        off unless its administrator turns them on (config-features).
        """
        container = self.container
        for field, is_set in (
            ("lifecycle", container.lifecycle != Lifecycle()),
            ("restartPolicy", container.restart_policy is not None),
        ):
            if is_set:
                yield Problem(f"a Function has no {field}", ("container", field), fix=f"remove {field}")
        for variable, value in container.environment.items():
            if isinstance(value, FieldReference | ResourceReference):
                problem = "a Function's variables take no fields of the pod"
                yield Problem(problem, ("container", "environment", variable), fix="remove it")


class Function(Document):
    """A program that runs while there are requests for it."""

    kind: Literal["Function"]
    """Always Function."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: FunctionSpec
    """The wanted function."""

    @property
    def pods(self) -> Pods:
        """As many as it may have: the plan promises that the busiest moment fits."""
        return Pods(self.spec.scale.maximum, (self.spec.container,))

    def containers(self) -> Iterator[tuple[Path, Container]]:
        yield ("spec", "container"), self.spec.container

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("serving.knative.dev", "Service")
        yield self.declared_object("", "Service", maker="Knative")
        yield from self.environment_secret()
        yield from self.policy_of_denied(documents)
        for index, schedule in enumerate(self.spec.triggers.schedules):
            path = ("spec", "triggers", "schedules", index, "name")
            yield self.declared_object("sources.knative.dev", "PingSource", f"-{schedule.name}", path=path)
