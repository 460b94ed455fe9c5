"""Overlays: patches by which one stack's documents differ from those that all stacks share.

A patch names a document by kind, metadata.name and metadata.namespace, and gives only what differs. Objects are merged,
a null takes a field away, lists are replaced; lists of objects that have a name are merged by name, and an item with
``$patch: delete`` is taken away. As Kustomize's strategic merge patches, with ``name`` as the key of every list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.model import API_VERSION
from pacific_infra.documents.source import Path, Source
from pacific_infra.documents.values import DefinedValues
from pacific_infra.errors import PacificError

DELETE = "$patch"
"""The key that, with the value ``delete``, takes a named item out of a list."""


@dataclass(frozen=True, slots=True, eq=False)
class OverlaidSource(Source):
    """Places of a document that patches have changed: what a patch says is found in the patch."""

    base: Source | None = None
    origins: Mapping[Path, tuple[Source, Path]] = field(default_factory=dict)
    """Where a value comes from that a patch has set, by its path in the document: the patch, and the path in that."""

    def place(self, path: Path = ()) -> str:
        for length in range(len(path), 0, -1):
            origin = self.origins.get(path[:length])
            if origin is not None:
                source, start = origin
                return source.place((*start, *path[length:]))
        # Not super(): a dataclass with slots is not the class that was written down.
        return Source.place(self, path) if self.base is None else self.base.place(path)


@dataclass
class Overlays:
    """Patches by the id of the document that they are for, in the order in which they apply."""

    patches: dict[str, list[tuple[Mapping[str, Any], Source]]] = field(default_factory=dict)
    _written: list[tuple[Any, Source, bool]] = field(default_factory=list)
    """Patches as they are written, each with its place and whether it may name values."""
    _used: set[str] = field(default_factory=set)
    _wrong_items: list[PacificError] = field(default_factory=list)

    def add(self, value: Any, source: Source, *, names_values: bool) -> None:
        """Take in one patch; ``names_values``: whether it may name values (pacific_infra.documents.values)."""
        self._written.append((value, source, names_values))

    def put_in(self, values: DefinedValues, errors: list[PacificError]) -> None:
        """Put ``values`` into the patches: only then it is known which document each is for."""
        for value, source, names_values in self._written:
            wrong: list[PacificError] = []
            valued = values.put_into(value, source, wrong) if names_values else (value, source)
            errors += wrong
            if not wrong:
                self._put_in(*valued, errors)

    def _put_in(self, value: Any, source: Source, errors: list[PacificError]) -> None:
        name = raw_id(value)
        if name is None or value.get("apiVersion") != API_VERSION:
            errors.append(
                PacificError(
                    "a patch names the document that it is for",
                    place=source.place(),
                    allowed=f"apiVersion: {API_VERSION}, kind, metadata.name and, if it is in one, metadata.namespace",
                )
            )
        else:
            self.patches.setdefault(name, []).append((value, source))

    def applied(self, value: Any, source: Source) -> tuple[Any, Source]:
        """The document with its patches, and where its parts come from; unchanged where there are none."""
        name = raw_id(value) if self.patches else None
        if name is None or name not in self.patches:
            return value, source
        self._used.add(name)
        origins: dict[Path, tuple[Source, Path]] = {}
        for patch, patch_source in self.patches[name]:
            value = _merged(value, patch, _Merge(patch_source, origins, self._wrong_items), (), ())
        return value, OverlaidSource(source.file, source.line, None, source, origins)

    def errors(self, documents: Sequence[str]) -> Iterator[PacificError]:
        """One error for each patch, or item to take away, that is for nothing. ``documents``: the ids that are."""
        yield from self._wrong_items
        for name, patches in self.patches.items():
            if name not in self._used:
                near = nearest(name, documents, 3)
                for _, source in patches:
                    yield PacificError(
                        "no document matches this patch", place=source.place(), value=name, allowed=near or None
                    )


def raw_id(value: Any) -> str | None:
    """The id of a document that has not been validated; None where it has none."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(metadata, dict):
        return None
    parts = [value.get("kind"), metadata.get("namespace"), metadata.get("name")]
    if not isinstance(parts[0], str) or not isinstance(parts[2], str):
        return None
    return "/".join(part for part in parts if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class _Merge:
    source: Source
    origins: dict[Path, tuple[Source, Path]]
    errors: list[PacificError]

    def set(self, path: Path, patch_path: Path) -> None:
        for known in [known for known in self.origins if known[: len(path)] == path]:
            del self.origins[known]
        self.origins[path] = (self.source, patch_path)


def _merged(base: Any, patch: Any, merge: _Merge, path: Path, patch_path: Path) -> Any:
    """``base`` with ``patch``; ``path`` and ``patch_path`` are where the two lie in their documents."""
    if isinstance(base, dict) and isinstance(patch, dict):
        result = dict(base)
        for key, value in patch.items():
            if value is None:
                result.pop(key, None)
            elif key in result or _takes_away(value):
                result[key] = _merged(result.get(key), value, merge, (*path, key), (*patch_path, key))
            else:
                result[key] = value
                merge.set((*path, key), (*patch_path, key))
        return result
    if _named(patch) and (_named(base) or _takes_away(patch)):
        return _merged_by_name(base if _named(base) else [], patch, merge, path, patch_path)
    if base != patch or path not in merge.origins:
        merge.set(path, patch_path)
    return patch


def _merged_by_name(base: list[Any], patch: list[Any], merge: _Merge, path: Path, patch_path: Path) -> list[Any]:
    result = list(base)
    if _takes_away(patch):
        removed = set(_removed(base, patch, merge, patch_path))
        result = [item for item in result if item["name"] not in removed]
        merge.set(path, patch_path)  # the others' places have moved
    index = {item["name"]: number for number, item in enumerate(result)}
    for number, item in enumerate(patch):
        if DELETE in item:
            continue
        where = index.get(item["name"])
        if where is None:
            merge.set((*path, len(result)), (*patch_path, number))
            result.append(item)
        else:
            result[where] = _merged(result[where], item, merge, (*path, where), (*patch_path, number))
    return result


def _removed(base: list[Any], patch: list[Any], merge: _Merge, patch_path: Path) -> Iterator[Any]:
    """Names of the items that ``patch`` takes away; what it cannot take away goes to the errors."""
    names = [item["name"] for item in base]
    for number, item in enumerate(patch):
        if DELETE not in item:
            continue
        place = merge.source.place((*patch_path, number))
        if item[DELETE] != "delete":
            problem = f"{DELETE} has an unknown value"
            merge.errors.append(PacificError(problem, place=place, value=item[DELETE], allowed="delete"))
        elif item["name"] not in names:
            problem = "no item has this name, so none is removed"
            merge.errors.append(
                PacificError(problem, place=place, value=item["name"], allowed=", ".join(map(str, names)))
            )
        else:
            yield item["name"]


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "name" in item for item in value)


def _takes_away(value: Any) -> bool:
    return _named(value) and any(DELETE in item for item in value)
