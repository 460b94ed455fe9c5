"""How two sets of documents differ, property by property. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pacific_infra.documents.source import Path, dotted
from pacific_infra.plan.changes import PropertyChange
from pacific_infra.plan.tree import shown


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One document that differs."""

    id: str
    kind: Literal["add", "delete", "update"]
    changes: tuple[PropertyChange, ...] = ()
    """For one that is in both."""


def document_changes(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> list[DocumentChange]:
    """The documents, plain and by id, that are not in both or not the same, in order of their ids."""
    changes = []
    for node in sorted({*before, *after}):
        if node not in after:
            changes.append(DocumentChange(node, "delete"))
        elif node not in before:
            changes.append(DocumentChange(node, "add"))
        elif before[node] != after[node]:
            changes.append(DocumentChange(node, "update", tuple(_differences(before[node], after[node], ()))))
    return changes


def _differences(before: Any, after: Any, path: Path) -> Iterator[PropertyChange]:
    """Lists of one length are compared item by item; of other lengths they differ as a whole."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            place = dotted((*path, name))
            if name not in after:
                yield PropertyChange(place, "delete", old=before[name])
            elif name not in before:
                yield PropertyChange(place, "add", new=after[name])
            else:
                yield from _differences(before[name], after[name], (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, (*path, index))
    else:
        yield PropertyChange(dotted(path), "update", old=before, new=after)


def document_change_lines(changes: Sequence[DocumentChange]) -> list[str]:
    """For people: each document with its properties as they were and as they are."""
    signs = {"add": "+", "delete": "-", "update": "~"}
    lines = []
    for document in changes:
        lines.append(f"{signs[document.kind]} {document.id}")
        for change in document.changes:
            texts = [shown(value) for value in (change.old, change.new) if value is not None] or ["null"]
            lines.append(f"    {signs[change.kind]} {change.path}: {' -> '.join(texts)}")
    return lines
