"""Conditions in an object's status."""

from collections.abc import Iterable, Sequence

from pacific_sandbox.kubernetes_api import Object


def with_transitions(desired: Iterable[Object], before: Sequence[Object], now: str) -> list[Object]:
    """``wanted`` with ``lastTransitionTime``: that of ``before`` where the status stayed the same, else ``now``."""
    known = {condition["type"]: condition for condition in before}
    result = []
    for condition in desired:
        old = known.get(condition["type"], {})
        same = old.get("status") == condition["status"] and "lastTransitionTime" in old
        result.append({**condition, "lastTransitionTime": old["lastTransitionTime"] if same else now})
    return result


def condition_of(item: Object, type_: str) -> Object | None:
    """The condition of this type in an object's status."""
    conditions = item.get("status", {}).get("conditions", ())
    return next((condition for condition in conditions if condition["type"] == type_), None)


def is_true(item: Object, type_: str) -> bool:
    """Whether an object's condition of this type is True."""
    condition = condition_of(item, type_)
    return condition is not None and condition["status"] == "True"
