"""Says why an object was not ready in time, from what the state records of it. Pure.

At the end of its wait the Kubernetes provider says "timed out waiting for the condition" of a custom resource, and no
more; the object as it was then is recorded all the same.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.converge.engine_errors import Failure
from pacific_infra.converge.health import WAIT_FOR

TIMED_OUT = "timed out waiting for the condition"


def explain_timeouts(failures: Sequence[Failure], resources: Sequence[Mapping[str, Any]]) -> list[Failure]:
    """The failures, each wait that came to its deadline with what was waited for and what was there at last."""
    recorded = {resource["urn"]: resource for resource in resources}
    return [
        Failure(failure.urn, f"{failure.message.strip()}\n{_why(recorded[failure.urn])}")
        if failure.urn in recorded and TIMED_OUT in failure.message
        else failure
        for failure in failures
    ]


def _why(recorded: Mapping[str, Any]) -> str:
    live: Mapping[str, Any] = recorded.get("outputs") or recorded.get("inputs") or {}
    metadata = live.get("metadata") or {}
    awaited = (metadata.get("annotations") or {}).get(WAIT_FOR, "")
    try:
        parts = json.loads(awaited)
    except ValueError:
        parts = awaited
    awaited_text = ", ".join(parts if isinstance(parts, list) else [str(parts)]) or "its kind's own rule"
    return f"it was waited for {awaited_text}; {_last(live.get('status') or {}, metadata.get('generation'))}"


def _last(status: Mapping[str, Any], generation: object) -> str:
    """The conditions at last; where there are none, that nobody has reported any."""
    conditions = [*(status.get("conditions") or ()), *((status.get("v1beta2") or {}).get("conditions") or ())]
    if not conditions:
        return "its status has no conditions: no controller has worked on it, or it reports none"
    return "at last: " + "; ".join(_condition(condition, generation) for condition in conditions)


def _condition(condition: Mapping[str, Any], generation: object) -> str:
    text = f"{condition.get('type')}={condition.get('status')}"
    text += f" ({condition['reason']})" if condition.get("reason") else ""
    text += f": {condition['message']}" if condition.get("message") else ""
    observed = condition.get("observedGeneration")
    stale = observed is not None and generation is not None and observed != generation
    return f"{text} [of generation {observed}, wanted {generation}]" if stale else text
