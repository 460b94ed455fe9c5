"""Fills the page: the graph as SVG laid out here, everything else as JSON that the page's script shows."""

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.edges import edges_within
from pacific_infra.plan.assessment import Assessment
from pacific_infra.plan.durations import Forecast
from pacific_infra.plan.html.layout import HEADING, MARGIN, NODE_HEIGHT, NODE_WIDTH, Layout, layout
from pacific_infra.plan.plan import Plan, PlannedNode
from pacific_infra.plan.plan_json import plan_json
from pacific_infra.plan.tree import SIGNS, counts_line

_LONGEST_NAME = 26


def render_html(
    plan: Plan, graph: DependencyGraph, assessment: Assessment, forecast: Forecast | None, *, title: str
) -> str:
    """The page. ``forecast``: None where durations have not been measured, then no critical path is drawn."""
    critical = forecast.likely.critical_path if forecast else ()
    where = files("pacific_infra.plan.html")
    data: dict[str, Any] = {
        "plan": plan_json(plan, assessment),
        "critical": list(critical),
        "spans": {node: [span.start, span.end, span.slack] for node, span in forecast.likely.spans.items()}
        if forecast
        else {},
        "makespan": forecast.likely.makespan if forecast else None,
        "verdicts": [
            {"line": line, "good": good, "advice": [{"severity": severity, "text": text} for severity, text in advice]}
            for line, good, advice in (
                (assessment.capacity_line, assessment.capacity.fits, assessment.capacity_advice()),
                (assessment.policy_line, not assessment.policy.errors, assessment.policy_advice()),
            )
        ],
    }
    placed = layout(graph)
    parts = {
        "title": escape(title),
        "counts": escape(counts_line(plan)),
        "style": where.joinpath("page.css").read_text(encoding="utf-8"),
        "script": where.joinpath("page.js").read_text(encoding="utf-8"),
        "graph": "\n".join(_svg(plan, graph, placed, set(critical))),
        # In a script element nothing but its end tag is special.
        "data": json.dumps(data, default=str).replace("<", "\\u003c"),
    }
    page = where.joinpath("page.html").read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    return page


def _svg(plan: Plan, graph: DependencyGraph, placed: Layout, critical: set[str]) -> Iterator[str]:
    yield (
        f'<svg id="graph" viewBox="0 0 {placed.width} {placed.height}" width="{placed.width}" height="{placed.height}" '
        'role="img" aria-label="dependency graph by waves">'
    )
    for number, wave in enumerate(graph.waves, 1):
        yield f'<text class="wave" x="{placed.positions[wave[0]][0]}" y="{MARGIN + HEADING // 2}">Wave {number}</text>'
    for needed, needing, reasons in edges_within(graph, frozenset(graph.order)):
        yield _edge(placed, needed, needing, reasons, on_path={needed, needing} <= critical)
    for node in plan.nodes:
        yield _node(placed, node, on_path=node.id in critical)
    yield "</svg>"


def _edge(placed: Layout, needed: str, needing: str, reasons: str, *, on_path: bool) -> str:
    x1, y1 = placed.positions[needed][0] + NODE_WIDTH, placed.positions[needed][1] + NODE_HEIGHT // 2
    x2, y2 = placed.positions[needing][0], placed.positions[needing][1] + NODE_HEIGHT // 2
    bend = max((x2 - x1) // 2, 30)
    kind = "containment" if reasons == "containment" else "reference"
    path = " critical" if on_path else ""
    return (
        f'<path class="edge {kind}{path}" data-from="{escape(needed)}" data-to="{escape(needing)}" '
        f'd="M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"><title>{escape(needing)} needs '
        f"{escape(needed)}: {escape(reasons)}</title></path>"
    )


def _node(placed: Layout, node: PlannedNode, *, on_path: bool) -> str:
    x, y = placed.positions[node.id]
    name = node.id.partition("/")[2]
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    path = " critical" if on_path else ""
    return (
        f'<g class="node {node.operation}{path}" data-id="{escape(node.id)}" tabindex="0" role="button" '
        f'transform="translate({x},{y})"><title>{escape(node.id)}</title>'
        f'<rect width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="6"/>'
        f'<text class="name" x="10" y="17">{escape(SIGNS[node.operation])} {escape(short)}</text>'
        f'<text class="kind" x="10" y="32">{escape(node.kind)}</text></g>'
    )
