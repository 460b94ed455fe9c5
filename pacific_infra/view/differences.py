"""What of a live object is not as the last converge left it, found without the engine. Pure.

Only fields that the program gave are compared, each with the value that the server had for it when it was recorded: so
what servers add, and how they write a quantity, is no difference.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pacific_infra.documents.source import Path, dotted
from pacific_infra.plan.changes import PropertyChange
from pacific_infra.record.secrets import SIGNATURE

_CHANGED_BY_SERVERS = frozenset({"status", "apiVersion"})
_ABSENT = object()


def live_differences(inputs: Any, outputs: Any, live: Any) -> list[PropertyChange]:
    """``inputs`` and ``outputs``: of the recorded resource. ``live``: the object as its API has it."""
    return list(_differences(inputs, outputs, live, ()))


def _differences(inputs: Any, recorded: Any, live: Any, path: Path) -> Iterator[PropertyChange]:
    if isinstance(inputs, Mapping):
        if SIGNATURE in inputs or not isinstance(recorded, Mapping) or SIGNATURE in recorded:
            return
        now = live if isinstance(live, Mapping) else {}
        for name, value in inputs.items():
            if name.startswith("__") or (not path and name in _CHANGED_BY_SERVERS):
                continue
            yield from _differences(value, recorded.get(name, _ABSENT), now.get(name, _ABSENT), (*path, name))
    elif (
        isinstance(inputs, list)
        and isinstance(recorded, list)
        and isinstance(live, list)
        and len(live) == len(recorded)
    ):
        for index, value in enumerate(inputs[: len(recorded)]):
            yield from _differences(value, recorded[index], live[index], (*path, index))
    elif recorded is _ABSENT or _plain(recorded) == _plain(live):
        return
    elif live is _ABSENT:
        yield PropertyChange(dotted(path), "delete", old=recorded)
    else:
        yield PropertyChange(dotted(path), "update", old=recorded, new=live)


def _plain(value: Any) -> Any:
    """Whole numbers of Pulumi's state are the same as those of JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
