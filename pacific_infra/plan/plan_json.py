"""The plan as JSON, for pipelines."""

from dataclasses import asdict
from typing import Any

from pacific_infra.plan.assessment import Assessment, assessment_json
from pacific_infra.plan.changes import ResourceChange
from pacific_infra.plan.plan import Plan, PlannedNode

PLAN_SCHEMA = "pacific.infra/plan/v1"
"""Name and version of the form; a field may be added within a version, none changes or goes."""


def plan_json(plan: Plan, assessment: Assessment | None = None) -> dict[str, Any]:
    """The plan as values that ``json.dumps`` takes; the same plan always gives the same."""
    return {
        "schema": PLAN_SCHEMA,
        "counts": asdict(plan.counts),
        "destroysData": [{"node": node.id, "urn": resource.urn} for node, resource in plan.destroyed_data],
        "waves": [[node.id for node in nodes] for _, nodes in plan.waves],
        "nodes": [_node(node) for node in plan.nodes],
        "removed": [_node(node) for node in plan.removed],
        "others": [_resource(resource) for resource in plan.others],
        **(assessment_json(assessment) if assessment else {}),
    }


def _node(node: PlannedNode) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "operation": node.operation,
        "wave": node.wave,
        "place": node.place,
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
