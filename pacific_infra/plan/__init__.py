"""The plan: what the engine would do, node by node of the graph, in the order in which it would happen."""

from pacific_infra.documents.resource_types import document_id_of, is_external, resource_of
from pacific_infra.plan.assessment import Assessment, assess
from pacific_infra.plan.changes import Operation, PropertyChange, ResourceChange, Standing
from pacific_infra.plan.markdown import render_markdown
from pacific_infra.plan.plan import Counts, Plan, PlannedNode, build_plan
from pacific_infra.plan.plan_json import PLAN_SCHEMA, plan_json, plan_json_text
from pacific_infra.plan.tree import counts_line, render_tree

__all__ = [
    "PLAN_SCHEMA",
    "Assessment",
    "Counts",
    "Operation",
    "Plan",
    "PlannedNode",
    "PropertyChange",
    "ResourceChange",
    "Standing",
    "assess",
    "build_plan",
    "counts_line",
    "document_id_of",
    "is_external",
    "plan_json",
    "plan_json_text",
    "render_markdown",
    "render_tree",
    "resource_of",
]
