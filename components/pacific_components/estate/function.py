"""Document Function to arguments."""

import pulumi

from pacific_components.estate.crx_workload import container_args
from pacific_components.estate.given import annotations_of
from pacific_components.estate.sources import Sources
from pacific_components.function import FunctionArgs, ScheduleArgs
from pacific_infra.documents import Function
from pacific_infra.documents.function import Schedule


def function_args(
    document: Function, namespace: pulumi.Input[str], *, denied_by_default: bool, sources: Sources
) -> FunctionArgs:
    """Arguments of the component. ``denied_by_default``: its namespace lets in nobody by itself."""
    spec = document.spec
    return {
        "namespace": namespace,
        "name": document.name,
        "container": container_args(spec.container, sources),
        "concurrency": spec.concurrency,
        "timeout_seconds": spec.timeout_seconds,
        "min_scale": spec.scale.minimum,
        "max_scale": spec.scale.maximum,
        "idle_seconds": spec.scale.idle_seconds,
        "internal": spec.triggers.http == "Internal",
        "schedules": [_schedule(one) for one in spec.triggers.schedules],
        "allow_ingress": denied_by_default,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }


def _schedule(schedule: Schedule) -> ScheduleArgs:
    args: ScheduleArgs = {"name": schedule.name, "schedule": schedule.schedule, "content_type": schedule.content_type}
    if schedule.data:
        args["data"] = schedule.data
    return args
