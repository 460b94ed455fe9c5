"""A drawing as SVG, for the plan's page and for the live one.

Its style is graph.css, what it does besides is graph.js; it can be read without either.
"""

from collections.abc import Callable
from html import escape
from importlib.resources import files

from pacific_infra.graph.drawing.bands import (
    HEIGHT,
    LONGEST_SUBTITLE,
    LONGEST_TITLE,
    MARGIN,
    ROW_GAP,
    WIDTH,
    Box,
    Drawing,
)
from pacific_infra.text import visible


def asset(name: str) -> str:
    """The text of ``graph.css`` or ``graph.js``."""
    return files("pacific_infra.graph.drawing").joinpath("static", name).read_text(encoding="utf-8")


def svg(drawing: Drawing, address: Callable[[Box], str], *, label: str, prefix: str = "") -> str:
    """The picture. ``address``: where a box leads. ``prefix``: begins its ids, where a page has several drawings."""
    lines = [
        f'<svg class="graph" viewBox="0 0 {drawing.width} {drawing.height}" width="{drawing.width}" '
        f'height="{drawing.height}" role="group" aria-label="{escape(label)}">'
    ]
    for wave, top, count in drawing.bands:
        name = f"Wave {wave}" if wave else "Removed"
        lines.append(
            f'<text class="wave" id="{prefix}wave-{wave}" x="{MARGIN}" y="{top + 18}">{name}'
            f'<tspan class="soft" x="{MARGIN}" dy="16"> {count}</tspan></text>'
        )
    lines += [_edge(drawing, *edge) for edge in drawing.edges]
    lines += [_box(number, box, address(box)) for number, box in enumerate(drawing.boxes)]
    return "\n".join([*lines, "</svg>"])


def _edge(drawing: Drawing, first: int, second: int, critical: bool) -> str:
    needed, needing = drawing.boxes[first], drawing.boxes[second]
    x1, y1 = needed.x + WIDTH // 2, needed.y + HEIGHT
    x2, y2 = needing.x + WIDTH // 2, needing.y
    bend = max((y2 - y1) // 2, 14)
    path = f"M{x1},{y1} C{x1},{y1 + bend} {x2},{y2 - bend} {x2},{y2}"
    same_wave = y2 <= y1 + ROW_GAP
    if same_wave:
        # Groups of one wave: an arc below both.
        y2 = needing.y + HEIGHT
        path = f"M{x1},{y1} C{x1},{y1 + bend} {x2},{y2 + bend} {x2},{y2}"
    kind = f"edge{' critical' if critical else ''}{' beside' if same_wave else ''}"
    return f'<path class="{kind}" data-from="{first}" data-to="{second}" d="{path}"/>'


def _box(number: int, box: Box, address: str) -> str:
    title = box.members[0] if len(box.members) == 1 else box.title
    return (
        f'<a href="{escape(address)}" class="box {escape(box.state)}{" critical" if box.critical else ""}" '
        f'data-box="{number}"{_member(box)}><title>{_shown(title)}: {escape(box.state)}</title>'
        f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<rect class="mark" x="{box.x}" y="{box.y}" width="5" height="{HEIGHT}" rx="2"/>'
        f'<text class="name" x="{box.x + 14}" y="{box.y + 18}">{_shown(box.title, LONGEST_TITLE)}</text>'
        f'<text class="kind" x="{box.x + 14}" y="{box.y + 33}">{_shown(box.subtitle, LONGEST_SUBTITLE)}</text></a>'
    )


def _member(box: Box) -> str:
    return f' data-id="{_shown(box.members[0])}"' if len(box.members) == 1 else ""


def _shown(text: str, longest: int = 1000) -> str:
    return escape(fitted(visible(text), longest))


def fitted(text: str, longest: int) -> str:
    """The text, cut where it matters least: of ``NAMESPACE/NAME`` the namespace, of ``GROUP, COUNT`` the group."""
    if len(text) <= longest:
        return text
    for sign, parts in (("/", text.partition("/")), (", ", text.rpartition(", "))):
        first, _, last = parts
        if first and len(last) < longest - 6:
            return f"{first[: longest - len(sign) - len(last) - 1]}…{sign}{last}"
    return f"{text[: longest - 1]}…"
