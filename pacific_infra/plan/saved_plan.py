"""A plan in a file: what was read and approved is what is applied, or nothing is."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.plan.changes import UNCHANGED
from pacific_infra.plan.json_form import plan_json
from pacific_infra.plan.plan import Plan

SAVED_PLAN_SCHEMA = "pacific.infra/saved-plan/v1"


def save_plan(file: Path, plan: Plan, *, project: str, stack: str) -> None:
    """Write a plan with what each resource is to be (digests, no values beyond the plan's own)."""
    document = {
        "schema": SAVED_PLAN_SCHEMA,
        "project": project,
        "stack": stack,
        "resources": _resources(plan),
        "plan": plan_json(plan),
    }
    try:
        file.write_text(json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise PacificError(f"the plan cannot be written ({error.strerror})", place=str(file)) from None


def check_saved_plan(file: Path, plan: Plan, *, project: str, stack: str) -> None:
    """Raises PacificError where ``plan``, made just now, is not the one in ``file``, with what differs."""
    try:
        saved = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise PacificError("cannot read the saved plan", place=str(file), value=str(error)) from None
    if not isinstance(saved, dict) or saved.get("schema") != SAVED_PLAN_SCHEMA:
        raise PacificError("not a saved plan", place=str(file), fix="make one with: pacific plan --save FILE")
    if (saved["project"], saved["stack"]) != (project, stack):
        raise PacificError(
            "the plan is for another stack",
            place=str(file),
            value=f"{saved['project']}/{saved['stack']}",
            allowed=f"{project}/{stack}",
        )
    differences = list(_differences(saved["resources"], _resources(plan)))
    if differences:
        raise PacificError(
            "what would happen now is not what the saved plan says; nothing was changed:\n  "
            + "\n  ".join(differences),
            place=str(file),
            fix="plan again, have that approved, and apply it",
        )


def _resources(plan: Plan) -> dict[str, dict[str, str]]:
    """By URN, what happens and what it is to be; deletions that the plan names only by document included."""
    nodes = (*plan.nodes, *plan.removed)
    all_resources = [*(resource for node in nodes for resource in node.resources), *plan.others]
    return {resource.urn: {"operation": resource.operation, "digest": resource.digest} for resource in all_resources}


def _differences(saved: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for urn in sorted({*saved, *now}):
        before, after = saved.get(urn), now.get(urn)
        steps = [step["operation"] for step in (before, after) if step]
        # A stack in which nothing changes need not be looked at both times.
        if before == after or (len(steps) == 1 and steps[0] in UNCHANGED):
            continue
        name = urn.rpartition("::")[2]
        kind = urn.split("::")[2].rpartition("$")[2]
        then = before["operation"] if before else "not there"
        later = after["operation"] if after else "not there"
        difference = f"{then} then, {later} now" if then != later else f"{then}, with other properties than then"
        yield f"{kind} {name}: {difference}"
