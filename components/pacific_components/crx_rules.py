"""What the arguments of a CrxWorkload must be together. What each must be by itself, its type says."""

from collections.abc import Iterator, Mapping
from typing import Any

from pacific_components.crx_arguments import CrxWorkloadArgs
from pacific_infra.errors import PacificError, PacificErrors

_PODS = ("Deployment", "StatefulSet")
_ONCE = ("Job", "CronJob")
_KINDS: Mapping[str, tuple[str, ...]] = {
    "replicas": _PODS,
    "autoscaler": _PODS,
    "schedule": ("CronJob",),
    "concurrency_policy": ("CronJob",),
    "completions": _ONCE,
    "parallelism": _ONCE,
    "backoff_limit": _ONCE,
    "deadline_seconds": _ONCE,
}
"""Properties that other kinds of controllers do not have."""
_PROBES = ("readiness_probe", "liveness_probe", "startup_probe")


def check_together(args: CrxWorkloadArgs, owner: str) -> None:
    """Raises PacificErrors where arguments contradict each other, or one that another needs is missing."""
    problems = [
        PacificError(what, place=f"{owner}: {path}", **details)
        for path, what, details in (*_kinds(args), *_claims(args), *_alternatives(args))
    ]
    if problems:
        raise PacificErrors(problems)


def _kinds(args: CrxWorkloadArgs) -> Iterator[tuple[str, str, dict[str, Any]]]:
    kind = args.get("kind", "Deployment")
    for name, kinds in _KINDS.items():
        if name in args and kind not in kinds:
            fix = f"set kind to {' or '.join(kinds)}, or take {name} out"
            yield name, f"a {kind} has none", {"fix": fix}
    if kind == "CronJob" and "schedule" not in args:
        yield "schedule", "is required by kind CronJob", {"allowed": 'a cron expression, such as "0 3 * * *"'}


def _claims(args: CrxWorkloadArgs) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if args.get("kind") != "StatefulSet" or not args.get("claim_volumes"):
        return
    most: Any = args.get("replicas", 1)
    path = "replicas"
    if "autoscaler" in args:
        most, path = args["autoscaler"]["max_replicas"], "autoscaler.max_replicas"
    if not isinstance(most, int):
        fix = "write the value itself: each replica's claims are resources"
        yield path, "cannot be an output in a StatefulSet with claim_volumes", {"fix": fix}


def _alternatives(args: CrxWorkloadArgs) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if "service" in args and not args["service"]["ports"]:
        yield "service.ports", "needs at least one port", {}
    if "disruption_budget" in args:
        yield from _one_of(args["disruption_budget"], "disruption_budget", ("min_available", "max_unavailable"))
    for index, volume in enumerate(args.get("reference_volumes", ())):
        yield from _one_of(volume, f"reference_volumes[{index}]", ("config_map", "secret"))
    for group in ("containers", "init_containers"):
        for index, container in enumerate(args.get(group, ())):  # type: ignore[arg-type, var-annotated]
            for name in _PROBES:
                if name in container:
                    path = f"{group}[{index}].{name}"
                    yield from _one_of(container[name], path, ("http_get", "tcp_socket", "exec"))


def _one_of(
    given: Mapping[str, Any], path: str, alternatives: tuple[str, ...]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    found = [name for name in alternatives if name in given]
    if len(found) != 1:
        what = f"takes one of {', '.join(alternatives)}, and only one"
        yield path, what, {"value": " and ".join(found) or None}
