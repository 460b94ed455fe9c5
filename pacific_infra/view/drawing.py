"""Where each document, or group of documents, is drawn: a column for each wave, wide where the wave is long. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pacific_infra.view.model import NodeView

WIDTH, HEIGHT, GAP = 196, 42, 10
WAVE_GAP, HEADING, MARGIN = 64, 30, 12
MOST_BOXES = 80
"""More documents are drawn in groups."""
MOST_ROWS = 12
"""Boxes below each other; a longer wave goes on in a column beside."""
MOST_EDGES = 400
STATES = ("missing", "degraded", "unknown", "drifted", "progressing", "planned", "suspended", "healthy")
"""The worst first: the colour of a group, and the order of counts."""

Group = tuple[int, str, str]
"""Wave, namespace and kind; an empty one is not told apart."""


@dataclass(frozen=True, slots=True)
class Box:
    """A document, or several."""

    x: int
    y: int
    title: str
    subtitle: str
    state: str
    nodes: tuple[str, ...]
    query: str
    """Of a group: the filter by which it is shown on its own."""


@dataclass(frozen=True)
class Drawing:
    """The boxes, the curves between them, and the size of the whole in pixels."""

    boxes: Sequence[Box]
    edges: Sequence[str]
    """SVG paths."""
    waves: Sequence[tuple[int, int, int]]
    """Number, left edge, and how many documents."""
    width: int
    height: int
    left_out: int = 0
    """Dependencies that are not drawn, because they are too many."""


def draw(nodes: Mapping[str, NodeView]) -> Drawing:
    """Every document on its own where they are few, else in groups by namespace and kind, or by kind alone."""
    groups = _grouped(list(nodes.values()))
    columns: dict[int, list[Group]] = defaultdict(list)
    for group in sorted(groups):
        columns[group[0]].append(group)
    boxes: dict[Group, Box] = {}
    waves, left = [], MARGIN
    rows = min(MOST_ROWS, max(map(len, columns.values()), default=1))
    for wave, listed in sorted(columns.items()):
        waves.append((wave, left, sum(len(groups[group]) for group in listed)))
        for index, group in enumerate(listed):
            column, row = divmod(index, rows)
            x, y = left + column * (WIDTH + GAP), MARGIN + HEADING + row * (HEIGHT + GAP)
            boxes[group] = _box(group, groups[group], x, y)
        left += ((len(listed) - 1) // rows + 1) * (WIDTH + GAP) - GAP + WAVE_GAP
    edges = _edges(nodes, boxes)
    height = 2 * MARGIN + HEADING + rows * (HEIGHT + GAP)
    return Drawing(
        list(boxes.values()),
        edges if len(edges) <= MOST_EDGES else [],
        waves,
        max(left - WAVE_GAP + MARGIN, WIDTH),
        height,
        0 if len(edges) <= MOST_EDGES else len(edges),
    )


def _grouped(nodes: Sequence[NodeView]) -> dict[Group, list[NodeView]]:
    ways: Sequence[Callable[[NodeView], Group]] = (
        lambda node: (node.wave, node.namespace, node.id),
        lambda node: (node.wave, node.namespace, node.kind),
        lambda node: (node.wave, node.namespace, ""),
        lambda node: (node.wave, "", node.kind),
    )
    groups: dict[Group, list[NodeView]] = {}
    for way in ways:
        groups = defaultdict(list)
        for node in nodes:
            groups[way(node)].append(node)
        if len(groups) <= MOST_BOXES:
            break
    return groups


def _box(group: Group, nodes: Sequence[NodeView], x: int, y: int) -> Box:
    wave, namespace, kind = group
    identifiers = tuple(node.id for node in nodes)
    if len(nodes) == 1:
        (node,) = nodes
        title = f"{node.namespace}/{node.name}" if node.namespace and node.kind != "Namespace" else node.name
        return Box(x, y, title, node.kind, node.state, identifiers, "")
    counts = Counter(node.state for node in nodes)
    state = next(state for state in STATES if counts[state])
    filters = {"wave": str(wave), "namespace": namespace, "kind": kind}
    query = "&".join(f"{name}={value}" for name, value in filters.items() if value)
    texts = [f"{counts[name]} {name}" for name in STATES if counts[name]]
    title = " ".join(filter(None, (namespace, kind))) or "of the whole vCenter"
    return Box(x, y, f"{title}, {len(nodes)}", ", ".join(texts[:2]), state, identifiers, query)


def _edges(nodes: Mapping[str, NodeView], boxes: Mapping[Group, Box]) -> list[str]:
    box_of = {node: box for box in boxes.values() for node in box.nodes}
    pairs = {
        (box_of[need.node], box_of[node.id])
        for node in nodes.values()
        for need in node.needs
        if need.node in box_of and box_of[need.node] is not box_of[node.id]
    }
    return sorted(_curve(first, second) for first, second in pairs)


def _curve(first: Box, second: Box) -> str:
    x1, y1 = first.x + WIDTH, first.y + HEIGHT // 2
    x2, y2 = second.x, second.y + HEIGHT // 2
    bend = max((x2 - x1) // 2, 24)
    return f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"
