"""The plan: what the engine would do, node by node of the graph, in the order in which it would happen.

Each name is imported when it is used: capacity and policy import the models of documents.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pacific_infra.documents.resource_types import document_id_of, is_external, resource_of
    from pacific_infra.plan.assessment import Assessment, assess
    from pacific_infra.plan.changes import Operation, PropertyChange, ResourceChange, Standing
    from pacific_infra.plan.json_form import PLAN_SCHEMA, plan_json, plan_json_text
    from pacific_infra.plan.markdown import render_markdown
    from pacific_infra.plan.plan import Counts, Plan, PlannedNode, build_plan
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

_MODULES = {
    "pacific_infra.documents.resource_types": ("document_id_of", "is_external", "resource_of"),
    "pacific_infra.plan.assessment": ("Assessment", "assess"),
    "pacific_infra.plan.changes": ("Operation", "PropertyChange", "ResourceChange", "Standing"),
    "pacific_infra.plan.markdown": ("render_markdown",),
    "pacific_infra.plan.plan": ("Counts", "Plan", "PlannedNode", "build_plan"),
    "pacific_infra.plan.json_form": ("PLAN_SCHEMA", "plan_json", "plan_json_text"),
    "pacific_infra.plan.tree": ("counts_line", "render_tree"),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
