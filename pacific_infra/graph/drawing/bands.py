"""Where each document, or group of documents, is drawn: a band for each wave, from the top, as wide as the page. Pure.

Few documents are drawn each for itself. More are drawn in groups, by namespace and kind; a group opens into a drawing
of its own, so that no drawing has more boxes than can be read.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WIDTH, HEIGHT, GAP, ROW_GAP = 212, 42, 14, 12
BAND_GAP, LABEL, MARGIN = 18, 84, 12
LONGEST_TITLE, LONGEST_SUBTITLE = 28, 29
"""Letters that a box has room for."""
MOST_BOXES = 80
"""More documents are drawn in groups."""
MOST_EDGES = 150
"""Most edges that are drawn; of more, those are left out that others imply."""
PAGE_WIDTH = 1376
"""Pixels that a page of 1440 has."""


@dataclass(frozen=True, slots=True)
class Item:
    """A document as it is drawn."""

    id: str
    kind: str
    namespace: str
    name: str
    wave: int
    """0: it is no longer declared."""
    state: str
    """The word by which it is coloured."""
    needs: Collection[str]
    """Ids of documents."""

    @property
    def path(self) -> str:
        """``NAMESPACE/NAME``, by which groups are told apart where nothing else does."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Box:
    """A document, or several."""

    x: int
    y: int
    title: str
    subtitle: str
    state: str
    members: tuple[str, ...]
    filters: Mapping[str, str] = field(hash=False)
    """What the documents of a group have in common: wave, namespace, kind, or from and to which path."""
    critical: bool = False


@dataclass(frozen=True)
class Drawing:
    """The boxes, the dependencies between them, and the size of the whole in pixels."""

    boxes: Sequence[Box]
    edges: Sequence[tuple[int, int, bool]]
    """Numbers of the box that is needed and of the one that needs it; whether it is on the critical path."""
    bands: Sequence[tuple[int, int, int]]
    """Number of the wave, upper edge, and how many documents begin there."""
    width: int
    height: int
    left_out: int = 0
    """Dependencies that are not drawn, because others imply them."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Documents of one wave that are drawn as one box."""

    items: Sequence[Item]
    title: str = ""
    filters: Mapping[str, str] = field(default_factory=dict, hash=False)


