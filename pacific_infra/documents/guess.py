"""The name that was meant, where one is really near: a wrong guess is worse than none."""

from collections.abc import Iterable

FARTHEST = 3
"""Letters that differ, at the most."""


def nearest(name: str, names: Iterable[str], most: int = 1) -> list[str]:
    """Those of ``names`` that differ from ``name`` in few letters, or in case and separators alone; nearest first."""
    text = _folded(name)
    limit = min(FARTHEST, max(1, len(text) // 4))
    distances = [(distance(text, _folded(other), limit), other) for other in names]
    return [other for far, other in sorted(distances) if far <= limit][:most]


def distance(word: str, other: str, limit: int) -> int:
    """Letters to add, take away, change or swap with their neighbour; any number above ``limit`` where it is more."""
    if abs(len(word) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, start=1):
        before, last, row = row, before, [i]
        for j, another in enumerate(other, start=1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != another))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == another:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
