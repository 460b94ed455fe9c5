"""How many pods there are, and how they are changed for new ones."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.kubernetes_value import Metrics, ScalingBehavior
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import CheckedModel
from pacific_infra.documents.numbers import Count, CountOrPercent, PositiveCount
from pacific_infra.documents.problems import Problem


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
    cpu_utilization: int = Field(default=80, ge=0, le=1000)
    """Average CPU use to aim at, percent of the request; 0: CPU does not count."""
    memory_utilization: int | None = Field(default=None, ge=1, le=1000)
    """Average memory use to aim at too, percent of the request."""
    metrics: Annotated[Metrics, PLAIN] = ()
    """Other measures that count too, in Kubernetes' own spelling, where the Supervisor serves them."""
    behavior: ScalingBehavior | None = None
    """How fast it adds and takes away pods, in Kubernetes' own spelling."""

    def problems(self) -> Iterator[Problem]:
        if self.max_replicas < self.min_replicas:
            problem = "maxReplicas is below minReplicas"
            yield Problem(problem, ("maxReplicas",), self.max_replicas, f"{self.min_replicas} or more")
        if self.cpu_utilization == 0 and self.memory_utilization is None and not self.metrics:
            problem = "the autoscaler has nothing to go by"
            yield Problem(problem, ("cpuUtilization",), 0, fix="add memoryUtilization or metrics")


_NONE = (0, "0%")


class UpdateStrategy(CheckedModel):
    """How pods are changed for new ones."""

    type: Literal["RollingUpdate", "Recreate", "OnDelete"] = "RollingUpdate"
    """RollingUpdate: some at a time. Recreate, of a Deployment: all go before new ones come. OnDelete, of a
    StatefulSet: each when somebody deletes it."""
    max_unavailable: CountOrPercent | None = None
    """Pods that may be missing meanwhile, a number or a percentage; default 25%, of a StatefulSet 1."""
    max_surge: CountOrPercent | None = None
    """Pods that there may be above the number wanted, of a Deployment; default 25%."""
    partition: Count | None = None
    """In a StatefulSet, pods with a lower ordinal are left as they are; default 0."""

    def problems(self) -> Iterator[Problem]:
        limits = {"maxUnavailable": self.max_unavailable, "maxSurge": self.max_surge, "partition": self.partition}
        for field, value in limits.items():
            if value is not None and self.type != "RollingUpdate":
                fix = f"remove {field}, or set type: RollingUpdate"
                yield Problem(f"an update of type {self.type} has no {field}", (field,), value, fix=fix)
        if self.max_unavailable in _NONE and self.max_surge in _NONE:
            problem = "an update that may take away no pod and add none changes nothing"
            yield Problem(problem, ("maxSurge",), self.max_surge, "1 or more, beside maxUnavailable: 0")
