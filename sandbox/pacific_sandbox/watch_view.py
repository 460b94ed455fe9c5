"""What a watch of the Kubernetes API has seen, and what a new list changes of it."""

from collections.abc import Sequence
from typing import Any, Literal

_Object = dict[str, Any]
Difference = tuple[Literal["ADDED", "MODIFIED", "DELETED"], _Object]


class WatchView:
    """What a watch has seen so far."""

    def __init__(self) -> None:
        self.version: str | None = None
        self.synced = False
        self._known: dict[tuple[str | None, str], _Object] = {}

    def note(self, type_: str, item: _Object) -> None:
        if type_ == "DELETED":
            self._known.pop(_key(item), None)
        else:
            self._known[_key(item)] = item

    def differences(self, items: Sequence[_Object]) -> Sequence[Difference]:
        """What a new list changes; the view becomes that list."""
        now = {_key(item): item for item in items}
        events: list[Difference] = [("DELETED", item) for key, item in self._known.items() if key not in now]
        for key, item in now.items():
            before = self._known.get(key)
            if before is None:
                events.append(("ADDED", item))
            elif before["metadata"]["uid"] != item["metadata"]["uid"]:
                events += [("DELETED", before), ("ADDED", item)]
            elif before["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
                events.append(("MODIFIED", item))
        self._known = now
        return events


def _key(item: _Object) -> tuple[str | None, str]:
    return item["metadata"].get("namespace"), item["metadata"]["name"]
