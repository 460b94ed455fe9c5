"""The plan as JSON, for pipelines."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pacific_infra.plan.assessment import Assessment, assessment_json
from pacific_infra.plan.changes import ResourceChange
from pacific_infra.plan.plan import Plan, PlannedNode

PLAN_SCHEMA = "pacific.infra/plan/v1"
"""Name and version of the form; a field may be added within a version, none changes or goes."""


def plan_json(plan: Plan, assessment: Assessment | None = None) -> dict[str, Any]:
    """The plan as values that ``json.dumps`` takes; the same plan always gives the same."""
    return {**_summary(plan, assessment), **{name: list(values) for name, values in _lists(plan).items()}}


def plan_json_text(plan: Plan, assessment: Assessment | None = None) -> Iterator[str]:
    """The same as JSON text, in parts to write one after the other: a large plan is in memory once, not three times.

    Each document and resource has a line of its own.
    """
    yield "{\n"
    for name, value in _summary(plan, assessment).items():
        yield f'  "{name}": {json.dumps(value)},\n'
    for number, (name, values) in enumerate(_lists(plan).items()):
        yield f'{"," if number else ""}\n  "{name}": ['.removeprefix("\n")
        separator = "\n"
        for value in values:
            yield f"{separator}    {json.dumps(value)}"
            separator = ",\n"
        yield "]" if separator == "\n" else "\n  ]"
    yield "\n}\n"


def _summary(plan: Plan, assessment: Assessment | None) -> dict[str, Any]:
    return {
        "schema": PLAN_SCHEMA,
        "counts": asdict(plan.counts),
        "destroysData": [
            {"node": node.id, "urn": resource.urn, "goesWith": resource.goes_with}
            for node, resource in plan.destroyed_data
        ],
        "gone": list(plan.lost),
        "left": [{"node": part.id, "type": fate.type, "name": fate.name} for part in plan.left for fate in part.fates],
        **({"stacks": plan.stacks.as_json()} if plan.stacks else {}),
        "waves": [[node.id for node in nodes] for _, nodes in plan.waves],
        **(assessment_json(assessment) if assessment else {}),
    }


def _lists(plan: Plan) -> dict[str, Iterator[dict[str, Any]]]:
    return {
        "nodes": map(_node, plan.nodes),
        "removed": map(_node, plan.removed),
        "others": map(_resource, plan.others),
    }


def _node(node: PlannedNode) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "operation": node.operation,
        "wave": node.wave,
        "place": node.place,
        "remark": node.remark,
        **({"uses": list(node.uses)} if node.uses else {}),
        "after": [
            {"node": dependency.target, "reason": dependency.reason, "field": dependency.field}
            for dependency in node.dependencies
        ],
        "resources": [_resource(resource) for resource in node.resources],
    }


def _resource(resource: ResourceChange) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "operation": resource.operation,
        "retained": resource.retained,
        "remark": resource.remark,
        "changes": [
            {
                "path": change.path,
                "kind": change.kind,
                "old": change.old,
                "new": change.new,
                "replaces": change.replaces,
            }
            for change in resource.changes
        ],
    }
