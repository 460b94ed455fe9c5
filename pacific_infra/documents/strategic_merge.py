"""Strategic merge: a part of a Kubernetes object put over another one, as ``kubectl patch --type strategic`` does.

Maps are merged, lists of items with a merge key item by item, all else is replaced; null takes a field away, and so
does ``$patch: delete`` an item; ``$patch: replace`` keeps an object from being merged. Pure. Source:
https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pacific_infra.documents.kubernetes_api import DIRECTIVE, merge_key, type_of_field

MergeKey: TypeAlias = Callable[[Sequence[str]], str | None]
"""The merge key of the list at a path of names of fields; None: it is replaced as a whole. With ``=`` before it, an
item takes the place of the one with the same key."""


def merge_keys_of(name: str) -> MergeKey:
    """The merge keys in a type of Kubernetes' own, such as ``api.core.v1.PodTemplateSpec``."""

    def key(path: Sequence[str]) -> str | None:
        kind = name
        for element in path[:-1]:
            kind = type_of_field(kind, element).lstrip("[")
        return merge_key(kind, path[-1])

    return key


def merged(base: Mapping[str, Any], patch: Mapping[str, Any], key_of: MergeKey) -> dict[str, Any]:
    """``base`` with ``patch`` over it. What is in neither a map nor such a list is taken as it is."""
    return _merged(base, patch, key_of, ())


def _merged(base: Mapping[str, Any], patch: Mapping[str, Any], key_of: MergeKey, path: Sequence[str]) -> dict[str, Any]:
    result = {} if patch.get(DIRECTIVE) == "replace" else dict(base)
    for name, value in patch.items():
        if name == DIRECTIVE:
            continue
        if value is None or (isinstance(value, Mapping) and value.get(DIRECTIVE) == "delete"):
            result.pop(name, None)
            continue
        held, place = result.get(name), (*path, name)
        if isinstance(value, Mapping):
            result[name] = _merged(held if isinstance(held, Mapping) else {}, value, key_of, place)
        elif isinstance(value, Sequence) and not isinstance(value, str) and (key := key_of(place)) is not None:
            result[name] = _merged_items(held or (), value, key, key_of, place)
        else:
            result[name] = value
    return result


def _merged_items(
    base: Sequence[Mapping[str, Any]],
    patch: Sequence[Mapping[str, Any]],
    key: str,
    key_of: MergeKey,
    path: Sequence[str],
) -> list[dict[str, Any]]:
    """The items of ``base`` in their order, then those that only ``patch`` has."""
    name, replaced = key.lstrip("="), key.startswith("=")
    items = [dict(item) for item in base]
    for item in patch:
        # The first of them: Kubernetes' key of ports does not tell TCP from UDP.
        index = next((index for index, held in enumerate(items) if held.get(name) == item.get(name)), None)
        if item.get(DIRECTIVE) == "delete":
            items = [held for held in items if held.get(name) != item.get(name)]
        elif index is None:
            items.append(_merged({}, item, key_of, path))
        else:
            items[index] = _merged({} if replaced else items[index], item, key_of, path)
    return items
