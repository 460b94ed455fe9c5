"""Fills the page: the graph as SVG laid out here, everything else as JSON that the page's script shows."""

import json
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.drawing.bands import Drawing, Item, draw
from pacific_infra.graph.drawing.svg import asset, svg
from pacific_infra.plan.assessment import Assessment
from pacific_infra.plan.durations import Forecast
from pacific_infra.plan.json_form import plan_json
from pacific_infra.plan.markdown import render_markdown
from pacific_infra.plan.plan import Plan, PlannedNode
from pacific_infra.plan.tree import counts_line

OPERATIONS = ("refused", "delete", "replace", "update", "refresh", "create", "adopt", "read", "same")
"""What is planned for a document; the first of a group's colours it."""
PAGE_WIDTH = 1010
"""Pixels that a page of 1440 has beside its other column."""


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
    parts = {
        "title": escape(title),
        "counts": escape(counts_line(plan)),
        "style": where.joinpath("page.css").read_text(encoding="utf-8") + asset("graph.css"),
        "script": where.joinpath("page.js").read_text(encoding="utf-8"),
        "graph-script": asset("graph.js"),
        "graph": "\n".join(_Drawings(critical).of([_item(node, graph) for node in plan.nodes], "all documents")),
        "text": escape(render_markdown(plan, assessment)),
        # In a script element nothing but its end tag is special.
        "data": json.dumps(data, default=str).replace("<", "\\u003c"),
    }
    page = where.joinpath("page.html").read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    return page


def _item(node: PlannedNode, graph: DependencyGraph) -> Item:
    document = graph.document(node.id)
    space = document.governing_namespace or ""
    wave = graph.wave_of[node.id]
    return Item(node.id, document.kind, space, document.name, wave, node.operation, graph.needs(node.id))


def _outline(drawing: Drawing, label: str, prefix: str) -> str:
    links = (f'<a href="#{prefix}wave-{wave}">Wave {wave}</a> {count}' for wave, _, count in drawing.bands)
    return f'<nav class="outline" aria-label="Waves of {escape(label)}">{" ".join(links)}</nav>'


class _Drawings:
    """The graph, and below it a drawing of each group that it has, which opens."""

    def __init__(self, critical: Sequence[str]) -> None:
        self._critical = critical
        self._number = 0

    def of(self, items: Sequence[Item], label: str, prefix: str = "") -> Iterator[str]:
        drawing = draw(items, OPERATIONS, width=PAGE_WIDTH, critical=self._critical)
        names = {box: f"group-{self._number + number}" for number, box in enumerate(drawing.boxes, 1) if box.filters}
        self._number += len(drawing.boxes)
        yield _outline(drawing, label, prefix)
        yield svg(drawing, lambda box: f"#{names.get(box) or box.members[0]}", label=label, prefix=prefix)
        by_id = {item.id: item for item in items}
        for box, name in names.items():
            yield f"<details><summary>{escape(box.title)}: {escape(box.subtitle)}</summary>"
            yield f'<div id="{name}">'
            yield from self.of([by_id[member] for member in box.members], box.title, f"{name}-")
            yield "</div></details>"
