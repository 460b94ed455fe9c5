"""Which versions of Kubernetes a Carvel Package says that it runs on: ``spec.kubernetesVersionSelection.constraints``.

The comparisons of https://carvel.dev/kapp-controller/docs/latest/packaging/ that are joined by commas or spaces: all of
them hold.
"""

import operator
import re
from collections.abc import Callable, Mapping

_COMPARISON = re.compile(r"(>=|<=|!=|>|<|=)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_COMPARED: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "": operator.eq,
}


def is_met(constraints: str, version: str) -> bool:
    """Whether ``version``, such as ``v1.32.9+vmware.1``, is one that ``constraints`` take; empty ones take all."""
    known = _VERSION.match(version)
    if known is None:
        return True
    numbers = tuple(int(part) for part in known.groups())
    return all(
        _COMPARED[match[1] or ""](numbers, tuple(int(part or 0) for part in match.groups()[1:]))
        for match in _COMPARISON.finditer(constraints)
    )
