"""Where each document is drawn: a column for each wave, neighbours near each other. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pacific_infra.graph import DependencyGraph

NODE_WIDTH, NODE_HEIGHT = 210, 40
COLUMN, ROW, MARGIN, HEADING = 280, 54, 24, 34
_SWEEPS = 4


@dataclass(frozen=True)
class Layout:
    """Upper left corners of the nodes, in pixels, and the size of the whole."""

    positions: Mapping[str, tuple[int, int]]
    width: int
    height: int


def layout(graph: DependencyGraph) -> Layout:
    """Columns by wave. Rows by where neighbours lie, gone over a few times (the barycentre method)."""
    columns = [list(wave) for wave in graph.waves]
    row = {node: float(number) for column in columns for number, node in enumerate(column)}
    for _ in range(_SWEEPS):
        for column in columns:
            _sort(column, row, {node: graph.needs(node) for node in column})
        for column in reversed(columns):
            _sort(column, row, {node: graph.needed_by(node) for node in column})
    tallest = max((len(column) for column in columns), default=0)
    positions = {}
    for wave, column in enumerate(columns):
        top = MARGIN + HEADING + (tallest - len(column)) * ROW // 2
        for number, node in enumerate(column):
            positions[node] = (MARGIN + wave * COLUMN, top + number * ROW)
    width = 2 * MARGIN + max(len(columns) - 1, 0) * COLUMN + NODE_WIDTH
    return Layout(positions, width, 2 * MARGIN + HEADING + tallest * ROW)


def _sort(column: list[str], row: dict[str, float], neighbours: Mapping[str, Sequence[str]]) -> None:
    def middle(node: str) -> float:
        near = neighbours[node]
        return sum(row[neighbour] for neighbour in near) / len(near) if near else row[node]

    column.sort(key=lambda node: (middle(node), node))
    # Spread over the same height, so that a short column's rows compare with a long one's.
    row.update({node: (number + 0.5) / len(column) for number, node in enumerate(column)})
