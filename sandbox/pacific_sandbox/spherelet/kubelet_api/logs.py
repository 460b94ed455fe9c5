"""What a kube-apiserver asks of a container's log. Pure."""

import time
from collections.abc import Mapping

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import seconds_of
from pacific_sandbox.spherelet.pod_runtime import LogRequest


def log_request(container: str, query: Mapping[str, str]) -> LogRequest:
    """The query of ``/containerLogs``. Raises ValueError for what is no number or no time."""
    since = None
    if query.get("sinceTime"):
        since = seconds_of(query["sinceTime"])
    elif query.get("sinceSeconds"):
        since = time.time() - int(query["sinceSeconds"])
    return LogRequest(
        container,
        follow=_flag(query, "follow"),
        previous=_flag(query, "previous"),
        timestamps=_flag(query, "timestamps"),
        tail_lines=_number(query, "tailLines"),
        since=since,
        limit_bytes=_number(query, "limitBytes"),
    )


def unavailable(pod: Object, container: str, *, previous: bool) -> str | None:
    """Why there is no log, in the kubelet's words (``validateContainerLogStatus``); None where there is one."""
    name, status = pod["metadata"]["name"], pod.get("status", {})
    known = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    status_of_container = next((status for status in known if status["name"] == container), None)
    if status_of_container is None:
        return f'container "{container}" in pod "{name}" is not available'
    if previous and "terminated" not in status_of_container.get("lastState", {}):
        return f'previous terminated container "{container}" in pod "{name}" not found'
    waiting = status_of_container.get("state", {}).get("waiting")
    if waiting and "terminated" not in status_of_container.get("lastState", {}):
        return f'container "{container}" in pod "{name}" is waiting to start: {waiting["reason"]}'
    return None


def _flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "") in ("true", "1")


def _number(query: Mapping[str, str], name: str) -> int | None:
    return int(query[name]) if query.get(name) else None
