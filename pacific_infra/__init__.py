"""Declare, plan and converge a VMware vSphere Supervisor as one dependency graph, on Pulumi.

What a program needs to load, check and plan documents (docs/python.md)::

    estate = pacific_infra.load_estate(["documents"])
    graph = pacific_infra.build_graph(estate)
    assessment = pacific_infra.assess(graph, pacific_infra.all_rules(), date.today())

Nothing of it imports Pulumi, and each name is imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pacific_infra.documents import Document, Estate, json_schema, load_estate
    from pacific_infra.errors import PacificError, PacificErrors
    from pacific_infra.graph import Dependency, DependencyGraph, build_graph
    from pacific_infra.plan import (
        Assessment,
        Plan,
        ResourceChange,
        assess,
        build_plan,
        plan_json,
        render_markdown,
    )
    from pacific_infra.plan.policy import all_rules

__version__ = "0.1.0"

__all__ = [
    "Assessment",
    "Dependency",
    "DependencyGraph",
    "Document",
    "Estate",
    "PacificError",
    "PacificErrors",
    "Plan",
    "ResourceChange",
    "all_rules",
    "assess",
    "build_graph",
    "build_plan",
    "json_schema",
    "load_estate",
    "plan_json",
    "render_markdown",
]

_PACKAGES = {
    "pacific_infra.documents": ("Document", "Estate", "json_schema", "load_estate"),
    "pacific_infra.errors": ("PacificError", "PacificErrors"),
    "pacific_infra.graph": ("Dependency", "DependencyGraph", "build_graph"),
    "pacific_infra.plan": (
        "Assessment",
        "Plan",
        "ResourceChange",
        "assess",
        "build_plan",
        "plan_json",
        "render_markdown",
    ),
    "pacific_infra.plan.policy": ("all_rules",),
}
_PACKAGE_OF = {name: package for package, names in _PACKAGES.items() for name in names}


def __getattr__(name: str) -> Any:
    # The command line starts in a third of a second because it imports only what a command needs.
    if name not in _PACKAGE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PACKAGE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