def draw(
    items: Sequence[Item], states: Sequence[str], *, width: int = PAGE_WIDTH, critical: Sequence[str] = ()
) -> Drawing:
    """Place ``items``. ``states``: all words, the one that colours a group first. ``critical``: the critical path."""
    columns = max((width - 2 * MARGIN - LABEL + GAP) // (WIDTH + GAP), 1)
    bands: dict[int, list[_Group]] = defaultdict(list)
    for group in _grouped(items):
        bands[group.items[0].wave].append(group)
    places: dict[str, float] = {}
    boxes: list[Box] = []
    headings, top = [], MARGIN
    for wave, groups in sorted(bands.items()):
        headings.append((wave, top, sum(len(group.items) for group in groups)))
        for index, group in enumerate(_ordered(groups, places)):
            row, column = divmod(index, columns)
            x, y = MARGIN + LABEL + column * (WIDTH + GAP), top + row * (HEIGHT + ROW_GAP)
            boxes.append(_box(group, states, x, y, frozenset(critical)))
            places.update((item.id, x) for item in group.items)
        top += ((len(groups) - 1) // columns + 1) * (HEIGHT + ROW_GAP) + BAND_GAP
    edges = _edges(items, boxes)
    drawn = edges if len(edges) <= MOST_EDGES else _reduced(edges)
    path = set(pairwise(critical))
    return Drawing(
        boxes,
        [(first, second, _on(path, boxes[first], boxes[second])) for first, second in sorted(drawn)],
        headings,
        MARGIN * 2 + LABEL + columns * (WIDTH + GAP) - GAP,
        max(top - BAND_GAP - ROW_GAP + MARGIN, HEIGHT),
        len(edges) - len(drawn),
    )


_WAYS: Sequence[Callable[[Item], Mapping[str, str]]] = (
    lambda item: {"wave": str(item.wave), "namespace": item.namespace, "kind": item.kind},
    lambda item: {"namespace": item.namespace} if item.namespace else {"wave": str(item.wave), "kind": item.kind},
    lambda item: {"wave": str(item.wave), "kind": item.kind},
)
"""What the documents of a group have in common: the first way is taken that gives few enough groups. Those of a whole
namespace are drawn at the first of their waves.
"""


def _grouped(items: Sequence[Item]) -> list[_Group]:
    if len(items) <= MOST_BOXES:
        return [_Group([item]) for item in items]
    for way in _WAYS:
        groups: dict[tuple[tuple[str, str], ...], list[Item]] = defaultdict(list)
        for item in items:
            groups[tuple((name, text) for name, text in way(item).items() if text)].append(item)
        if 1 < len(groups) <= MOST_BOXES:
            return [_group(sorted(listed, key=lambda item: item.wave), dict(key)) for key, listed in groups.items()]
    return list(_stretches(items))


def _group(items: Sequence[Item], filters: Mapping[str, str]) -> _Group:
    """A group of a single document is that document."""
    texts = [text.lstrip("/") for name, text in filters.items() if name != "wave"]
    title = (" to " if "from" in filters else " ").join(texts)
    return _Group(items, title, filters) if len(items) > 1 else _Group(items)


def _stretches(items: Sequence[Item]) -> Iterator[_Group]:
    """Where nothing tells them apart but their names: stretches of these, each of one wave."""
    waves: dict[int, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.path):
        waves[item.wave].append(item)
    length = -(-len(items) // (MOST_BOXES // 2))
    for wave, ordered in waves.items():
        for start in range(0, len(ordered), length):
            row = ordered[start : start + length]
            first, last = row[0].path, row[-1].path
            yield _group(row, {"wave": str(wave), "from": first, "to": last})


def _ordered(groups: Sequence[_Group], places: Mapping[str, float]) -> Iterator[_Group]:
    """By namespace, and each near what it needs."""

    def middle(items: Iterable[Item]) -> float:
        near = [places[need] for item in items for need in item.needs if need in places]
        return sum(near) / len(near) if near else 0.0

    spaces: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        spaces[group.items[0].namespace].append(group)
    middles = {name: middle(item for group in listed for item in group.items) for name, listed in spaces.items()}
    for name in sorted(spaces, key=lambda name: (middles[name], name)):
        yield from sorted(spaces[name], key=lambda group: (middle(group.items), group.items[0].kind, group.title))


def _box(group: _Group, states: Sequence[str], x: int, y: int, critical: frozenset[str]) -> Box:
    members = tuple(item.id for item in group.items)
    on_path = not critical.isdisjoint(members)
    if not group.title:
        (item,) = group.items
        title = item.path if item.namespace and item.kind != "Namespace" else item.name
        room = LONGEST_SUBTITLE - len(item.state) - 2
        kind = item.kind if len(item.kind) <= room else f"{item.kind[: room - 1]}…"
        return Box(x, y, title, f"{kind}, {item.state}", item.state, members, {}, on_path)
    counts = Counter(item.state for item in group.items)
    known = [state for state in states if counts[state]]
    subtitle = ", ".join(f"{counts[name]} {name}" for name in known[:2])
    return Box(x, y, f"{group.title}, {len(members)}", subtitle, known[0], members, group.filters, on_path)


def _edges(items: Sequence[Item], boxes: Sequence[Box]) -> set[tuple[int, int]]:
    box_of = {member: number for number, box in enumerate(boxes) for member in box.members}
    return {
        (box_of[need], box_of[item.id])
        for item in items
        for need in item.needs
        if need in box_of and box_of[need] != box_of[item.id]
    }


def _reduced(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Without those that a way over another box says too."""
    after: dict[int, set[int]] = defaultdict(set)
    for first, second in edges:
        after[first].add(second)
    reached: dict[int, set[int]] = {}

    def beyond(box: int) -> set[int]:
        if box not in reached:
            # Boxes of one wave that need each other as groups are a cycle: each is reached once.
            reached[box] = set()
            reached[box] = after[box].union(*(beyond(second) for second in after[box]))
        return reached[box]

    return {
        (first, second)
        for first, second in edges
        if not any(second in beyond(other) for other in after[first] if other != second)
    }


def _on(path: set[tuple[str, str]], first: Box, second: Box) -> bool:
    return any((needed, needing) in path for needed in first.members for needing in second.members) if path else False
